"""On which side of its ideal a value lies, which |x - 50| and |forget - test| do not say.

One rule for every table, map and export:

- A value is compared with the retrained model's by the difference of the two with their signs: an attack at 42% is 15
  points from a retrained model's 57%, not 1.
- It lies *under* where at least half of the runs are below the chance range, of the attack or the forget-test gap,
  and below the retrained model too. *Over* is the same above, for attacks.
- What lies under is never best: an attack that does worse than a coin toss has not been defeated. What lies over may
  be the nearest to the ideal, but carries a mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import fmean
from typing import Any, Literal

from engine.evaluation.metrics import of_attacks
from engine.registry import all_of
from engine.types import Attack

Side = Literal["under", "over"]
Metrics = Mapping[str, Any]
MARKS: dict[Side, str] = {"under": "↓", "over": "↑"}
MEANING = {"↑": "best, but the attack still does better than chance",
           "↓": "below the chance range, so never best"}


def side_of(metric: str, runs: Iterable[tuple[Metrics, Metrics | None]], noise: float | None = None) -> Side | None:
    """The side of a method's runs, each with the metrics of its retrained model; ``noise`` is the metric's floor."""
    sides = [_side(metric, mine, theirs or {}, noise) for mine, theirs in runs]
    return next((side for side in MARKS if sides and 2 * sides.count(side) >= len(sides)), None)


def apart(metric: str, runs: Iterable[tuple[Metrics, Metrics]]) -> float | None:
    """How far runs are from their retrained models: distances are with their signs, then averaged over the runs.

    A metric that is not itself a distance is averaged first. None where no run has both values.
    """
    pairs = [(mine, theirs) for one, other in runs
             if (mine := signed(metric, one)) is not None and (theirs := signed(metric, other)) is not None]
    if not pairs:
        return None
    if loses_sign(metric):
        return fmean(abs(mine - theirs) for mine, theirs in pairs)
    return abs(fmean(mine for mine, _ in pairs) - fmean(theirs for _, theirs in pairs))


def misleads(metric: str, over_forgotten: bool, damaged: bool, side: Side | None) -> bool:
    """Whether a good value would be misleading: it is never best and gets no colour."""
    return damaged or (over_forgotten and metric in of_attacks()) or side == "under"


def loses_sign(metric: str) -> bool:
    """Whether a metric is an absolute value of something with a sign."""
    attack = _attack_of(metric)
    return metric == "accuracy_gap" or (attack is not None and metric != attack.name)


def signed(metric: str, metrics: Metrics) -> float | None:
    """A metric with its sign: the attack's accuracy minus 50, the forget minus the test accuracy."""
    if metric == "accuracy_gap":
        forget, test = (metrics.get(name) for name in ("forget_accuracy", "test_accuracy"))
        return None if forget is None or test is None else forget - test
    attack = _attack_of(metric)
    value: float | None = metrics.get(attack.name if attack else metric)
    return value - 50 if value is not None and attack and metric != attack.name else value


def _attack_of(metric: str) -> Attack | None:
    """The attack whose accuracy, or distance from 50, this metric is."""
    return next((one for one in all_of("attack") if metric in (one.name, *one.metric_names("gap"))), None)


def _side(metric: str, mine: Metrics, theirs: Metrics, noise: float | None) -> Side | None:
    attack = _attack_of(metric)
    if attack is None:
        low, high, value, truth = -noise if noise is not None else None, None, None, None
        if metric == "accuracy_gap":
            value, truth = signed(metric, mine), signed(metric, theirs)
    else:
        low, high = (mine.get("null_band") or {}).get(attack.name) or (None, None)
        value, truth = mine.get(attack.name), theirs.get(attack.name)
    if value is None:
        return None
    if low is not None and value < low and (truth is None or value < truth):
        return "under"
    if high is not None and value > high and (truth is None or value > truth):
        return "over"
    return None
