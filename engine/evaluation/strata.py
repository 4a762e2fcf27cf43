"""Samples by how memorised or how hard they are: disjoint groups, the same on every machine.

Strata after Zhao et al. 2024 (arXiv:2406.01257): the most memorised samples, the least memorised, and those nearest to
the middle. The published lists may overlap; here a sample is in one of them at most. Equal values are taken in the
order of the samples' numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from engine.errors import NotMeasurable

Level = Literal["high", "medium", "low"]
LEVELS: tuple[Level, ...] = ("high", "medium", "low")
LARGEST = 100  # samples of a stratum
FEWEST = 5  # below it an accuracy is worth nothing


def strata(score: np.ndarray, size: int, middle: float = 0.5) -> dict[Level, np.ndarray]:
    """Places of the ``size`` highest scores, of the lowest, and of those nearest to ``middle`` of the rest.

    Each in the order in which they were picked.

    Raises
    ------
    NotMeasurable
        Where there are not three times as many samples, or a stratum would have fewer than 1.

    Examples
    --------
    >>> {name: places.tolist() for name, places in strata(np.array([0.0, 0.4, 1.0, 0.1, 1.0]), 1).items()}
    {'high': [2], 'medium': [1], 'low': [0]}
    """
    if not 0 < 3 * size <= len(score):
        raise NotMeasurable(f"Three strata of {max(1, size)} samples need at least {3 * max(1, size)}, but there are "
                            f"{len(score)}.")
    high = most(score, size)
    low = least(score, size, without=high)
    medium = least(np.abs(score - middle), size, without=np.concatenate([high, low]))
    return {"high": high, "medium": medium, "low": low}


def size_within(count: int) -> int:
    """How many samples a stratum of so many has: a third, at most 100.

    >>> size_within(150), size_within(1_000)
    (50, 100)

    Raises
    ------
    NotMeasurable
        Where a stratum would have fewer than five.
    """
    size = min(LARGEST, count // 3)
    if size < FEWEST:
        raise NotMeasurable(f"There are {count:,} samples, but three strata need at least {3 * FEWEST}: forget more.")
    return size


def most(value: np.ndarray, count: int) -> np.ndarray:
    """Places of the ``count`` largest values, the largest first: the most memorised, or by loss the hardest samples.

    >>> most(np.array([1.0, 3.0, 3.0, 2.0]), 3).tolist()
    [1, 2, 3]
    """
    return least(-value, count)


def least(value: np.ndarray, count: int, without: np.ndarray | None = None) -> np.ndarray:
    """Places of the ``count`` smallest values, the smallest first: by loss the easiest samples.

    ``without`` are places that are taken.

    Raises
    ------
    NotMeasurable
        Where a value is not a number, or there are not so many.
    """
    if np.isnan(value).any():
        raise NotMeasurable(f"{int(np.isnan(value).sum()):,} of {len(value):,} samples have no number to be ranked by.")
    order = np.argsort(value, kind="stable")
    free = order if without is None else order[~np.isin(order, without)]
    if not 0 <= count <= len(free):
        raise NotMeasurable(f"{count:,} samples were to be picked of {len(free):,}.")
    return free[:count]


def composition(labels: np.ndarray, classes: Sequence[str]) -> dict[str, int]:
    """How many of these samples each class has, the most frequent first; classes without any are left out.

    >>> composition(np.array([2, 0, 2]), ("a", "b", "c"))
    {'c': 2, 'a': 1}
    """
    counts: Mapping[int, int] = dict(enumerate(np.bincount(labels, minlength=len(classes)).tolist()))
    return {classes[number]: count for number, count in sorted(counts.items(), key=lambda one: -one[1]) if count}
