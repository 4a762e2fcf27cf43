"""The accuracy of every class, with an interval that holds for few samples: what a mean over classes hides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.evaluation.distances import wilson

BLIND_SPOT = ("Forty samples a class leave about 13 points either side, so a class that looks hurt may be a few "
              "samples; it does not say with which class it is confused.")
SOURCE = "Wilson 1927"


@dataclass(frozen=True)
class ClassAccuracy:
    """``right`` of ``count`` samples of a class; ``accuracy`` and its 95% interval in percent, None without samples."""

    name: str
    right: int
    count: int
    accuracy: float | None = None
    interval: tuple[float, float] | None = None


def by_class(predicted: np.ndarray, labels: np.ndarray, classes: Sequence[str]) -> list[ClassAccuracy]:
    """The accuracy by class of predicted class numbers (N,) against labels (N,), with Wilson's interval.

    Examples
    --------
    >>> zero, one = by_class(np.array([0, 0, 1]), np.array([0, 0, 0]), ("zero", "one"))
    >>> zero.right, zero.count, round(zero.interval[0]), one.accuracy
    (2, 3, 21, None)
    """
    return [_of_class(name, predicted[labels == number] == number) for number, name in enumerate(classes)]


def _of_class(name: str, right: np.ndarray) -> ClassAccuracy:
    count, hits = len(right), int(right.sum())
    if not count:
        return ClassAccuracy(name, 0, 0)
    low, high = wilson(hits, count)
    return ClassAccuracy(name, hits, count, 100 * hits / count, (100 * low, 100 * high))

