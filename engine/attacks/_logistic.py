"""The attacker that both attacks of the paper share, importable without waiting for scikit-learn."""

from __future__ import annotations

from typing import Any


def score(members: Any, nonmembers: Any) -> float:
    """Percent of samples told apart by one feature; see ``engine.evaluation.measure.logistic_attack``."""
    from engine.evaluation.measure import logistic_attack

    return logistic_attack(members, nonmembers)
