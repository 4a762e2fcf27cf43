"""How long something will take, from what was measured: no torch, no guesses dressed up as facts.

A rate is seconds per training sample of one model: from the newest finished run in the store, else from an
Original's sidecar, which for a shipped Original was measured on another
machine. Where nothing was measured, the answer is "an unknown time".
"""

from __future__ import annotations

from typing import Any

from engine.checkpoints import Checkpoints
from engine.spec import Resolved


def rate_from_sidecars(dataset: str | None, model: str, checkpoints: Checkpoints) -> float | None:
    """Seconds per sample of trainings of this model, on this data set if given."""
    rates = []
    for sidecar in checkpoints.sidecars(f"{dataset or '*'}-{model}-*"):
        try:
            rates.append(sidecar["seconds"] / sidecar["samples"])
        except (KeyError, TypeError, ZeroDivisionError):
            continue  # a damaged sidecar is reported where it matters, when its weights are loaded
    return rates[-1] if rates else None


def run_rate(resolved: Resolved, checkpoints: Checkpoints,
             finished: list[dict[str, Any]] | None = None) -> float | None:
    """Seconds per sample for a run: measured on the newest finished ones alike, else by a training."""
    method, dataset, model = resolved.method.name, resolved.dataset.name, resolved.model.name
    for run in finished or []:
        spec = run["spec"]
        if (spec["method"], spec["dataset"], spec["model"]) == (method, dataset, model) and run["samples"]:
            return run["seconds"] / run["samples"]
    return rate_from_sidecars(dataset, model, checkpoints) or rate_from_sidecars(None, model, checkpoints)


def run_seconds(resolved: Resolved, checkpoints: Checkpoints,
                finished: list[dict[str, Any]] | None = None) -> float | None:
    """Seconds of the method alone, or None where nothing was measured yet."""
    rate = run_rate(resolved, checkpoints, finished)
    return None if rate is None else rate * resolved.plan.samples


def training_seconds(resolved: Resolved, checkpoints: Checkpoints) -> float | None:
    """Seconds to train an Original, or None where no training of this model was measured."""
    model = resolved.model.name
    rate = (rate_from_sidecars(resolved.dataset.name, model, checkpoints)
            or rate_from_sidecars(None, model, checkpoints))
    return None if rate is None else rate * resolved.recipe.epochs * resolved.sizes.train


def duration(seconds: float | None) -> str:
    """``about 4 s``, ``about 6 min``, ``about 1.5 h`` or ``an unknown time (nothing was measured yet)``."""
    if seconds is None:
        return "an unknown time (nothing was measured yet)"
    if seconds < 1:
        return "under 1 s"
    if seconds < 90:
        return f"about {seconds:.0f} s"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"
