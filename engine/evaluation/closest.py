"""What came nearest to showing that something is left, where nothing did: the number behind a verdict of "forgotten".

The limits are those of :mod:`engine.evaluation.verdict`. ROC areas, a second look beside the accuracies, are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.evaluation.evidence import Decisive
from engine.evaluation.verdict import STILL_KNOWN
from engine.registry import by_class, compares_unlike, live_attacks
from engine.types import Spec

Metrics = Mapping[str, Any]


def closest(metrics: Metrics, scenario: str) -> Decisive | None:
    """The number with the least room under its limit; of a class the accuracy on it. None where nothing was measured.

    >>> closest({"mia_loss": 51.0, "mia_entropy": 54.0, "null_band": {"mia_loss": [45, 55], "mia_entropy": [45, 55]}},
    ...         "random").short("%")
    '54.0% < 55.0%'
    """
    if by_class(scenario):
        now, aim = metrics.get("forget_accuracy"), (metrics.get("retrained") or {}).get("forget_accuracy")
        return None if now is None else Decisive("forget_accuracy", now, (aim or 0.0) + STILL_KNOWN, above=False)
    if compares_unlike(Spec(scenario=scenario)):
        return None  # of chosen samples the areas alone are judged
    found = [number for attack in live_attacks() if (number := _of_attack(metrics, attack.name))]
    return min(found, key=lambda number: number.limit - number.value, default=None)


def _of_attack(metrics: Metrics, name: str) -> Decisive | None:
    """An attack under the upper end of its chance range, or under what it shows of the retrained model."""
    score, band = metrics.get(name), (metrics.get("null_band") or {}).get(name)
    truth = (metrics.get("retrained") or {}).get(name)
    if score is None or band is None:
        return None
    limit = band[1]
    if truth is not None and score > band[1]:  # the retrained model shows as much, which is no sign of anything left
        limit = truth + (band[1] - band[0]) / 2 if truth > band[1] else truth
    return Decisive(name, score, limit, name, above=False)
