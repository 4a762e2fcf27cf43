"""Samples that are in the training set and in a held-out one: such a test sample is no stranger to the model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.own.kind import OwnKind
from engine.own.part import Part
from engine.system.words import plural


@dataclass(frozen=True)
class Twins:
    """By held-out split and row, the place of the training sample with the same content."""

    found: Mapping[str, dict[int, str]]
    first: str | None = None

    def of(self, split: str) -> list[int]:
        return list(self.found.get(split, {}))

    def notes(self, dropped: bool) -> tuple[str, ...]:
        count = sum(len(rows) for rows in self.found.values())
        if not count:
            return ()
        end = ("they are left out of it" if dropped else
               "an attack takes them for strangers although the model has learnt them. Leave them out with "
               "--drop-duplicates")
        return (f"{count:,} held-out {plural(count, 'sample')} {'is' if count == 1 else 'are'} in the training set too "
                f"({self.first}): {end}.",)


def between(parts: Mapping[str, Part], kind: OwnKind) -> Twins:
    """The held-out samples whose content is in the training set, whatever their labels."""
    def digest(sample: Any) -> bytes:
        return hashlib.blake2b(kind.content(sample), digest_size=16).digest()

    known = {digest(sample): row for row, sample in enumerate(parts["train"].samples)}
    found: dict[str, dict[int, str]] = {}
    first = None
    for split, part in parts.items():
        if split == "train":
            continue
        same = {row: known[key] for row, sample in enumerate(part.samples) if (key := digest(sample)) in known}
        found[split] = {row: parts["train"].places[twin] for row, twin in same.items()}
        if same and first is None:
            row, twin = next(iter(same.items()))
            first = f"{part.places[row]} is {parts['train'].places[twin]}"
    return Twins(found, first)
