"""Ensembles that ship with the repository, one safetensors file each: read-only, and found like one's own.

phi is kept in half precision (to a thousandth of itself, within 65,504) and of the samples that take part alone, since
no measure asks for others; correctness in bits; weights are left out.
"""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import BadArchive, NotMeasurable
from engine.evaluation.ensembles.draws import DESIGN, candidates_of
from engine.runs.ensembles.kept import Read, Shelf, own_ensembles
from engine.runs.recorded import FOLDER

log = logging.getLogger(__name__)
FORMAT, ENDING = 2, "-ensemble.safetensors"
READABLE = (1, FORMAT)  # the first one has phi of all samples
LARGEST = float(np.finfo(np.float16).max)  # 65,504; only a destroyed model says more


class Recorded:
    """A shipped ensemble. Raises BadArchive where its file cannot be read."""

    recorded = True

    def __init__(self, path: Path):
        self.path = self.place = path
        self._changed = path.stat().st_mtime_ns
        self._tensors, self._says = _load(path, self._changed)

    def __eq__(self, other: object) -> bool:
        """One read of the same file at the same time is as good as another."""
        return isinstance(other, Recorded) and (self.path, self._changed) == (other.path, other._changed)

    def __hash__(self) -> int:
        return hash((self.path, self._changed))

    @property
    def about(self) -> dict[str, Any]:
        found: dict[str, Any] = self._says["about"]
        return found

    def parts(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self._says["parts"]
        return found

    def numbers(self, key: str) -> frozenset[int]:
        return frozenset(self._says["numbers"] if key in self._says["parts"] else ())

    def failures(self, key: str) -> dict[int, str]:
        return {int(number): reason for number, reason in self._says["failures"].get(key, {}).items()}

    def read(self, key: str, numbers: Iterable[int]) -> Read:
        numbers = list(numbers)
        if failed := [reason for number, reason in self.failures(key).items() if number in numbers]:
            name = key.rpartition("-")[0]
            raise NotMeasurable(f"{name} failed on {len(failed)} of {len(numbers)} models: {failed[0]}")
        rows = [self._says["numbers"].index(number) for number in numbers]
        correct = np.unpackbits(self._tensors[f"correct.{key}"][rows], axis=1, count=self.about["samples"])
        return Read(self._phi(key, rows), correct.astype(bool), self._tensors[f"test_accuracy.{key}"][rows])

    def _phi(self, key: str, rows: list[int]) -> np.ndarray:
        """phi (M, n); NaN for samples that do not take part."""
        kept, samples = self._tensors[f"phi.{key}"][rows].astype(np.float32), self.about["samples"]
        if kept.shape[1] == samples:
            return kept
        phi = np.full((len(rows), samples), np.nan, dtype=np.float32)
        phi[:, taking_part(self.about)] = kept
        return phi


def taking_part(about: dict[str, Any]) -> np.ndarray:
    """The numbers of the samples that take part in an ensemble, in rising order."""
    return candidates_of(about["seed"], about["samples"], about.get("candidates"))


def recorded_ensembles(folder: Path = FOLDER) -> Iterator[Recorded]:
    """Every shipped ensemble; one that cannot be read, or of another design, is left out and logged."""
    for path in sorted(folder.glob(f"*{ENDING}")):
        try:
            found = Recorded(path)
        except BadArchive as error:
            log.warning("%s", error)
            continue
        if found.about.get("design") == DESIGN:
            yield found


def all_ensembles() -> list[Shelf]:
    """One's own ensembles, then the shipped ones."""
    return [*own_ensembles(), *recorded_ensembles()]


@functools.lru_cache(maxsize=4)
def _load(path: Path, changed: int) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np") as file:
            says = json.loads(file.metadata()["ensemble"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise BadArchive(f"The shipped ensemble {path.name} cannot be read ({type(error).__name__}: {error}): fetch it "
                         "from the repository again.") from error
    if says.get("format") not in READABLE:
        raise BadArchive(f"The shipped ensemble {path.name} has the format {says.get('format')}, but this version "
                         f"reads formats up to {FORMAT}: update the code.")
    return tensors, says
