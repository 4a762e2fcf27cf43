"""Where ensembles are kept: a folder each, a small file for every model and part, so that a kill loses one model.

    $UNLEARN_HOME/ensembles/<identity>/about.json                     what its Originals and states depend on
                                       parts/<part>/00012.safetensors what model 12 says: phi, correct, test_accuracy
                                       parts/<part>/about.json        the method, its hyperparameters and its code
                                       weights/00012.safetensors      the Original's, for methods that are added later

What ships is one file (:mod:`engine.runs.ensembles.recorded`) and is read by the same questions.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from engine.errors import BadCheckpoint, NotMeasurable
from engine.evaluation.ensembles.draws import DESIGN, ORIGINAL, states_of
from engine.system.files import write_json, write_whole
from engine.system.paths import home

log = logging.getLogger(__name__)
ABOUT, WEIGHTS = "about.json", "weights"


@dataclass(frozen=True)
class Read:
    """What the models of one part say: ``phi`` (M, n), ``correct`` (M, n) and ``test_accuracy`` (M,) in percent."""

    phi: np.ndarray
    correct: np.ndarray
    test_accuracy: np.ndarray


class Shelf(Protocol):
    """An ensemble that is at hand, own or shipped."""

    @property
    def about(self) -> dict[str, Any]: ...

    @property
    def recorded(self) -> bool: ...

    @property
    def place(self) -> Path:
        """Its folder or its file."""

    def parts(self) -> dict[str, dict[str, Any]]:
        """The parts that there are, by key, with the method, its hyperparameters and its code."""

    def numbers(self, key: str) -> frozenset[int]:
        """The models that this part has."""

    def failures(self, key: str) -> dict[int, str]:
        """The models on which a method failed, with the reason."""

    def read(self, key: str, numbers: Iterable[int]) -> Read:
        """What these models of a part say, in order."""


class Kept:
    """One ensemble's folder."""

    recorded = False

    def __init__(self, folder: Path, about: dict[str, Any] | None = None):
        self.folder = self.place = folder
        self._about = about

    @property
    def about(self) -> dict[str, Any]:
        if self._about is None:
            found: dict[str, Any] = json.loads((self.folder / ABOUT).read_text(encoding="utf-8"))
            self._about = found
        return self._about

    def begin(self, parts: Mapping[str, Mapping[str, Any]]) -> None:
        """Writes what the ensemble and its parts, by key, are, where that is not there yet."""
        if not (self.folder / ABOUT).is_file():
            write_json(self.folder / ABOUT, self.about)
        for key, made_by in parts.items():
            path = self.folder / "parts" / key / ABOUT
            if not path.is_file():
                write_json(path, made_by)

    def write(self, files: Mapping[str, bytes]) -> None:
        """Writes one model's files, each of them whole; the Original's outputs last, which make it count."""
        for name in sorted(files, key=lambda name: ORIGINAL in name):
            content = files[name]
            write_whole(self.folder / name, partial(Path.write_bytes, data=content))

    def parts(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {ORIGINAL: {"method": ORIGINAL}}
        for path in sorted((self.folder / "parts").glob(f"*/{ABOUT}")):
            found[path.parent.name] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def numbers(self, key: str) -> frozenset[int]:
        return frozenset(int(path.stem) for path in (self.folder / "parts" / key).glob("*.safetensors"))

    def failures(self, key: str) -> dict[int, str]:
        found = {}
        for number in sorted(self.numbers(key)):
            _, about = _load(self.folder / part_file(key, number))
            if "failed" in about:
                found[number] = about["failed"]
        return found

    def read(self, key: str, numbers: Iterable[int]) -> Read:
        rows = [_load(self.folder / part_file(key, number)) for number in numbers]
        failed = [about["failed"] for _, about in rows if "failed" in about]
        if failed:
            raise NotMeasurable(f"{key.rpartition('-')[0]} failed on {len(failed)} of {len(rows)} models: {failed[0]}")
        phi, correct = (np.stack([tensors[name] for tensors, _ in rows]) for name in ("phi", "correct"))
        return Read(phi, correct, np.array([tensors["test_accuracy"][0] for tensors, _ in rows]))

    def weights(self, number: int) -> bytes | None:
        """The kept weights of an Original, None where it is not trained yet."""
        path = self.folder / weights_file(number)
        return path.read_bytes() if path.is_file() else None


def part_file(key: str, number: int) -> str:
    """Where the outputs of a model are, in the ensemble's folder."""
    return f"parts/{key}/{number:05d}.safetensors"


def weights_file(number: int) -> str:
    """Where the weights of an Original are, in the ensemble's folder."""
    return f"{WEIGHTS}/{number:05d}.safetensors"


def own_ensembles(folder: Path | None = None) -> Iterator[Kept]:
    """Every ensemble of a results folder; one that cannot be read is left out and logged."""
    for path in sorted(((folder or home()) / "ensembles").glob(f"*/{ABOUT}")):
        kept = Kept(path.parent)
        try:
            if kept.about["design"] == DESIGN:
                yield kept
        except (OSError, ValueError, KeyError) as error:
            log.warning("the ensemble in %s cannot be read: %s", path.parent, error)


def states(shelf: Shelf, numbers: Iterable[int]) -> np.ndarray:
    """Who was out, in and to be forgotten (M, n) for these models."""
    about = shelf.about
    return np.stack([states_of(about["seed"], number, about["samples"], about.get("candidates")) for number in numbers])


def _load(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise BadCheckpoint(f"{path.name} in {path.parent} cannot be read ({error}). Delete it, and the ensemble "
                            "computes it again.") from error
