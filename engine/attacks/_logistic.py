"""The paper's attacker on one score a sample, importable without waiting for scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy import ndarray


def accuracy(members: Any, nonmembers: Any) -> float:
    """Percent of samples told apart by their scores; see :func:`engine.attacks._attacker.logistic_attack`."""
    from engine.attacks._attacker import logistic_attack

    return logistic_attack(members, nonmembers)


def quick_accuracy(members: Any, nonmembers: Any) -> float:
    """Nearly the same at a hundredth of the cost; see :func:`engine.attacks._quick.quick_score`."""
    from engine.attacks._quick import quick_score

    return quick_score(members, nonmembers)


def quick_accuracies(members: Any, nonmembers: Any) -> ndarray:
    """The same for P pairs of sides at once, (P, N) to (P,); see :func:`engine.attacks._quick.quick_scores`."""
    from engine.attacks._quick import quick_scores

    return quick_scores(members, nonmembers)
