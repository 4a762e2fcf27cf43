"""Memorisation scores that ship with the repository: one small safetensors file a data set, read-only."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from engine.errors import BadArchive
from engine.evaluation.ensembles.memorisation import Memorisation
from engine.runs.ensembles.kept import Shelf
from engine.runs.recorded import FOLDER
from engine.studies.ensemble_memorisation import Scores
from engine.system.files import write_whole

log = logging.getLogger(__name__)
FORMAT, ENDING = 1, "-memorisation.safetensors"
BOTH = ("correctness", "probability")


def pack_scores(shelf: Shelf, found: Scores, path: Path) -> None:
    """Writes both scores of every sample, with what the Originals depend on."""
    from safetensors.numpy import save_file

    tensors = {f"{name}.{field.name}": getattr(getattr(found, name), field.name)
               for name in BOTH for field in fields(Memorisation)}
    says = json.dumps({"format": FORMAT, "about": shelf.about, "models": found.models})
    write_whole(path, lambda temporary: save_file(tensors, temporary, {"memorisation": says}))


def recorded_scores(folder: Path = FOLDER) -> Iterator[tuple[dict[str, Any], Scores]]:
    """What each shipped file is about (see :meth:`engine.studies.ensemble.Design.about`), with its scores.

    A file that cannot be read is left out and logged.
    """
    for path in sorted(folder.glob(f"*{ENDING}")):
        try:
            yield _read(path)
        except BadArchive as error:
            log.warning("%s", error)


def _read(path: Path) -> tuple[dict[str, Any], Scores]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np") as file:
            says = json.loads(file.metadata()["memorisation"])
            both = {name: Memorisation(**{field.name: file.get_tensor(f"{name}.{field.name}")
                                          for field in fields(Memorisation)}) for name in BOTH}
        return says["about"], Scores(**both, models=says["models"])
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise BadArchive(f"The shipped scores {path.name} cannot be read ({type(error).__name__}: {error}): fetch them "
                         "from the repository again.") from error
