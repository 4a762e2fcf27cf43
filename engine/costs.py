"""What the methods of a comparison cost, and what share of retraining that is."""

from __future__ import annotations

from statistics import fmean
from typing import Any

from engine.comparison import REFERENCE, Comparison, Runs

COST = ("steps", "samples", "seconds", "seconds_ratio", "samples_ratio")


def cost_of(comparison: Comparison, finished: Runs) -> dict[str, dict[str, float | None]]:
    """Per method: means over seeds of what its runs cost, and their ratios to the retraining's.

    Seconds of two devices say nothing about one another: then there is no ratio of seconds.
    """
    runs = {method: [finished[method, seed] for seed in comparison.seeds if (method, seed) in finished]
            for method in comparison.methods}
    cost: dict[str, dict[str, float | None]] = {}
    for method, found in runs.items():
        cost[method] = {name: average(run[name] for run in found if run[name] is not None)
                        for name in ("steps", "samples", "seconds")}
    reference = cost.get(REFERENCE, {})
    devices = {run["device"] for run in runs.get(REFERENCE, [])}
    for method, found in runs.items():
        same = {run["device"] for run in found} == devices and len(devices) == 1
        seconds = _ratio(cost[method]["seconds"], reference.get("seconds"))
        cost[method] |= {"seconds_ratio": seconds if same else None,
                         "samples_ratio": _ratio(cost[method]["samples"], reference.get("samples"))}
    return cost


def _ratio(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else part / whole


def average(values: Any) -> float | None:
    """The mean of what there is; None of nothing."""
    known = list(values)
    return fmean(known) if known else None
