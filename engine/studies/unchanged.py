"""Whether a method has changed the Original at all, as far as any measure shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.evaluation.metrics import MOVED, headlines
from engine.evaluation.noise import noise_floor
from engine.spec import Resolved

MARK = "="
MEANING = "changed nothing: every measure lies within the chance range of the Original's"
Metrics = Mapping[str, Any]


def unchanged(metrics: Mapping[int, Metrics], resolved: Resolved | None) -> bool:
    """Whether every seed's run has the Original's accuracies and attacks, each within its chance range.

    A method that did nothing costs nothing and damages nothing, so tables would praise it. False where a measure is
    not known.
    """
    return bool(metrics) and resolved is not None and all(_same(one, resolved) for one in metrics.values())


def _same(metrics: Metrics, resolved: Resolved) -> bool:
    before = metrics.get("original") or {}
    attacks = [attack.name for attack in headlines() if metrics.get(attack.name) is not None]
    return all(_near(name, metrics.get(name), before.get(name), noise_floor(name, [metrics], resolved))
               for name in (*MOVED, *attacks))


def _near(name: str, now: float | None, before: float | None, chance: float | None) -> bool:
    return now is not None and before is not None and chance is not None and abs(now - before) <= chance
