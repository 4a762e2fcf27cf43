"""Intervals of KLoM and of the forgetting quality, by resampling whole Originals, and whether their null line holds.

Both compare a method's models, where a sample was forgotten, with retrained models that never had it: a row a draw of
the data on either side, and what is left out is left out on both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.evaluation.ensembles import forgetting_quality as quality
from engine.evaluation.ensembles import klom as margins
from engine.evaluation.ensembles.resampling import Mean, Parts, parts_of

FLIPS, ERRORS = 12, 3.0
Measure = Callable[[np.ndarray, np.ndarray], np.ndarray]  # of two sides (N, n): a value a sample


@dataclass(frozen=True)
class Sides:
    """phi (G, n) a draw of the data under unlearned and under retrained models."""

    unlearned: np.ndarray
    retrained: np.ndarray

    @property
    def draws(self) -> int:
        """How many whole draws there are on both sides."""
        return min(len(self.unlearned), len(self.retrained))


def klom_mean(sides: Sides, found: margins.Klom) -> Mean | None:
    """Mean KLoM with its interval; None where there are too few draws to leave any out."""
    parts = parts_of(sides.draws, margins.FEWEST)
    return None if parts is None else parts.mean(found.mean, _on_parts(parts, sides, _klom_by(found.bins)))


def quality_scores(sides: Sides) -> list[float] | None:
    """The forgetting quality on parts of the draws, the same parts for every method; None with too few."""
    parts = parts_of(sides.draws, quality.FEWEST)
    return None if parts is None else _on_parts(parts, sides, _points)


def quality_mean(sides: Sides, score: float, scores: Sequence[float]) -> Mean:
    """A score with its interval from its values on the parts of :func:`quality_scores`."""
    parts = parts_of(sides.draws, quality.FEWEST)
    assert parts is not None
    return parts.mean(score, scores)


def klom_holds(sides: Sides, found: margins.Klom) -> bool:
    """Whether two groups of retrained models look like one: else KLoM cannot tell anything here."""
    return _exchangeable(sides, found.mean, _klom_by(found.bins))


def quality_holds(sides: Sides, score: float) -> bool:
    """The same for the forgetting quality."""
    return _exchangeable(sides, score, _points)


def _exchangeable(sides: Sides, value: float, measure: Measure) -> bool:
    """Whether a value lies within three standard deviations of those after both sides are swapped in random draws."""
    rng, draws = np.random.default_rng(0), sides.draws
    swaps = [rng.random((draws, 1)) < 0.5 for _ in range(FLIPS)]
    one, other = sides.unlearned[:draws], sides.retrained[:draws]
    found = _each(measure, [np.where(swap, other, one) for swap in swaps],
                  [np.where(swap, one, other) for swap in swaps])
    return bool(abs(value - np.mean(found)) <= ERRORS * np.std(found, ddof=1))


def _on_parts(parts: Parts, sides: Sides, measure: Measure) -> list[float]:
    return _each(measure, [sides.unlearned[kept] for kept in parts.kept],
                 [sides.retrained[kept] for kept in parts.kept])


def _each(measure: Measure, unlearned: Sequence[np.ndarray], retrained: Sequence[np.ndarray]) -> list[float]:
    """The mean over samples for each pair of sides, all pairs in one go."""
    values = measure(np.concatenate(unlearned, axis=1), np.concatenate(retrained, axis=1))
    return [float(part.mean()) for part in np.split(values, len(unlearned))]


def _klom_by(bins: int) -> Measure:
    return lambda one, other: margins.klom(one, other, bins).values


def _points(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return quality.points(quality.epsilons(one, other), min(len(one), len(other)))
