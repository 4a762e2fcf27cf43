"""The attacker's seat in numbers: what a page or a script needs to move one line over two humps of losses.

A *position* is where a sample stands on the axis, lower where *member* is likelier: minus the score, which for the
attacks on loss and entropy is the loss or the entropy itself. A sample is caught where it stands below the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from engine.evaluation import humps, roc
from engine.evaluation.distances import clopper_pearson
from engine.evaluation.humps import Axis
from engine.evaluation.roc import Counted, Reported, Roc, Sides
from engine.types import Attack

EXACT = 900  # samples of both sides together up to which every position is handed over
CUTS, STRICT = 220, 40  # thresholds of larger ones: spread over all samples, and among the strictest
KNOTS = 60
Numbers = list[Any]


@dataclass(frozen=True)
class Line:
    """A place for the line: its position, what it comes to on all samples, and on the half that it was not chosen on.

    ``reported`` is one report a run, the run itself first; empty where a side is too small to be halved.
    """

    name: str
    position: float
    counted: Counted
    reported: tuple[Reported, ...] = ()


@dataclass(frozen=True)
class Cuts:
    """Positions, rising, and how many samples of each side stand strictly below; the last is infinity, all of them.

    ``exact``: every position at which a count changes is among them.
    """

    positions: np.ndarray
    caught: np.ndarray
    accused: np.ndarray
    exact: bool


@dataclass(frozen=True)
class Seat:
    """One model under one attack: its axis, densities of both sides, cuts, area, and the lines of the strategies."""

    axis: Axis
    forget: np.ndarray
    unseen: np.ndarray
    cuts: Cuts
    sizes: tuple[int, int]
    auc: float
    auc_chance_range: tuple[float, float]
    lines: tuple[Line, ...]


def take(sides: Sides, attack: Attack, other: Sides | None = None) -> Seat:
    """The seat of an attack's scores; ``other`` are those of a second run, for a line that is common to both."""
    curve, axis = Roc(sides), axis_of(sides, attack)
    lines = tuple(strategies(sides, other))
    return Seat(axis, humps.density(-sides.members, axis), humps.density(-sides.nonmembers, axis),
                cuts(curve, [-line.position for line in lines]), (len(sides.members), len(sides.nonmembers)),
                curve.auc, curve.auc_chance_range, lines)


def axis_of(sides: Sides, attack: Attack) -> Axis:
    """Decades of nats where the score is a loss or an entropy turned round, else the range of the scores."""
    positions = -np.concatenate([sides.members, sides.nonmembers])
    if attack.needs in (("loss",), ("entropy",)) and (positions >= 0).all():
        return humps.LOG_AXIS
    return humps.linear_axis(positions)


def strategies(sides: Sides, other: Sides | None = None) -> list[Line]:
    """Best on the other half, 1% false alarms and, beside a second run, the best common line."""
    found = [_line("best", sides, roc.best_threshold), _line("few", sides, roc.few_false_alarms)]
    if other is not None:
        reported = roc.common_on_other_half([sides, other])
        found.append(_placed("common", sides, reported, roc.common_threshold([sides, other])))
    return found


def _line(name: str, sides: Sides, choose: roc.Choose) -> Line:
    reported = roc.on_other_half(sides, choose)
    return _placed(name, sides, [reported] if reported else [], choose(sides))


def _placed(name: str, sides: Sides, reported: Sequence[Reported], on_all: float) -> Line:
    """The line between the two thresholds of the halves, or where all samples put it if there are no halves."""
    threshold = float(np.mean(reported[0].thresholds)) if reported else on_all
    return Line(name, -threshold, roc.count(sides, threshold), tuple(reported))


def cuts(curve: Roc, wanted: Sequence[float] = ()) -> Cuts:
    """All thresholds of a curve, or of a long one a few hundred with the ``wanted`` scores among them."""
    total = len(curve.sides.members) + len(curve.sides.nonmembers)
    if total <= EXACT:
        return Cuts(-curve.thresholds, curve.caught, curve.accused, exact=True)
    scores = np.unique(np.concatenate([_spread(curve.sides), [one for one in wanted if one > -inf]]))[::-1]
    thresholds = np.append(scores, -inf)
    return Cuts(-thresholds, roc.above(curve.sides.members, thresholds), roc.above(curve.sides.nonmembers, thresholds),
                exact=False)


def _spread(sides: Sides) -> np.ndarray:
    """Scores that are spread evenly over all samples, and closer together among the highest of the non-members."""
    everyone = np.sort(np.concatenate([sides.members, sides.nonmembers]))
    strict = np.sort(sides.nonmembers)[::-1]
    few = np.unique(np.geomspace(1, max(1, len(strict) // 20), STRICT).astype(int) - 1)
    evenly = np.linspace(0, len(everyone) - 1, CUTS).astype(int)
    return np.concatenate([everyone[evenly], strict[few]])


def interval_table(trials: int, knots: int = KNOTS) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts with the exact 95% interval of their share: every count near both ends, the others spread evenly."""
    ends = min(8, trials)
    counts = np.unique(np.concatenate([np.arange(ends + 1), trials - np.arange(ends + 1),
                                       np.linspace(0, trials, knots - 2 * ends).round()])).astype(int)
    spans = np.array([clopper_pearson(int(one), trials) for one in counts])
    return counts, spans[:, 0], spans[:, 1]
