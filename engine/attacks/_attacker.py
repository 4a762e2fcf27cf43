"""The paper's attacker: a logistic regression on one number a sample (docs/methods.md, "Metrics").

Ten stratified shuffle splits, the mean accuracy in percent. It learns the sign, so a score and its negative come to
the same accuracy, to the last digit.
"""

from __future__ import annotations

import functools

import numpy as np
from sklearn import config_context
from threadpoolctl import ThreadpoolController

from engine.attacks._one_number import fitted
from engine.attacks._shuffles import shuffle_seed
from engine.attacks._splits import splits
from engine.errors import Diverged

FEWEST = 10  # samples a side, below which an attack's accuracy says nothing


def balanced(members: np.ndarray, nonmembers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both sides at the size of the smaller: the larger is shuffled by ``default_rng(1)`` and cut.

    Equal sides stay in order, where the authors still shuffle the forget rows: their ten splits draw other samples.
    """
    n = min(len(members), len(nonmembers))
    sides = [np.asarray(side, dtype=np.float64).copy() for side in (members, nonmembers)]
    for side in sides:
        if len(side) > n:
            np.random.default_rng(shuffle_seed(1)).shuffle(side)
    return sides[0][:n], sides[1][:n]


def logistic_attack(members: np.ndarray, nonmembers: np.ndarray) -> float:
    """Accuracy in percent of the paper's attacker on one feature (section 5.4).

    ``members`` and ``nonmembers`` are one-dimensional; the larger side is subsampled. Raises
    Diverged where a value is not finite and ValueError below ten samples a side.
    """
    feature, label = attack_table(members, nonmembers)
    return _mean_accuracy(feature[:, None], label)


def attack_table(members: np.ndarray, nonmembers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The attacker's rows: the feature (2n,) of n non-members and then n members, and their labels 0 and 1.

    Raises as :func:`logistic_attack`.
    """
    members, nonmembers = balanced(members, nonmembers)
    if len(members) < FEWEST:
        raise ValueError(f"an attack needs at least {FEWEST} samples per side, not {len(members)}")
    feature = np.concatenate([nonmembers, members])
    if not np.isfinite(feature).all():
        raise Diverged(f"{int((~np.isfinite(feature)).sum())} of {len(feature)} losses or entropies are not finite, "
                       "so there is nothing to attack.")
    return feature, np.repeat([0, 1], len(members))


def _mean_accuracy(feature: np.ndarray, label: np.ndarray) -> float:
    # Two numbers to fit: threads would only wait for one another, and checks of the input take as long as the fit.
    with (_libraries().limit(limits=1, user_api="blas"),
          config_context(assume_finite=True, skip_parameter_validation=True)):
        scores = [_right(fitted(feature[fit], label[fit]), feature[held, 0], label[held])
                  for fit, held in zip(*splits(len(label), shuffle_seed(0)), strict=True)]
    return 100 * float(np.mean(scores))


def _right(line: tuple[float, float], feature: np.ndarray, label: np.ndarray) -> float:
    """The share of samples that a fitted line says the label of, 0 or 1: what ``LogisticRegression.score`` counts."""
    slope, intercept = line
    return float(np.mean((feature * slope + intercept > 0) == label))


@functools.cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()
