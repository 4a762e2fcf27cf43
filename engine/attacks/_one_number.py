"""scikit-learn's logistic regression on one number a sample, bit by bit, without what stands around its solver.

``LogisticRegression().fit`` looks at its input and at itself for longer than it computes. Here scipy's L-BFGS-B is
given scikit-learn's own loss, start and settings; tests/engine/attacks/test_one_number.py holds both to be the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

try:
    from sklearn._loss import HalfBinomialLoss
except ImportError:  # it is no part of what scikit-learn promises: then its own way is taken
    HalfBinomialLoss = None

SETTINGS = {"maxiter": 100, "maxls": 50, "gtol": 1e-4, "ftol": 64 * np.finfo(float).eps}  # LogisticRegression's


def fitted(feature: np.ndarray, label: np.ndarray) -> tuple[float, float]:
    """Slope and intercept of ``LogisticRegression().fit`` on a feature (N, 1), float64 in C order, and labels 0, 1."""
    if HalfBinomialLoss is not None:
        found = minimize(objective(feature, label), np.zeros(2), method="L-BFGS-B", jac=True, options=SETTINGS)
        if found.success:  # else scikit-learn warns
            return float(found.x[0]), float(found.x[1])
    regression = LogisticRegression().fit(feature, label)
    return float(regression.coef_[0, 0]), float(regression.intercept_[0])


def objective(feature: np.ndarray, label: np.ndarray) -> Callable[[np.ndarray], tuple[float, np.ndarray]]:
    """Slope and intercept (2,) to the mean loss with its penalty (C = 1) and their gradient, as in ``LinearModelLoss``.

    The order of its sums and products is scikit-learn's.
    """
    count, across, label = len(feature), feature.T, label.astype(np.float64)
    strength, loss, pull = 1.0 / count, np.empty(count), np.empty(count)
    pointwise: Any = HalfBinomialLoss().closs.loss_gradient

    def at(both: np.ndarray) -> tuple[float, np.ndarray]:
        slope = both[:-1]
        pointwise(label, feature @ slope + both[-1], None, loss, pull, 1)
        value = float(np.add.reduce(loss) / count) + float(0.5 * strength * (slope @ slope))
        np.divide(pull, count, out=pull)
        return value, np.array([(across @ pull + strength * slope)[0], np.add.reduce(pull)])

    return at
