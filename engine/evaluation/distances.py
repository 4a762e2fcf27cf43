"""How far apart two sets of scores lie: ROC, exact intervals, and distances of distributions.

Membership scores are higher where *member* is likelier; the score of a loss or an entropy is minus itself.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import binomtest, wasserstein_distance
from sklearn.metrics import roc_auc_score, roc_curve

Interval = tuple[float, float]


def auc(members: np.ndarray, nonmembers: np.ndarray) -> float:
    """Area under the ROC curve, 0 to 1: the chance that a member scores higher than a non-member."""
    return float(roc_auc_score(*_labelled(members, nonmembers)))


def tpr_at(members: np.ndarray, nonmembers: np.ndarray, most_fpr: float) -> tuple[float, Interval]:
    """The largest true positive rate at a false positive rate of at most ``most_fpr``, with its 95% interval.

    Both in percent; the interval is Clopper and Pearson's (1934), exact for the threshold that was found.
    """
    truth, score = _labelled(members, nonmembers)
    fpr, tpr, _ = roc_curve(truth, score, drop_intermediate=False)  # a dropped point may be the one that counts
    rate = float(tpr[fpr <= most_fpr].max())
    low, high = clopper_pearson(round(rate * len(members)), len(members))
    return 100 * rate, (100 * low, 100 * high)


def clopper_pearson(successes: int, trials: int, confidence: float = 0.95) -> Interval:
    """The exact binomial interval of a proportion (Clopper and Pearson 1934)."""
    return _proportion(successes, trials, confidence, "exact")


def wilson(successes: int, trials: int, confidence: float = 0.95) -> Interval:
    """Wilson's interval of a proportion (1927), which is near its level also for few trials."""
    return _proportion(successes, trials, confidence, "wilson")


def _proportion(successes: int, trials: int, confidence: float, method: str) -> Interval:
    interval = binomtest(successes, trials).proportion_ci(confidence, method=method)
    return float(interval.low), float(interval.high)


def kolmogorov_smirnov(one: np.ndarray, other: np.ndarray) -> float:
    """The largest distance between two empirical distribution functions, 0 to 1.

    Without scipy's p value, which nobody reads and which divides by zero for a sample on its own.
    """
    everything = np.concatenate([one, other])
    shares = [np.searchsorted(np.sort(side), everything, side="right") / len(side) for side in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max())


def wasserstein(one: np.ndarray, other: np.ndarray) -> float:
    """How far mass has to move to turn one distribution into the other, in the values' unit (nats for losses)."""
    return float(wasserstein_distance(one, other))


def _labelled(members: np.ndarray, nonmembers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat([1, 0], [len(members), len(nonmembers)]), np.concatenate([members, nonmembers])
