"""How far seeds move a result: components of variance of a balanced nested design, and an interval that says over what.

I training seeds, each with J unlearning seeds, each with K evaluation seeds: Z = mean + T + U + E. Other levels, such
as training, forget and unlearning seeds, are named. Runs of one Original share its luck, so the interval is over the I
means of training seeds, with I - 1 degrees of freedom: six runs on three Originals are three values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from scipy import stats

from engine.errors import BadInput

Span = tuple[float, float]
Levels = tuple[str, str, str]  # what the seeds of each level are of, from the outermost
LEVELS: Levels = ("training", "unlearning", "evaluation")
CONFIDENCE = 0.95
ONE_TRAINING = ("There is one training seed: results hold for that Original alone, and how much another one would move "
                "them is not known. Take at least two training seeds.")
ONE_INSIDE = ("There is one {inner} seed for each {outer} seed: what {outer} and what {inner} contribute cannot be "
              "told apart. Take at least two {inner} seeds.")
UNDETECTABLE = "not detectable"


@dataclass(frozen=True)
class Component:
    """What one kind of seed adds to the variance of a single run.

    ``variance`` is the estimate, negative where the data show less than chance alone would; ``share`` is its part of
    all of them, 0 to 1, a negative one counted as 0.
    """

    variance: float
    share: float

    @property
    def detectable(self) -> bool:
        """Whether the estimate is not negative; a negative one does not mean that there is none."""
        return self.variance >= 0

    @property
    def sd(self) -> float | None:
        """The standard deviation in the metric's unit; None where it is not detectable."""
        return sqrt(self.variance) if self.detectable else None


@dataclass(frozen=True)
class Variation:
    """A metric over a balanced design of seeds.

    Parameters
    ----------
    training, unlearning, evaluation : int
        How many seeds of each kind: I, J for each training seed, K for each of those.
    mean : float
        The mean of all values.
    between, within : float, optional
        Mean squares between training seeds (MSB) and, within them, between unlearning seeds (MSW).
    of_training, of_unlearning, of_evaluation : Component, optional
        What each kind of seed adds; with K = 1 the part of unlearning contains that of evaluation.
    se : float, optional
        The standard error of the mean over training seeds.
    interval : tuple of float, optional
        The 95% t interval over training seeds, I - 1 degrees of freedom.
    notes : tuple of str
        Why something is empty, in sentences.
    levels : tuple of str
        What the seeds of the three levels are of; the fields are named after the usual ones.

    Examples
    --------
    >>> found = variation([[50, 52], [54, 56], [58, 60]])
    >>> found.between, found.within, found.of_unlearning.variance, found.of_training.variance
    (32.0, 2.0, 2.0, 15.0)
    >>> found.text()
    '55.00 ± 9.94 (95%, over 3 training seeds with 2 unlearning seeds each)'
    """

    training: int
    unlearning: int
    evaluation: int
    mean: float
    between: float | None = None
    within: float | None = None
    of_training: Component | None = None
    of_unlearning: Component | None = None
    of_evaluation: Component | None = None
    se: float | None = None
    interval: Span | None = None
    notes: tuple[str, ...] = ()
    levels: Levels = LEVELS

    @property
    def components(self) -> tuple[Component | None, Component | None, Component | None]:
        """What each level adds, from the outermost."""
        return self.of_training, self.of_unlearning, self.of_evaluation

    @property
    def half(self) -> float | None:
        """Half the width of the interval, what stands behind ±."""
        return None if self.interval is None else (self.interval[1] - self.interval[0]) / 2

    @property
    def over(self) -> str:
        """Over what: ``3 training seeds with 2 unlearning seeds each``."""
        outer, inner, last = (f"{level} seed" for level in self.levels)
        seeds = f"{_counted(self.training, outer)} with {_counted(self.unlearning, inner)}"
        each = " each" if self.training > 1 else ""
        more = f", {_counted(self.evaluation, last)} for each of those" if self.evaluation > 1 else ""
        return f"{seeds}{each}{more}"

    def text(self, digits: int = 2) -> str:
        """The mean with its interval and over what it is; without an interval it says so."""
        if self.half is None:
            return f"{self.mean:.{digits}f} ({self.over}; no interval over training seeds)"
        return f"{self.mean:.{digits}f} ± {self.half:.{digits}f} (95%, over {self.over})"


