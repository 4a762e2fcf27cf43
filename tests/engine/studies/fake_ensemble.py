"""An ensemble without its trainings: phi is drawn, with a shift where a sample was forgotten."""

from __future__ import annotations

import numpy as np

from engine.evaluation.ensembles.draws import ORIGINAL
from engine.evaluation.ensembles.outputs import FORGET, OUT
from engine.runs.ensembles.kept import Kept, part_file, states
from engine.studies.ensemble import Design, Ensemble, design
from engine.studies.ensemble_request import data_of
from engine.studies.ensemble_store import kept_for


def written(ensemble: Ensemble, shifts: dict[str, float]) -> tuple[Design, Kept]:
    """Writes every part; ``shifts`` by part: the Original's phi is shifted for all that it was trained on."""
    from safetensors.numpy import save

    data = data_of(design(ensemble))
    found = design(ensemble, len(data.train))
    kept = kept_for(found, data.content)
    kept.begin(found.made_by())
    numbers = range(ensemble.models)
    state = states(kept, numbers)
    rng = np.random.default_rng(1)
    level = rng.normal(2, 3, found.samples)
    for part in (ORIGINAL, *found.parts):
        member = state != OUT if part == ORIGINAL else state == FORGET
        phi = (level + rng.normal(size=state.shape) + shifts.get(part, 0.0) * member).astype(np.float32)
        kept.write({part_file(found.key(part), number): save({
            "phi": phi[number], "correct": phi[number] > 0, "test_accuracy": np.array([80.0], np.float32)})
            for number in numbers})
    return found, kept
