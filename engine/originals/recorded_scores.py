"""Memorisation scores that ship with the repository: one small safetensors file a data set, read-only."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from engine.errors import BadArchive
from engine.evaluation.ensembles.memorisation import Memorisation, Scores
from engine.originals.checkpoints import SHIPPED

log = logging.getLogger(__name__)
FOLDER, ENDING, FORMAT = SHIPPED / "recorded", "-memorisation.safetensors", 1
BOTH = ("correctness", "probability")


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
