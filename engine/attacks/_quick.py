"""The paper's attacker at a hundredth of the cost, for curves that are drawn while a method trains.

A logistic regression on one feature has two unknowns, so all ten splits are fitted at once by Newton's method, to the
exact optimum. scikit-learn's solver, which gives the final numbers, stops a little before it: the two differ where a
sample lies between both thresholds, which is rare (tests/engine/attacks/test_quick.py).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.attacks._shuffles import shuffle_seed
from engine.attacks._splits import splits

ITERATIONS, TOLERANCE = 50, 1e-9
UNDAMPED = 8  # full Newton steps that a permuted label, whose slope is nearly flat, is given; it needs 3 to 5
IN_CACHE = 20_000  # numbers that are fitted at a time


def quick_score(members: Any, nonmembers: Any) -> float:
    """Percent of samples told apart, as ``logistic_attack``; the same input, the same errors."""
    from engine.attacks._attacker import attack_table

    feature, label = attack_table(members, nonmembers)
    fit, held = splits(len(label), shuffle_seed(0))
    slope, threshold = fit_logistic(feature[fit], label[fit])
    said = (slope[:, None] * feature[held] + threshold[:, None]) > 0
    return 100 * float((said == label[held]).mean())


def quick_scores(members: np.ndarray, nonmembers: np.ndarray) -> np.ndarray:
    """:func:`quick_score` of P pairs of finite sides of equal size (P, N) at once, as percent (P,).

    For null bands: their labels are permuted, so that most fits need few steps and are done without a line search.
    """
    feature = np.concatenate([nonmembers, members], axis=1)
    fit, held = splits(feature.shape[1], shuffle_seed(0))
    label = np.repeat([0.0, 1.0], members.shape[1])
    each = max(1, IN_CACHE // fit.size)
    parts = [_told_apart(feature[i:i + each], label, fit, held) for i in range(0, len(feature), each)]
    return 100 * np.concatenate(parts)


def _told_apart(feature: np.ndarray, label: np.ndarray, fit: np.ndarray, held: np.ndarray) -> np.ndarray:
    """The mean share of held-out rows told apart (P,), for features (P, 2N) and splits (10, .)."""
    pairs, splits = len(feature), len(fit)
    slope, threshold = _fit_flat(feature[:, fit].reshape(pairs * splits, -1), np.tile(label[fit], (pairs, 1)))
    said = (slope[:, None] * feature[:, held].reshape(pairs * splits, -1) + threshold[:, None]) > 0
    shares: np.ndarray = (said == np.tile(label[held], (pairs, 1))).reshape(pairs, -1).mean(1)
    return shares


def _fit_flat(feature: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """:func:`fit_logistic` by full Newton steps; fits that these do not bring to the optimum are done with care."""
    centre = feature.mean(1, keepdims=True)
    rows, at = _Rows(feature - centre, 2.0 * label - 1), np.zeros((2, len(feature)))
    with np.errstate(all="ignore"):  # a step that overshoots is left to fit_logistic
        for _ in range(UNDAMPED):
            gradient, step = rows.newton(at)
            left = ~(np.abs(gradient).max(0) < TOLERANCE * rows.x.shape[1])
            if not left.any():
                break
            at = at - step
    slope, threshold = at[0], at[1] - at[0] * centre[:, 0]
    if left.any():
        slope[left], threshold[left] = fit_logistic(feature[left], label[left])
    return slope, threshold


def fit_logistic(feature: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slope and intercept (S,) of S logistic regressions of one feature (S, N) on labels 0 or 1 (S, N).

    The objective is scikit-learn's: the summed cross entropy plus half the squared slope (C = 1). Newton steps
    are halved until they do not raise it.
    """
    centre = feature.mean(1, keepdims=True)
    x, sign = feature - centre, 2.0 * label - 1
    rows, at = _Rows(x, sign), np.zeros((2, len(x)))  # slope and intercept at the centre
    value = _objective(at, x, sign)
    for _ in range(ITERATIONS):
        gradient, step = rows.newton(at)
        if np.abs(gradient).max() < TOLERANCE * x.shape[1]:
            break
        size = np.ones(len(x))
        while ((trial := _objective(at - size * step, x, sign)) > value + 1e-9).any() and size.min() > 1e-6:
            size = np.where(trial > value + 1e-9, size / 2, size)
        at, value = at - size * step, trial
    return at[0], at[1] - at[0] * centre[:, 0]


def _objective(at: np.ndarray, x: np.ndarray, sign: np.ndarray) -> np.ndarray:
    values: np.ndarray = np.logaddexp(0, -sign * (at[0][:, None] * x + at[1][:, None])).sum(1) + 0.5 * at[0] ** 2
    return values


class _Rows:
    """S regressions (S, N) of which Newton's method asks again and again, with room for what it writes on the way.

    The probabilities are torch's: numpy has no vectorised tanh for AVX2, and that took most of the time. Both differ
    in the last bit, as numpy's own do between machines; what is counted from the optimum does not.
    """

    def __init__(self, x: np.ndarray, sign: np.ndarray):
        import torch

        self.x, self.sign = x, sign
        self._against, self._square = -sign, x * x
        self._wrong, self._room = np.empty_like(x), np.empty_like(x)
        self._as_torch, self._sigmoid = torch.from_numpy(self._wrong), torch.sigmoid

    def newton(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gradient and Newton step (2, S) of the objective."""
        x, wrong, room = self.x, self._wrong, self._room
        np.multiply(at[0][:, None], x, out=wrong)
        np.add(wrong, at[1][:, None], out=wrong)
        np.multiply(self._against, wrong, out=wrong)
        self._sigmoid(self._as_torch, out=self._as_torch)  # probability of the other label
        curvature = np.multiply(wrong, np.subtract(1, wrong, out=room), out=room)
        a, b, c = _dot(curvature, self._square) + 1, _dot(curvature, x), curvature.sum(1) + 1e-12
        pull = np.multiply(self.sign, wrong, out=room)
        gradient = np.stack([at[0] - _dot(pull, x), -pull.sum(1)])
        determinant = a * c - b * b
        return gradient, np.stack([c * gradient[0] - b * gradient[1], a * gradient[1] - b * gradient[0]]) / determinant


def _dot(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Row by row: (S, N) and (S, N) to (S,)."""
    products: np.ndarray = np.einsum("sn,sn->s", one, other)
    return products
