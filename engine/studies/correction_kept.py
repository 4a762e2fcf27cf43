"""The study of correction as it ships: numbers of all methods at all shares, shown where nothing was computed here.

A study of the file holds as long as its runs would be carried out today as they were: see :func:`fingerprint`.
"""

from __future__ import annotations

import functools
import gzip
import json
import logging
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.originals.checkpoints import SHIPPED
from engine.registry import get
from engine.spec import resolve
from engine.studies.correction import MEASURES, Correction, Row
from engine.system.files import short_hash, write_whole
from engine.types import PROFILES

FILE = SHIPPED / "correction/digits.json.gz"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """A study with its rows, and what its runs were when they were carried out."""

    asked: Correction
    rows: tuple[Row, ...]
    fingerprint: str

    def to_json(self) -> dict[str, Any]:
        """Everything but the methods, which are those of the rows."""
        return {"dataset": self.asked.dataset, "options": dict(self.asked.options), "seeds": list(self.asked.seeds),
                "found": list(self.asked.found), "methods": list(self.asked.methods),
                "fingerprint": self.fingerprint, "rows": [row.to_json() for row in self.rows]}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Kept:
        """The study that :meth:`to_json` wrote."""
        asked = Correction(kept["dataset"], tuple(kept["methods"]), kept["options"], tuple(kept["found"]),
                           tuple(kept["seeds"]))
        return cls(asked, tuple(map(Row.from_json, kept["rows"])), kept["fingerprint"])


def keep(studies: Mapping[str, Kept], file: Path = FILE) -> None:
    """Writes studies by their names."""
    text = json.dumps({name: one.to_json() for name, one in studies.items()}, separators=(",", ":"))
    write_whole(file, lambda temporary: temporary.write_bytes(gzip.compress(text.encode(), 9, mtime=0)))


@functools.cache
def shipped(file: Path = FILE) -> dict[str, Kept]:
    """The studies that ship, by their names; none where the file is damaged, which is logged."""
    try:
        kept = json.loads(gzip.decompress(file.read_bytes()))
        return {name: Kept.from_json(one) for name, one in kept.items()}
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("%s cannot be read and is left out: %r", file, error)
        return {}


def fingerprint(asked: Correction) -> str:
    """Of all runs of a study: changes with every setting and with the code of every component that made one."""
    return short_hash(sorted({resolve(spec).fingerprint for one in asked.comparisons() for spec in one.specs()}))


def with_shipped(asked: Correction, own: Sequence[Row]) -> tuple[list[Row], bool]:
    """The rows, those with runs still missing here as they ship, if they do; and whether any is a shipped one."""
    known = _shipped_rows(asked)
    rows = [_fuller(row, known.get((row.method, row.found)), asked.seeds) for row in own]
    return rows, any(row is not mine for row, mine in zip(rows, own, strict=True))


def _shipped_rows(asked: Correction) -> dict[tuple[str, float | None], Row]:
    options = _filled(asked)
    usual = get("dataset", asked.dataset).default_model
    for one in shipped().values():
        if (one.asked.dataset, _filled(one.asked)) == (asked.dataset, options) and asked.model in (None, usual) \
                and _still_holds(one):
            return {(row.method, row.found): row for row in one.rows}
    return {}


def _filled(asked: Correction) -> dict[str, Any]:
    return dict(get("dataset", asked.dataset).filled(asked.options, PROFILES[0]))


def _still_holds(one: Kept) -> bool:
    """Whether its runs would be the same today; asked once a process."""
    return one.fingerprint == _today(next(name for name, each in shipped().items() if each is one))


@functools.cache
def _today(name: str) -> str:
    return fingerprint(shipped()[name].asked)


def _fuller(own: Row, kept: Row | None, seeds: Sequence[int]) -> Row:
    if kept is None or own.runs == len(seeds):
        return own
    only = _of_seeds(kept, seeds)
    return only if only.runs > own.runs else own


def _of_seeds(row: Row, seeds: Sequence[int]) -> Row:
    values = {name: {seed: value for seed, value in row.values[name].items() if seed in seeds} for name in MEASURES}
    verdicts = {kind: those for kind, of in row.verdicts.items() if (those := tuple(s for s in of if s in seeds))}
    return replace(row, values=values, verdicts=verdicts)
