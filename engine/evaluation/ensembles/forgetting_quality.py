"""Forgetting quality as the 2023 NeurIPS challenge scored it: how well unlearned models hide among retrained ones.

Triantafillou et al. 2024 (arXiv:2406.09073); github.com/google-deepmind/unlearning_evaluation, ``metric.py``. Per
sample an epsilon between phi under N unlearned and N retrained models, the largest over a family of tests, and points
that halve with every half unit of it. A perfect method scores about .17 and not 1, and with few models a bad method
scores well: read the share of what a retrained model attains against others.

The family is the released code's: single thresholds, and intervals about as wide as the narrower sample's range. Where
that code walks a grid of hundredths, every threshold between neighbouring values is taken, which leaves no gaps.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engine.errors import NotMeasurable
from engine.evaluation.ensembles.outputs import refuse_damaged

DELTA, CAP = 1e-5, 50.0
BUCKET = 0.5  # of epsilon: each one more halves the points
SLACK = 2.0  # how far an interval's ends may lie from the narrower sample's, in units of phi
PEAKED = 0.01  # a range below this share of the other's is told apart at once
FEWEST, LOW = 8, 256  # models a side: the least, and from when on the number is not low
IN_MEMORY = 2_000_000  # tests that are worked out at a time


@dataclass(frozen=True)
class ForgettingQuality:
    """The score with what it was computed from.

    Parameters
    ----------
    score : float
        Mean points over samples, 0 to 1, before utility.
    epsilon : ndarray
        Epsilon (n,) of each sample, 0 to 50.
    models : int
        Models on the smaller side.
    low : bool
        Whether there are fewer than 256 models a side, which flatters bad methods.

    Examples
    --------
    >>> ForgettingQuality(0.17, np.array([1.6]), models=21, low=True).score
    0.17
    """

    score: float
    epsilon: np.ndarray
    models: int
    low: bool


def forgetting_quality(unlearned: np.ndarray, retrained: np.ndarray,
                       originals: Sequence[object] | None = None) -> ForgettingQuality:
    """Scores phi (N, n) of the forgotten samples under unlearned models against phi under retrained ones.

    Parameters
    ----------
    unlearned, retrained : ndarray
        phi (N, n); the numbers of models may differ.
    originals : sequence, optional
        Which Original each unlearned model comes from: one for all (as published), or another for each.

    Raises
    ------
    NotMeasurable
        With fewer than 8 models a side, models of mixed Originals, models without randomness, or damaged ones.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> same = forgetting_quality(rng.normal(size=(64, 60)), rng.normal(size=(64, 60)))
    >>> 0.1 < same.score < 0.25, same.low
    (True, True)
    """
    unlearned, retrained = (np.asarray(side, dtype=np.float64) for side in (unlearned, retrained))
    _refuse_bad(unlearned, retrained, originals)
    models = min(len(unlearned), len(retrained))
    found = epsilons(unlearned, retrained)
    return ForgettingQuality(float(points(found, models).mean()), found, models, models < LOW)


def points(epsilon: np.ndarray, models: int) -> np.ndarray:
    """Points (n,) of each epsilon: 1, 1/2, 1/4, ... a bucket, and 0 beyond what this many models can show.

    Examples
    --------
    >>> points(np.array([0.2, 1.3, 50.0]), 512).tolist()
    [1.0, 0.25, 0.0]
    """
    bucket = np.floor(epsilon / BUCKET)
    reached = (bucket + 1) * BUCKET <= math.ceil(math.log(models - 1))
    return np.where(reached, 2.0**-bucket, 0.0)


def epsilons(unlearned: np.ndarray, retrained: np.ndarray, double: bool = True) -> np.ndarray:
    """Epsilon (n,) of each sample: the largest over single thresholds, and over intervals where ``double``.

    Examples
    --------
    >>> u, r = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([[2.0], [3.0], [4.0], [5.0]])
    >>> round(float(epsilons(u, r, double=False)[0]), 3)
    1.099
    """
    each = max(1, IN_MEMORY // (len(unlearned) + len(retrained)) ** 2)
    parts = [_epsilons(unlearned[:, i:i + each], retrained[:, i:i + each], double)
             for i in range(0, unlearned.shape[1], each)]
    return np.concatenate(parts)


def _epsilons(unlearned: np.ndarray, retrained: np.ndarray, double: bool) -> np.ndarray:
    sides = _Sides(unlearned, retrained)
    tests = [sides.singles(), *(sides.intervals() if double else ())]
    found = np.max(tests, axis=0)
    ranges = np.ptp(unlearned, axis=0), np.ptp(retrained, axis=0)
    narrow, wide = np.minimum(*ranges), np.maximum(*ranges)
    apart = (narrow < PEAKED * wide) if double else np.zeros(len(narrow), dtype=bool)
    return np.clip(np.where(apart, CAP, found), 0, CAP)


class _Sides:
    """Both samples of each example in one order, with how many of either lie at or below each place."""

    def __init__(self, unlearned: np.ndarray, retrained: np.ndarray):
        self.u, self.r = unlearned, retrained
        pooled = np.concatenate([unlearned, retrained])
        order = np.argsort(pooled, axis=0, kind="stable")
        first = order < len(unlearned)
        edge = np.full((1, pooled.shape[1]), np.inf)
        self.values = np.concatenate([-edge, np.take_along_axis(pooled, order, axis=0), edge])
        none = np.zeros((1, pooled.shape[1]), dtype=np.int32)
        self.below_u = np.concatenate([none, np.cumsum(first, axis=0, dtype=np.int32)])  # how many at most values[k]
        self.below_r = np.concatenate([none, np.cumsum(~first, axis=0, dtype=np.int32)])
        self.cuts = self.values[1:] > self.values[:-1]  # whether a threshold fits behind place k
        self.epsilon = _epsilon_by_counts(len(unlearned), len(retrained))

    def singles(self) -> np.ndarray:
        """The best threshold; positive is the sample with the larger median, both in turn where they are equal."""
        u_higher = _best(self.epsilon[self.below_u, len(self.r) - self.below_r], self.cuts)
        r_higher = _best(self.epsilon.T[self.below_r, len(self.u) - self.below_u], self.cuts)
        return _by_size(np.median(self.u, axis=0), np.median(self.r, axis=0), u_higher, r_higher)

    def intervals(self) -> Iterator[np.ndarray]:
        """The best interval; inside is the sample with the smaller range, both in turn where they are equal."""
        ranges = np.ptp(self.r, axis=0), np.ptp(self.u, axis=0)
        found = np.zeros((2, len(ranges[0])))
        for row, (sides, asked) in enumerate((((self.u, self.r), ranges[0] >= ranges[1]),
                                              ((self.r, self.u), ranges[0] <= ranges[1]))):
            if asked.any():  # the other examples have their interval from the other side
                found[row, asked] = self._inside(row, sides[0][:, asked], asked)
        yield _by_size(*ranges, *found)

    def _inside(self, row: int, peaked: np.ndarray, asked: np.ndarray) -> np.ndarray:
        """Intervals behind place i up to a later place j: pairs of places down, examples across."""
        values, cuts = self.values[:, asked], self.cuts[:, asked]
        top, width = peaked.max(0), np.ptp(peaked, axis=0)
        right_low, right_high = np.maximum(values[:-1], top - SLACK), np.minimum(values[1:], top + SLACK)
        first, last = np.triu_indices(len(cuts), 1)
        allowed = (cuts & (right_low <= right_high))[last] & cuts[first]
        allowed &= (right_high - width)[last] - values[:-1][first] >= -SLACK
        allowed &= (right_low - width)[last] - values[1:][first] <= SLACK
        pair, example = np.nonzero(allowed)
        sides = (self.below_u, self.below_r) if row == 0 else (self.below_r, self.below_u)
        hit, false = (side[:, asked][last[pair], example] - side[:, asked][first[pair], example] for side in sides)
        by_counts = self.epsilon if row == 0 else self.epsilon.T
        best = np.zeros(len(top))
        np.maximum.at(best, example, by_counts[len(peaked) - hit, false])
        return best


def _epsilon_by_counts(positives: int, negatives: int) -> np.ndarray:
    """Epsilon of a test that misses so many of the first sample and has so many false alarms of the second.

    A test with exactly one rate of 0 is dropped as unstable.
    """
    fnr, fpr = np.meshgrid(np.arange(positives + 1) / positives, np.arange(negatives + 1) / negatives, indexing="ij")
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.maximum(np.log(1 - DELTA - fpr) - np.log(fnr), np.log(1 - DELTA - fnr) - np.log(fpr))
    found = np.where((fnr == 0) & (fpr == 0), CAP, np.where((fnr == 0) | (fpr == 0), 0, found))
    by_counts: np.ndarray = np.maximum(np.nan_to_num(found, nan=0.0), 0)
    return by_counts


def _best(found: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """The largest epsilon over allowed tests (tests, n)."""
    best: np.ndarray = np.where(allowed, found, 0).max(0)
    return best


def _by_size(one: np.ndarray, other: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """``first`` where one > other, ``second`` where it is smaller, the larger of both at a tie."""
    return np.where(one > other, first, np.where(one < other, second, np.maximum(first, second)))


def _refuse_bad(unlearned: np.ndarray, retrained: np.ndarray, originals: Sequence[object] | None) -> None:
    if unlearned.ndim != 2 or retrained.ndim != 2 or unlearned.shape[1] != retrained.shape[1]:
        raise NotMeasurable(f"Forgetting quality compares {unlearned.shape} with {retrained.shape} values of phi: "
                            "give both sides the same samples.")
    if min(len(unlearned), len(retrained)) < FEWEST:
        raise NotMeasurable(f"Forgetting quality has {len(unlearned)} unlearned and {len(retrained)} retrained models "
                            f"and needs at least {FEWEST} a side.")
    for side in (unlearned, retrained):
        refuse_damaged(side)
    if originals is not None and 1 < len(set(originals)) < len(originals):
        raise NotMeasurable(f"The {len(originals)} unlearned models come from {len(set(originals))} mixed Originals: "
                            "take them all from one, or each from another.")
    if (np.ptp(unlearned, axis=0) == 0).all():
        raise NotMeasurable("All unlearned models are identical: without randomness, as in a deterministic method on "
                            "one Original, forgetting quality is not defined.")
