"""A threshold on an attacker's scores: who is caught, who is wrongly accused, and where to put it.

A score is higher where *member* is likelier. A sample is caught where its score lies strictly above the threshold, so
equal scores fall on one side together. A threshold that is chosen on the samples it is counted on looks better than it
is: :func:`on_other_half` chooses on one half and counts on the other, both ways.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import floor, inf, sqrt

import numpy as np

from engine.evaluation import distances
from engine.evaluation.distances import Interval, clopper_pearson

NULL_Z = 1.96  # 95%
FEW_FALSE_ALARMS = 0.01
Choose = Callable[["Sides"], float]


@dataclass(frozen=True)
class Sides:
    """The scores of members (the forget set) and of non-members (never-seen samples), one-dimensional."""

    members: np.ndarray
    nonmembers: np.ndarray

    def __post_init__(self) -> None:
        if not len(self.members) or not len(self.nonmembers):
            raise ValueError("both sides need at least one score")


@dataclass(frozen=True)
class Counted:
    """What a threshold comes to: how many of each side lie above it."""

    caught: int
    members: int
    accused: int
    nonmembers: int

    @property
    def tpr(self) -> float:
        """Share of the members that are caught."""
        return self.caught / self.members

    @property
    def fpr(self) -> float:
        """Share of the non-members that are wrongly accused."""
        return self.accused / self.nonmembers

    @property
    def accuracy(self) -> float:
        """Mean of the shares judged rightly on both sides: 0.5 is a coin toss, whatever the sizes."""
        return (self.tpr + 1 - self.fpr) / 2

    @property
    def tpr_interval(self) -> Interval:
        """The exact 95% interval of the share caught."""
        return clopper_pearson(self.caught, self.members)

    @property
    def fpr_interval(self) -> Interval:
        """The exact 95% interval of the share accused."""
        return clopper_pearson(self.accused, self.nonmembers)


def count(sides: Sides, threshold: float) -> Counted:
    """Counts both sides strictly above the threshold."""
    return Counted(int((sides.members > threshold).sum()), len(sides.members),
                   int((sides.nonmembers > threshold).sum()), len(sides.nonmembers))


@dataclass(frozen=True)
class Roc:
    """All thresholds that differ, strictest first, with the numbers caught and accused at each.

    The first is the largest score, which catches nobody; the last is minus infinity, which catches everybody.

    >>> roc = Roc(Sides(np.array([1, 1, 0]), np.array([1, 0, 0])))
    >>> roc.tpr.round(2).tolist(), roc.fpr.round(2).tolist()
    ([0.0, 0.67, 1.0], [0.0, 0.33, 1.0])
    """

    sides: Sides

    @cached_property
    def thresholds(self) -> np.ndarray:
        """Every distinct score, falling, and minus infinity."""
        values = np.unique(np.concatenate([self.sides.members, self.sides.nonmembers]))[::-1]
        return np.append(values.astype(np.float64), -inf)

    @cached_property
    def caught(self) -> np.ndarray:
        return above(self.sides.members, self.thresholds)

    @cached_property
    def accused(self) -> np.ndarray:
        return above(self.sides.nonmembers, self.thresholds)

    @property
    def tpr(self) -> np.ndarray:
        return self.caught / len(self.sides.members)

    @property
    def fpr(self) -> np.ndarray:
        return self.accused / len(self.sides.nonmembers)

    @property
    def auc(self) -> float:
        """Area under the curve: the chance that a member scores higher than a non-member; ties count half."""
        return distances.auc(self.sides.members, self.sides.nonmembers)

    @property
    def auc_chance_range(self) -> Interval:
        """Where the area lies (95%) when both sides are samples of one distribution."""
        n, m = len(self.sides.members), len(self.sides.nonmembers)
        away = NULL_Z * sqrt((n + m + 1) / (12 * n * m))
        return 0.5 - away, 0.5 + away

    @property
    def resolution(self) -> float:
        """The smallest false positive rate that these samples can show, 1 / n."""
        return 1 / len(self.sides.nonmembers)


def above(scores: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """How many scores lie strictly above each threshold."""
    return len(scores) - np.searchsorted(np.sort(scores), thresholds, side="right")


def tpr_at(sides: Sides, most_fpr: float) -> float:
    """The largest true positive rate at a false positive rate of at most ``most_fpr``, without interpolation."""
    roc = Roc(sides)
    return float(roc.tpr[roc.fpr <= most_fpr].max())


# --- where to put the threshold -------------------------------------------------------------


def best_threshold(sides: Sides) -> float:
    """The threshold of the best balanced accuracy (Youden 1950); of equal ones the strictest."""
    roc = Roc(sides)
    return float(roc.thresholds[_first_best(roc.tpr - roc.fpr)])


def _first_best(gains: np.ndarray) -> int:
    """The first of the largest, where sums of thirds are equal though their last digits differ."""
    return int(np.argmax(gains >= gains.max() - 1e-12))


def few_false_alarms(sides: Sides, most_fpr: float = FEW_FALSE_ALARMS) -> float:
    """The threshold that catches most while at most the share ``most_fpr`` of the non-members is accused."""
    allowed = floor(most_fpr * len(sides.nonmembers) + 1e-9)  # 0.29 x 100 is a little less than 29
    if allowed >= len(sides.nonmembers):
        return -inf
    return float(np.sort(sides.nonmembers)[::-1][allowed])


def common_threshold(runs: Sequence[Sides]) -> float:
    """One threshold for several runs: the best mean of their balanced accuracies; of equal ones the strictest."""
    values = np.unique(np.concatenate([side for sides in runs for side in (sides.members, sides.nonmembers)]))[::-1]
    thresholds = np.append(values.astype(np.float64), -inf)
    gains = [above(sides.members, thresholds) / len(sides.members)
             - above(sides.nonmembers, thresholds) / len(sides.nonmembers) for sides in runs]
    return float(thresholds[_first_best(np.mean(gains, axis=0))])


def halves(sides: Sides, seed: int = 0) -> tuple[Sides, Sides]:
    """Each side shuffled and cut in two, so that both halves have the same share of members."""
    rng = np.random.default_rng(seed)
    cut = [np.array_split(rng.permutation(side), 2) for side in (sides.members, sides.nonmembers)]
    return Sides(cut[0][0], cut[1][0]), Sides(cut[0][1], cut[1][1])


@dataclass(frozen=True)
class Reported:
    """A strategy, honestly counted: chosen on one half, counted on the other, and the halves swapped.

    ``thresholds`` are the two that were chosen; ``counted`` what each came to on the half that it had not seen.
    """

    thresholds: tuple[float, float]
    counted: tuple[Counted, Counted]

    @property
    def tpr(self) -> float:
        return (self.counted[0].tpr + self.counted[1].tpr) / 2

    @property
    def fpr(self) -> float:
        return (self.counted[0].fpr + self.counted[1].fpr) / 2

    @property
    def accuracy(self) -> float:
        return (self.counted[0].accuracy + self.counted[1].accuracy) / 2


def on_other_half(sides: Sides, choose: Choose, seed: int = 0) -> Reported | None:
    """A strategy on both halves in turn; None where a side has fewer than two scores."""
    together = common_on_other_half([sides], lambda runs: choose(runs[0]), seed)
    return together[0] if together else None


def common_on_other_half(runs: Sequence[Sides], choose: Callable[[Sequence[Sides]], float] = common_threshold,
                         seed: int = 0) -> list[Reported]:
    """A common strategy of several runs on both halves in turn, one report a run; empty where a side is too small."""
    if any(min(len(sides.members), len(sides.nonmembers)) < 2 for sides in runs):
        return []
    cut = [halves(sides, seed) for sides in runs]
    first, second = choose([pair[0] for pair in cut]), choose([pair[1] for pair in cut])
    return [Reported((first, second), (count(pair[1], first), count(pair[0], second))) for pair in cut]


# --- who is caught by whom ------------------------------------------------------------------


@dataclass(frozen=True)
class Overlap:
    """Samples by the attacks that catch them, all at the same rate of false alarms.

    ``members`` and ``nonmembers`` count the samples of each combination of attacks (in the attacks' order; the empty
    one is left out), ``rates`` are the shares of the members that each attack catches, ``total`` and
    ``total_nonmembers`` the sizes of the sides.
    """

    attacks: tuple[str, ...]
    members: Mapping[tuple[str, ...], int]
    nonmembers: Mapping[tuple[str, ...], int]
    rates: Mapping[str, float]
    total: int
    total_nonmembers: int

    @property
    def by_all(self) -> int:
        """How many members every attack catches."""
        return self.members.get(self.attacks, 0)

    @property
    def by_all_expected(self) -> float:
        """How many members every attack would catch if the attacks had nothing to do with one another."""
        return self.total * float(np.prod(list(self.rates.values())))


def overlap(sides: Mapping[str, Sides], most_fpr: float = FEW_FALSE_ALARMS) -> Overlap:
    """Which attacks catch which samples; all attacks score the same samples in the same order."""
    caught = {name: one.members > few_false_alarms(one, most_fpr) for name, one in sides.items()}
    accused = {name: one.nonmembers > few_false_alarms(one, most_fpr) for name, one in sides.items()}
    first = next(iter(sides.values()))
    return Overlap(tuple(sides), _combinations(caught), _combinations(accused),
                   {name: float(hit.mean()) for name, hit in caught.items()},
                   len(first.members), len(first.nonmembers))


def _combinations(hits: Mapping[str, np.ndarray]) -> dict[tuple[str, ...], int]:
    """How many samples each combination of attacks hits, the most frequent first."""
    found: dict[tuple[str, ...], int] = {}
    for row in zip(*hits.values(), strict=True):
        combination = tuple(name for name, hit in zip(hits, row, strict=True) if hit)
        if combination:
            found[combination] = found.get(combination, 0) + 1
    return dict(sorted(found.items(), key=lambda item: -item[1]))
