"""Finished runs made up for tests of comparisons: only their numbers matter, nothing is computed."""

from __future__ import annotations

from typing import Any

from engine.runs.store import Store
from engine.spec import resolve
from engine.studies.comparison import Comparison

MODEL = {"retain_accuracy": 99.0, "forget_accuracy": 84.0, "test_accuracy": 80.0, "accuracy_gap": 4.0, "mia_loss": 53.0,
         "mia_loss_gap": 3.0, "mia_entropy": 52.0, "mia_entropy_gap": 2.0, "mia_loss_auc": 0.53,
         "notes": []}
ORIGINAL = MODEL | {"retain_accuracy": 100.0, "forget_accuracy": 100.0, "accuracy_gap": 20.0, "mia_loss_gap": 12.0}


def metrics_of(**changes: Any) -> dict[str, Any]:
    """The metrics of a finished run; the null bands are 2 points (loss) and 4 points (entropy) wide."""
    return MODEL | {"original": ORIGINAL, "null_band": {"mia_loss": [49.0, 51.0], "mia_entropy": [48.0, 52.0]},
                    "retrained": None, "missing": {}} | changes


def finish(store: Store, comparison: Comparison, method: str, seed: int = 0, *, device: str = "cpu, 1 thread",
           seconds: float = 2.0, steps: int = 10, samples: int = 300, **changes: Any) -> str:
    """Writes a finished run of a comparison into the store; returns its id. ``changes`` are metrics."""
    run_id = store.begin(resolve(comparison.spec(method, seed)))
    store.update(run_id, data="0123456789abcdef", device=device)
    assert store.end(run_id, "finished", metrics=metrics_of(**changes), seconds=seconds, steps=steps, samples=samples)
    return run_id