def variation(values: Sequence[Any], levels: Levels = LEVELS) -> Variation:
    """The components of variance of ``values[i][j]`` or ``values[i][j][k]``: training, unlearning, evaluation seeds.

    Parameters
    ----------
    values : sequence
        A list for each training seed of a value, or of a list of values, for each of its unlearning seeds.
    levels : tuple of str
        What the seeds of each level are of, where they are others.

    Returns
    -------
    Variation
        The mean, the components as far as the design can tell them apart, and the interval.

    Raises
    ------
    BadInput
        Where the design is not balanced, is empty or holds a value that is not finite.

    Examples
    --------
    >>> [one.variance for one in (variation([[5, 5], [5, 5]]).of_training, variation([[5, 5], [5, 5]]).of_unlearning)]
    [0.0, 0.0]
    """
    table = _balanced(values)
    count, each, repeats = table.shape
    of_unlearning, of_training = table.mean(axis=2), table.mean(axis=(1, 2))
    within = _mean_square(of_unlearning - of_training[:, None], count * (each - 1), repeats)
    between = _mean_square(of_training - table.mean(), count - 1, each * repeats)
    noise = _mean_square(table - of_unlearning[:, :, None], count * each * (repeats - 1), 1)
    se = None if between is None else sqrt(between / table.size)
    mean, notes = float(table.mean()), [*([ONE_TRAINING] if count == 1 else []),
                                       *([ONE_INSIDE.format(outer=levels[0], inner=levels[1])] if each == 1 else [])]
    return Variation(count, each, repeats, mean, between, within, *_components(between, within, noise, each, repeats),
                     se, _interval(mean, se, count), tuple(notes), levels)


def paired(one: Sequence[Any], other: Sequence[Any], levels: Levels = LEVELS) -> Variation:
    """The same of the difference ``one`` less ``other``, paired by their seeds: both have the same design.

    Examples
    --------
    >>> paired([[52, 53], [56, 58]], [[50, 51], [54, 56]]).text()
    '2.00 ± 0.00 (95%, over 2 training seeds with 2 unlearning seeds each)'
    """
    first, second = _balanced(one), _balanced(other)
    if first.shape != second.shape:
        raise BadInput(f"Two designs of seeds are paired only where they are alike, but one has {_shape(first)} and "
                       f"the other {_shape(second)}: run both with the same seeds.")
    return variation((first - second).tolist(), levels)


def _balanced(values: Sequence[Any]) -> np.ndarray:
    """The values as an array (I, J, K); raises BadInput."""
    if not len(values):
        raise BadInput("There are no values: take at least one training seed.")
    for what, groups in (("unlearning", [values]), ("evaluation", values)):
        for group in groups:
            _alike(group, what)
    try:
        table = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput("The design is not balanced: every training seed needs as many unlearning seeds, each with as "
                       "many evaluation seeds, and a number for each.") from None
    if not table.size or table.ndim not in (2, 3):
        raise BadInput("Each training seed needs a list with at least one value.")
    if not np.isfinite(table).all():
        raise BadInput(f"{int((~np.isfinite(table)).sum())} of {table.size} values are not finite: a run that failed "
                       "or has no such value cannot be left out without unbalancing the design.")
    return table if table.ndim == 3 else table[:, :, None]


def _alike(groups: Any, what: str) -> None:
    """Raises BadInput where groups of seeds are of different sizes."""
    sizes = [len(group) for group in groups if isinstance(group, (list, tuple))] if isinstance(
        groups, (list, tuple)) else []
    if len(set(sizes)) > 1:
        raise BadInput(f"The design is not balanced: between {min(sizes)} and {max(sizes)} {what} seeds. Every group "
                       "needs as many: run the missing ones, or leave out the incomplete ones.")


def _mean_square(deviations: np.ndarray, freedom: int, times: int) -> float | None:
    """None where no degree of freedom is left."""
    return times * float((deviations ** 2).sum()) / freedom if freedom else None


def _components(between: float | None, within: float | None, noise: float | None, each: int,
                repeats: int) -> tuple[Component | None, Component | None, Component | None]:
    """Of training, unlearning and evaluation; None for those that the design cannot tell apart."""
    of_evaluation = noise
    of_unlearning = None if within is None else within if noise is None else (within - noise) / repeats
    of_training = None if between is None or within is None else (between - within) / (each * repeats)
    known = (of_training, of_unlearning, of_evaluation)
    total = sum(max(0.0, one) for one in known if one is not None)
    training, unlearning, evaluation = (
        None if one is None else Component(one, max(0.0, one) / total if total else 0.0) for one in known)
    return training, unlearning, evaluation


def _interval(mean: float, se: float | None, count: int) -> Span | None:
    if se is None:
        return None
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, count - 1)) * se
    return mean - half, mean + half


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _shape(table: np.ndarray) -> str:
    return " x ".join(map(str, table.shape if table.shape[2] > 1 else table.shape[:2])) + " values"
