"""Which hyperparameters of a method are searched, between which values, and on which scale: from its declaration alone.

Searched are the numbers of the group ``main``, the step sizes, the numbers of the group ``objective`` that are not
whole, and the batch sizes. Momentum, weight decay, schedules, switches and choices stay as they are. So do automatic
whole numbers, which hold the budget of samples, and what is 0, which is switched off. The range lies around the value
that the first trial has: a tenth to ten times it on a logarithmic scale, a quarter to four times it for whole numbers,
and for a share between 0 and 1 a tenth to ten times its odds p / (1 - p). A method's ``parameter(search=(low, high))``
or ``search=False`` decides otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log
from typing import Any, Literal

from engine.hyperparameters import Hyperparameter
from engine.spec import resolve
from engine.types import Spec, declared

Scale = Literal["log", "odds", "linear"]
WIDE, NARROW = 10.0, 4.0  # factors to either side, of numbers and of whole numbers
DECADE = 10.0  # a declared range that spans this factor is searched on a logarithmic scale
DIGITS = 3  # significant ones of a proposed value: readable, and finer than any effect
RATE, BATCH = "learning_rate", "batch_size"  # how the names of step sizes and batch sizes end


@dataclass(frozen=True)
class Dimension:
    """One searched hyperparameter: its ends, its scale, and whether it is a whole number.

    Examples
    --------
    >>> Dimension("learning_rate", 0.001, 0.1, "log", False).value(0.5)
    0.01
    """

    name: str
    low: float
    high: float
    scale: Scale
    whole: bool

    def value(self, position: float) -> float | int:
        """The value at a position from 0 to 1, to three significant digits."""
        low, high = self._stretched(self.low), self._stretched(self.high)
        found = self._back(low + position * (high - low))
        rounded = round(found) if self.whole else float(f"{found:.{DIGITS}g}")
        return min(max(rounded, self._end(self.low)), self._end(self.high))

    def position(self, value: float) -> float:
        """Where a value lies from 0 to 1; values outside are taken for the nearest end."""
        low, high, here = (self._stretched(one) for one in (self.low, self.high, self._within(value)))
        return 0.0 if high == low else (here - low) / (high - low)

    def _end(self, end: float) -> float | int:
        return int(end) if self.whole else end

    def _within(self, value: float) -> float:
        return min(max(float(value), self.low), self.high)

    def _stretched(self, value: float) -> float:
        return log(value) if self.scale == "log" else log(value / (1 - value)) if self.scale == "odds" else value

    def _back(self, value: float) -> float:
        return exp(value) if self.scale == "log" else 1 / (1 + exp(-value)) if self.scale == "odds" else value


def space_of(spec: Spec) -> tuple[Dimension, ...]:
    """What is searched of this run's method around the values that the run has. Raises BadSpec."""
    resolved = resolve(spec)
    found = (_dimension(h, resolved.effective[h.name]) for h in _in_order(declared(resolved.method.parameters)))
    return tuple(one for one in found if one and one.low < one.high)


def point_of(space: tuple[Dimension, ...], values: Mapping[str, Any]) -> tuple[float, ...]:
    """The position of a setting along each dimension."""
    return tuple(one.position(values[one.name]) for one in space)


def _in_order(known: tuple[Hyperparameter, ...]) -> list[Hyperparameter]:
    """The searched ones, those that matter most first."""
    places = {h.name: place for h in known if (place := _place(h)) is not None}
    return sorted((h for h in known if h.name in places), key=lambda h: places[h.name])


def _place(h: Hyperparameter) -> int | None:
    """Where it stands in the search, None where it stays as it is."""
    if h.search is False or h.kind not in ("int", "float"):
        return None
    if h.search:
        return 0
    if h.auto and h.kind == "int":
        return None  # the budget
    if h.group == "main":
        return 0
    if h.name.endswith(RATE):
        return 1
    if h.name.endswith(BATCH):
        return 2
    return 3 if h.group == "objective" and h.kind == "float" else None


def _dimension(h: Hyperparameter, value: Any) -> Dimension | None:
    whole = h.kind == "int"
    if h.search:
        low, high = h.search
        scale: Scale = "log" if low > 0 and high / low >= DECADE else "linear"
        return Dimension(h.name, low, high, scale, whole)
    if not isinstance(value, int | float) or not value:
        return None
    if value < 0:
        return None if h.low is None or h.high is None else Dimension(h.name, h.low, h.high, "linear", whole)
    if not whole and (h.low, h.high) == (0.0, 1.0) and not h.name.endswith(RATE):
        return _share(h.name, value)
    factor = NARROW if whole else WIDE
    low, high = _clipped(h, value / factor, value * factor)
    if whole:
        return Dimension(h.name, max(1, round(low)), round(high), "log", True)
    low, high = (float(f"{end:.{DIGITS}g}") for end in (low, high))
    return Dimension(h.name, low, high, "log", False)


def _share(name: str, value: float) -> Dimension:
    if value >= 1:
        return Dimension(name, 0.0, 1.0, "linear", False)
    odds = value / (1 - value)
    low, high = (float(f"{one / (1 + one):.{DIGITS}g}") for one in (odds / WIDE, odds * WIDE))
    return Dimension(name, low, high, "odds", False)


def _clipped(h: Hyperparameter, low: float, high: float) -> tuple[float, float]:
    low = low if h.low is None else max(low, h.low)
    high = high if h.high is None else min(high, h.high)
    return low, high
