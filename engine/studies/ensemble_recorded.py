"""Ensembles that ship with the repository: how one is written, and when it is used instead of one's own folder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from engine.evaluation.ensembles.draws import ORIGINAL
from engine.runs.ensembles.kept import Kept, Shelf
from engine.runs.ensembles.recorded import FORMAT, LARGEST, recorded_ensembles, taking_part
from engine.runs.recorded import FOLDER
from engine.studies.ensemble import Design
from engine.studies.ensemble_views import numbers_of
from engine.system.files import write_whole


def pack(shelf: Shelf, design: Design, path: Path) -> None:
    """Writes the models that all parts of a design have into one file: phi of the samples that take part."""
    from safetensors.numpy import save_file

    numbers, taking = numbers_of(shelf, design), taking_part(shelf.about)
    keys = {name: design.key(name) for name in (ORIGINAL, *design.parts)}
    tensors: dict[str, np.ndarray] = {}
    for key in keys.values():
        if not shelf.failures(key):
            read = shelf.read(key, numbers)
            phi = np.ascontiguousarray(np.clip(read.phi[:, taking], -LARGEST, LARGEST).astype(np.float16))
            tensors |= {f"phi.{key}": phi, f"correct.{key}": np.packbits(read.correct, axis=1),
                        f"test_accuracy.{key}": read.test_accuracy.astype(np.float32)}
    says = {"format": FORMAT, "about": shelf.about, "numbers": numbers,
            "parts": {key: shelf.parts()[key] for key in keys.values()},
            "failures": {key: found for key in keys.values() if (found := shelf.failures(key))}}
    write_whole(path, lambda temporary: save_file(tensors, temporary, {"ensemble": json.dumps(says)}))


def at_hand(design: Design, kept: Kept, folder: Path = FOLDER) -> Shelf:
    """Where a design's outputs are: one's own folder, or what ships where only that has all of them."""
    wanted, keys = frozenset(range(design.ensemble.models)), [design.key(part) for part in (ORIGINAL, *design.parts)]
    if all(wanted <= kept.numbers(key) for key in keys):
        return kept
    for shipped in recorded_ensembles(folder):
        if shipped.about == kept.about and all(wanted <= shipped.numbers(key) for key in keys):
            return shipped
    return kept
