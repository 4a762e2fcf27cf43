"""How far apart two sets of scores lie: ROC, exact intervals, and distances of distributions.

Membership scores are higher where *member* is likelier; the score of a loss or an entropy is minus itself.
"""

from __future__ import annotations

import functools

import numpy as np
from scipy.integrate import trapezoid
from scipy.special import betaincinv
from scipy.stats import binomtest, wasserstein_distance
from sklearn.metrics import roc_auc_score, roc_curve

Interval = tuple[float, float]


def auc(members: np.ndarray, nonmembers: np.ndarray) -> float:
    """Area under the ROC curve, 0 to 1: the chance that a member scores higher than a non-member."""
    if not _plain(members, nonmembers):
        return float(roc_auc_score(*_labelled(members, nonmembers)))
    tps, fps = counts(members, nonmembers)
    if len(fps) > 2:  # as scikit-learn: points between others on a line are left out, which orders the sum
        corners = np.concatenate([[True], (np.diff(fps, 2) != 0) | (np.diff(tps, 2) != 0), [True]])
        tps, fps = tps[corners], fps[corners]
    tpr, fpr = (np.concatenate([[0.0], side]) / side[-1] for side in (tps, fps))
    return float(trapezoid(tpr, fpr))


def tpr_at(members: np.ndarray, nonmembers: np.ndarray, most_fpr: float) -> tuple[float, Interval]:
    """The largest true positive rate at a false positive rate of at most ``most_fpr``, with its 95% interval.

    Both in percent; the interval is Clopper and Pearson's (1934), exact for the threshold that was found.
    """
    if _plain(members, nonmembers):
        tpr, fpr = (np.concatenate([[0.0], side]) / side[-1] for side in counts(members, nonmembers))
    else:
        truth, score = _labelled(members, nonmembers)
        fpr, tpr, _ = roc_curve(truth, score, drop_intermediate=False)  # a dropped point may be the one that counts
    rate = float(tpr[fpr <= most_fpr].max())
    low, high = clopper_pearson(round(rate * len(members)), len(members))
    return 100 * rate, (100 * low, 100 * high)


def counts(members: np.ndarray, nonmembers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How many members and how many others score at least as much as each distinct score, which falls; float64.

    Of finite scores what ``sklearn.metrics.roc_curve`` counts, bit by bit, without its checks, which take longer.
    """
    truth, score = _labelled(members, nonmembers)
    order = np.argsort(-score, kind="stable")
    last = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)  # of those that score the same
    tps = np.cumsum(truth[order], dtype=np.float64)[last]
    return tps, 1 + last.astype(np.float64) - tps


def _plain(*sides: np.ndarray) -> bool:
    """Whether both sides hold finite numbers; else scikit-learn says what is wrong with them."""
    return all(len(side) and side.dtype.kind == "f" and bool(np.isfinite(side).all()) for side in sides)


def clopper_pearson(successes: int, trials: int, confidence: float = 0.95) -> Interval:
    """The exact binomial interval of a proportion (Clopper and Pearson 1934).

    By quantiles of the beta distribution: what scipy's own interval, a search, finds to 1e-11.
    """
    if not 0 <= successes <= trials or trials < 1:
        raise ValueError(f"{successes} of {trials} is no proportion")
    tail = (1 - confidence) / 2
    return (float(betaincinv(successes, trials - successes + 1, tail)) if successes else 0.0,
            float(betaincinv(successes + 1, trials - successes, 1 - tail)) if successes < trials else 1.0)


@functools.lru_cache(maxsize=4_096)  # the same few counts come again and again
def wilson(successes: int, trials: int, confidence: float = 0.95) -> Interval:
    """Wilson's interval of a proportion (1927), which is near its level also for few trials."""
    interval = binomtest(successes, trials).proportion_ci(confidence, method="wilson")
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
