"""Memorisation scores as the small file that ships, one a data set (:mod:`engine.originals.recorded_scores`)."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

from engine.evaluation.ensembles.memorisation import Memorisation, Scores
from engine.originals.recorded_scores import BOTH, FORMAT
from engine.runs.ensembles.kept import Shelf
from engine.system.files import write_whole


def pack_scores(shelf: Shelf, found: Scores, path: Path) -> None:
    """Writes both scores of every sample, with what the Originals depend on."""
    from safetensors.numpy import save_file

    tensors = {f"{name}.{field.name}": getattr(getattr(found, name), field.name)
               for name in BOTH for field in fields(Memorisation)}
    says = json.dumps({"format": FORMAT, "about": shelf.about, "models": found.models})
    write_whole(path, lambda temporary: save_file(tensors, temporary, {"memorisation": says}))
