"""The usable samples of every split, and what was left out and why."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.own.columns import Columns
from engine.own.kind import Report
from engine.own.labels import Numbered
from engine.own.part import Part
from engine.own.tables import Rows

if TYPE_CHECKING:
    import numpy as np

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_SEED = 0  # which samples are held out never varies


@dataclass(frozen=True)
class Read:
    """What reading came to beside the samples."""

    sizes: str
    input_size: int
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def read(splits: Mapping[str, Rows], chosen: Columns, labels: Numbered, size: int | None,
         report: Report) -> tuple[dict[str, Part], Read]:
    """The samples of all splits that have a label and can be read."""
    found = chosen.kind.read(splits, chosen.samples, size, report)
    parts, problems, notes = {}, [], list(found.notes)
    for split, rows in splits.items():
        out = {**found.bad[split], **{row: _unlabelled(value) for row, value in labels.strange[split].items()}}
        places = tuple(rows.where(row) for row in range(len(rows)))
        part = Part(found.samples[split], _int64(labels.numbers[split]), places)
        parts[split] = part.without(out)
        said = _left_out(split, rows, out)
        if 2 * len(out) > len(rows) and split == "train":
            problems += said
        else:
            notes += said
    return parts, Read(found.sizes, found.input_size, tuple(problems), tuple(notes))


def held_out(part: Part, share: float) -> tuple[Part, Part]:
    """The training set and a share of it that is held out, drawn with a fixed seed."""
    from engine.system.rng import permutation

    order = permutation(len(part), _SEED, "own/heldout").tolist()
    count = round(share * len(part))
    return part.only(sorted(order[count:])), part.only(sorted(order[:count]))


def _unlabelled(value: Any) -> str:
    return f"its label is {value!r}"


def _left_out(split: str, rows: Rows, out: Mapping[int, str]) -> list[str]:
    """``2 of 60 training samples are left out: train.csv, row 17: its label is None.``"""
    if not out:
        return []
    shown = [f"{rows.where(row)}: {out[row]}" for row in sorted(out)[:3]]
    more = f"; and {len(out) - 3:,} more" if len(out) > 3 else ""
    return [f"{len(out):,} of the {len(rows):,} samples of the {split} split {'are' if len(out) > 1 else 'is'} left "
            f"out ({'; '.join(shown)}{more})."]


def _int64(values: Sequence[int]) -> np.ndarray:
    import numpy as np

    return np.asarray(values, dtype=np.int64)
