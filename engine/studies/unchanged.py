"""Whether a method has changed the Original at all, or forgotten anything, as far as any measure shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.evaluation.metrics import MOVED, headlines
from engine.evaluation.noise import noise_floor
from engine.evaluation.sides import signed
from engine.spec import Resolved

MARK = "○"  # no sign of likeness: = or ≈ would read as near to the reference, which is praise
MEANING = "changed nothing: every measure lies within the chance range of the Original's"
IDLE = "∅"
IDLE_MEANING = ("forgot nothing: the forget-test gap and the attacks lie within the chance range of the Original's, "
                "whatever the other measures show")
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
    return all(_near(metrics.get(name), before.get(name), noise_floor(name, [metrics], resolved))
               for name in (*MOVED, *attacks))


def _near(now: float | None, before: float | None, chance: float | None) -> bool:
    return now is not None and before is not None and chance is not None and abs(now - before) <= chance


def forgot_nothing(metrics: Mapping[int, Metrics], resolved: Resolved | None) -> bool:
    """Whether every seed's run has the Original's forget-test gap and attacks, each within its chance range.

    What else a method has changed does not matter: it has forgotten nothing. False where a measure is not known, and
    where the retrained model lies as near to the Original: then forgetting cannot be seen.
    """
    return bool(metrics) and resolved is not None and all(_idle(one, resolved) for one in metrics.values())


def _idle(metrics: Metrics, resolved: Resolved) -> bool:
    retrained = metrics.get("retrained")
    return _kept(metrics, metrics, resolved) and not (retrained and _kept(retrained, metrics, resolved))


def _kept(model: Metrics, run: Metrics, resolved: Resolved) -> bool:
    """Whether a model's gap and attacks are the Original's, by the chance ranges of ``run``."""
    before = run.get("original") or {}
    attacks = [attack.name for attack in headlines() if run.get(attack.name) is not None]
    return bool(attacks) and all(_near(signed(name, model), signed(name, before), noise_floor(name, [run], resolved))
                                 for name in ("accuracy_gap", *attacks))
