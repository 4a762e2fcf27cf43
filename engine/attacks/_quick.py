"""The paper's attacker at a hundredth of the cost, for curves that are drawn while a method trains.

A logistic regression on one feature has two unknowns, so all ten splits are fitted at once by Newton's method, to the
exact optimum. scikit-learn's solver, which gives the final numbers, stops a little before it: the two differ where a
sample lies between both thresholds, which is rare (tests/engine/test_quick_attack.py).
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

ITERATIONS, TOLERANCE = 50, 1e-9


def quick_score(members: Any, nonmembers: Any) -> float:
    """Percent of samples told apart, as ``engine.evaluation.logistic_attack``; the same input, the same errors."""
    from engine.evaluation import attack_table

    feature, label = attack_table(members, nonmembers)
    fit, held = _splits(len(label))
    slope, threshold = fit_logistic(feature[fit], label[fit])
    said = (slope[:, None] * feature[held] + threshold[:, None]) > 0
    return 100 * float((said == label[held]).mean())


@functools.lru_cache(maxsize=16)
def _splits(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers (10, .) to fit on and to hold out, for ``count`` rows of which the second half are members."""
    from engine.evaluation import attack_splits

    pairs = list(attack_splits().split(np.zeros((count, 1)), np.repeat([0, 1], count // 2)))
    return np.stack([fit for fit, _ in pairs]), np.stack([held for _, held in pairs])


def fit_logistic(feature: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slope and intercept (S,) of S logistic regressions of one feature (S, N) on labels 0 or 1 (S, N).

    The objective is scikit-learn's: the summed cross entropy plus half the squared slope (C = 1). Newton steps
    are halved until they do not raise it.
    """
    centre = feature.mean(1, keepdims=True)
    x, sign = feature - centre, 2.0 * label - 1
    at = np.zeros((2, len(x)))  # slope and intercept at the centre
    value = _objective(at, x, sign)
    for _ in range(ITERATIONS):
        gradient, step = _newton(at, x, sign)
        if np.abs(gradient).max() < TOLERANCE * x.shape[1]:
            break
        size = np.ones(len(x))
        while ((trial := _objective(at - size * step, x, sign)) > value + 1e-9).any() and size.min() > 1e-6:
            size = np.where(trial > value + 1e-9, size / 2, size)
        at, value = at - size * step, trial
    return at[0], at[1] - at[0] * centre[:, 0]


def _objective(at: np.ndarray, x: np.ndarray, sign: np.ndarray) -> np.ndarray:
    return np.logaddexp(0, -sign * (at[0][:, None] * x + at[1][:, None])).sum(1) + 0.5 * at[0] ** 2


def _newton(at: np.ndarray, x: np.ndarray, sign: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradient and Newton step (2, S) of the objective."""
    wrong = 0.5 * (1 - np.tanh(0.5 * sign * (at[0][:, None] * x + at[1][:, None])))  # probability of the other label
    curvature = wrong * (1 - wrong)
    gradient = np.stack([at[0] - (sign * wrong * x).sum(1), -(sign * wrong).sum(1)])
    a, b, c = (curvature * x * x).sum(1) + 1, (curvature * x).sum(1), curvature.sum(1) + 1e-12
    determinant = a * c - b * b
    return gradient, np.stack([c * gradient[0] - b * gradient[1], a * gradient[1] - b * gradient[0]]) / determinant
