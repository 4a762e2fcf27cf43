"""Utility against privacy: the front of configurations that no other one beats, and the area under it. Pure.

``utility = min(1, A_t(U) / A_t(R))`` and ``privacy = 1 - |AUC(U) - AUC(R)| / 0.5`` of a run U and the retrained model R
of the same forget set, so that (1, 1) is retraining itself. A configuration (a method with its settings) is the mean
over its seeds. Over-forgetting lowers privacy as leaking does.

The hypervolume is the area that the front dominates, with a fixed reference point. The best of many noisy points looks
better than it is: :func:`measured_apart` selects on one half of the seeds and measures on the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean

CORNER = (0.0, 0.0)
Point = tuple[float, float]  # utility, privacy


@dataclass(frozen=True)
class Configuration:
    """A method with its settings: its point for every seed.

    Parameters
    ----------
    method : str
        The method.
    setting : str
        What is set, as a person reads it; empty where all is as the method has it.
    points : mapping of int to tuple of float
        Utility and privacy by seed, each at most 1.

    Examples
    --------
    >>> Configuration("ssd", "", {0: (0.9, 0.4), 1: (0.7, 0.6)}).mean
    (0.8, 0.5)
    """

    method: str
    setting: str
    points: Mapping[int, Point]

    @property
    def mean(self) -> Point:
        """The mean over its seeds."""
        return self.over(self.points)

    def over(self, seeds: Iterable[int]) -> Point:
        """The mean over some of its seeds."""
        found = [self.points[seed] for seed in seeds]
        return round(fmean(x for x, _ in found), 9), round(fmean(y for _, y in found), 9)


@dataclass(frozen=True)
class Volume:
    """A hypervolume: as it looks, and measured on seeds that had no part in the selection (None with one seed)."""

    naive: float
    apart: float | None

    @property
    def optimism(self) -> float | None:
        """How much better the selection looks than it is."""
        return None if self.apart is None else self.naive - self.apart


def utility(accuracy: float, retrained: float) -> float:
    """Test accuracy as a share of the retrained model's, at most 1; both in percent.

    Examples
    --------
    >>> utility(60.0, 80.0), utility(90.0, 80.0)
    (0.75, 1.0)
    """
    return min(1.0, accuracy / retrained) if retrained > 0 else 0.0


def privacy(area: float, retrained: float = 0.5) -> float:
    """1 where an attack's area is the retrained model's, and 0 where it is half an area away or further.

    Examples
    --------
    >>> privacy(0.6, 0.5), privacy(0.4, 0.5), privacy(1.0, 0.4)
    (0.8, 0.8, 0.0)
    """
    return round(max(0.0, 1 - abs(area - retrained) / 0.5), 9)


def undominated(points: Sequence[Point]) -> list[int]:
    """The positions of the points that no other one beats in both, best utility first; of equal ones the first.

    Examples
    --------
    >>> undominated([(0.9, 0.4), (0.7, 0.8), (0.6, 0.7), (0.9, 0.4)])
    [0, 1]
    """
    found: list[int] = []
    best = float("-inf")
    for at in sorted(range(len(points)), key=lambda i: (-points[i][0], -points[i][1])):
        if points[at][1] > best:
            found.append(at)
            best = points[at][1]
    return found


def hypervolume(points: Sequence[Point], corner: Point = CORNER) -> float:
    """The area between the corner and the points' front; points not beyond the corner add nothing.

    Examples
    --------
    >>> round(hypervolume([(0.9, 0.4), (0.7, 0.8), (0.6, 0.7)]), 9)
    0.64
    >>> hypervolume([(0.5, 0.5)]), hypervolume([(0.5, 0.5)], corner=(0.8, 0.0))
    (0.25, 0.0)
    """
    beyond = [(x - corner[0], y - corner[1]) for x, y in points if x > corner[0] and y > corner[1]]
    area = below = 0.0
    for at in undominated(beyond):
        x, y = beyond[at]
        area, below = area + x * (y - below), y
    return area


def volume(configurations: Sequence[Configuration], corner: Point = CORNER) -> Volume:
    """The hypervolume of these configurations, both ways."""
    return Volume(hypervolume([one.mean for one in configurations], corner), measured_apart(configurations, corner))


def measured_apart(configurations: Sequence[Configuration], corner: Point = CORNER) -> float | None:
    """The hypervolume of those on the front by half of the seeds, measured on the other half.

    The mean over all ways to halve the seeds that every configuration has; of an odd number the smaller half selects
    as often as the larger one. None with fewer than two such seeds.
    """
    seeds = sorted(set.intersection(*(set(one.points) for one in configurations))) if configurations else []
    areas = [_chosen_by(configurations, choosing, [seed for seed in seeds if seed not in choosing], corner)
             for size in {len(seeds) // 2, len(seeds) - len(seeds) // 2} if 0 < size < len(seeds)
             for choosing in combinations(seeds, size)]
    return fmean(areas) if areas else None


def _chosen_by(configurations: Sequence[Configuration], choosing: Sequence[int], measuring: Sequence[int],
               corner: Point) -> float:
    front = undominated([one.over(choosing) for one in configurations])
    return hypervolume([configurations[at].over(measuring) for at in front], corner)


def cloud(accuracies: Mapping[int, float], areas: Mapping[int, float]) -> dict[int, Point]:
    """Where each retrained model would stand if the mean of the other seeds' were the reference: what is attainable.

    Empty with fewer than two seeds.

    Examples
    --------
    >>> cloud({0: 80.0, 1: 76.0}, {0: 0.5, 1: 0.52})
    {0: (1.0, 0.96), 1: (0.95, 0.96)}
    """
    seeds = sorted(set(accuracies) & set(areas))
    if len(seeds) < 2:
        return {}

    def others(values: Mapping[int, float], seed: int) -> float:
        return fmean(values[other] for other in seeds if other != seed)

    return {seed: (utility(accuracies[seed], others(accuracies, seed)), privacy(areas[seed], others(areas, seed)))
            for seed in seeds}
