"""What the methods of a comparison cost, and what share of retraining that is."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import Any

from engine.studies.comparison import REFERENCE, Comparison, Runs


@dataclass(frozen=True)
class Cost:
    """One number of what a method costs; ``digits`` are the decimals shown, ``help`` says how it is counted."""

    name: str
    title: str
    digits: int
    help: str

    def text(self, value: float | None) -> str:
        """``242,376``; ``-`` for None."""
        return "-" if value is None else f"{value:,.{self.digits}f}"


SPENT = (Cost("steps", "Steps", 0, "Optimiser steps, mean over seeds."),
         Cost("samples", "Samples", 0, "Samples that passed forward and backward, mean over seeds."),
         Cost("seconds", "Seconds", 1, "Training time of the method alone, mean over seeds; evaluation is not "
                                       "counted."))
RATIOS = (Cost("samples_ratio", "Samples / retraining", 2, "As a share of what retraining takes."),
          Cost("seconds_ratio", "Seconds / retraining", 2, "As a share of what retraining takes on the same device."))
COSTS = (*SPENT, *RATIOS)


def cost_of(comparison: Comparison, finished: Runs) -> dict[str, dict[str, float | None]]:
    """Per method: means over seeds of what its runs cost, and their ratios to the retraining's.

    Seconds of two devices say nothing about one another: then there is no ratio of seconds.
    """
    runs = {method: [finished[method, seed] for seed in comparison.seeds if (method, seed) in finished]
            for method in comparison.methods}
    cost: dict[str, dict[str, float | None]] = {}
    for method, found in runs.items():
        cost[method] = {one.name: average(value for run in found if (value := getattr(run, one.name)) is not None)
                        for one in SPENT}
    reference = cost.get(REFERENCE, {})
    devices = {run.device for run in runs.get(REFERENCE, [])}
    for method, found in runs.items():
        same = {run.device for run in found} == devices and len(devices) == 1
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
