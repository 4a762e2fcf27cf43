"""Requests in sequence, as numbers: every earlier request after every later one, beside retraining.

``O`` is the Original, ``U[t]`` the model after request t, ``R[t]`` one retrained without requests 1 to t. All are read
out on all training samples. Reversal and erosion are signed; 0 is right. Pure: read-outs in, numbers out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

PERMUTATIONS, COVERAGE = 1_000, 0.95
Values = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Said:
    """What a model says: percent right (0 or 100) and phi of each training sample, percent right on the test set."""

    right: Values
    phi: Values
    test: float


@dataclass(frozen=True)
class Reversal:
    """How much of a request came back after later ones, beyond what retraining shows; 0 is right.

    ``low`` to ``high`` is where it lies in 95% of permutations of the signs of the samples; ``after`` the request
    after which most had come back.
    """

    request: int
    points: float
    low: float
    high: float
    after: int

    @property
    def beyond_chance(self) -> bool:
        return not self.low <= self.points <= self.high


@dataclass(frozen=True)
class Triangle:
    """Rows are models, from the Original on; columns are requests. ``accuracy`` is in percent, phi in nats."""

    accuracy: list[list[float]]
    phi: list[list[float]]
    accuracy_retrained: list[list[float]]
    phi_retrained: list[list[float]]


@dataclass(frozen=True)
class Course:
    """One method over all requests.

    ``erosion`` and ``erosion_test`` are after each request, in points, on the samples that are kept to the end and on
    the test set: how far the model has fallen below the retrained one.
    """

    triangle: Triangle
    erosion: list[float]
    erosion_test: list[float]
    reversals: list[Reversal]

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"reversals": [asdict(one) | {"beyond_chance": one.beyond_chance}
                                             for one in self.reversals]}


def course(unlearned: Sequence[Said], retrained: Sequence[Said], requests: Sequence[Values], kept: Values) -> Course:
    """The numbers of one method. Both sequences begin with the Original; requests and ``kept`` are indices."""
    count = len(requests)
    if not len(unlearned) == len(retrained) == count + 1:
        raise ValueError(f"{count} requests need {count + 1} models each, not {len(unlearned)} and {len(retrained)}.")
    return Course(
        Triangle(*(_means(models, requests, column) for models in (unlearned, retrained)
                   for column in ("right", "phi"))),
        [float(r.right[kept].mean() - u.right[kept].mean()) for u, r in zip(unlearned[1:], retrained[1:], strict=True)],
        [r.test - u.test for u, r in zip(unlearned[1:], retrained[1:], strict=True)],
        [reversal(unlearned, retrained, index, number) for number, index in enumerate(requests[:-1], start=1)])


def _means(models: Sequence[Said], requests: Sequence[Values], column: str) -> list[list[float]]:
    return [[float(getattr(model, column)[index].mean()) for index in requests] for model in models]


def reversal(unlearned: Sequence[Said], retrained: Sequence[Said], index: Values, request: int) -> Reversal:
    """The largest rise of a request's accuracy after later requests, less the rise in the retrained models.

    Paired by sample. By chance alone a sample's changes could as well have the other sign: all its signs are flipped
    together, so that the largest of several rises is held against the largest of several.
    """
    rises = np.stack([_rise(unlearned, index, request, later) - _rise(retrained, index, request, later)
                      for later in range(request + 1, len(unlearned))])
    means = rises.mean(axis=1)
    signs = np.random.default_rng(request).choice([-1.0, 1.0], size=(PERMUTATIONS, rises.shape[1]))
    largest = (signs @ rises.T / rises.shape[1]).max(axis=1)
    low, high = np.quantile(largest, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return Reversal(request, float(means.max()), float(low), float(high), request + 1 + int(means.argmax()))


def _rise(models: Sequence[Said], index: Values, request: int, later: int) -> Values:
    rise: Values = models[later].right[index] - models[request].right[index]
    return rise


@dataclass(frozen=True)
class OrderGap:
    """What unlearning in parts leaves, less what unlearning everything at once leaves: over orders of the requests.

    In points of accuracy on all that was forgotten, on what is kept and on the test set, and in nats of phi; the mean
    over ``orders`` orders with the smallest and largest.
    """

    forgotten: tuple[float, float, float]
    kept: tuple[float, float, float]
    test: tuple[float, float, float]
    phi: tuple[float, float, float]
    orders: int


def order_gap(ends: Sequence[Said], once: Said, union: Values, kept: Values) -> OrderGap:
    """The gap between the models that sequences in several orders end with, and the one of a single request."""
    def spread(values: list[float]) -> tuple[float, float, float]:
        return float(np.mean(values)), min(values), max(values)

    return OrderGap(spread([float((end.right - once.right)[union].mean()) for end in ends]),
                    spread([float((end.right - once.right)[kept].mean()) for end in ends]),
                    spread([end.test - once.test for end in ends]),
                    spread([float((end.phi - once.phi)[union].mean()) for end in ends]), len(ends))
