"""What a run says of the attacks that need more models than are there."""

from __future__ import annotations

from engine.evaluation.metrics import of_attack
from engine.registry import all_of

SHADOWS = "Not tried: it needs at least 2 models retrained on the same split from different seeds; {there}."
ENSEMBLE = ("Not tried: it needs an ensemble of at least 6 models of this method at these settings; there is none. The "
            "page Evidence trains one.")


def not_tried(shadows: str = "there is none") -> dict[str, str]:
    """The reasons by metric; ``shadows`` says how many retrained models there are."""
    reasons = {"shadows": SHADOWS.format(there=shadows), "ensemble": ENSEMBLE}
    return {metric.name: reason for attack in all_of("attack") for what, reason in reasons.items()
            if what in attack.needs for metric in of_attack(attack)}


def of_ensemble() -> dict[str, str]:
    """The same of what needs an ensemble alone."""
    return {name: reason for name, reason in not_tried().items() if reason == ENSEMBLE}
