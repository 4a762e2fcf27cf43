"""Which method comes nearest to its reference, as far as chance lets one say so, and what it costs. Pure.

A method stands where its *worst measure* stands: of every measure the distance to the reference is taken, less the
chance range, and the largest of these counts. An average would let four good measures hide a bad one, and would
reward what has no fault but leaks; a distance in multiples of its chance range would make the largest set decide,
because its chance range is the smallest. Points beyond chance are what Robustness colours too.

The reference is the retrained model (accuracies and attacks, with their signs) or the fixed ideals of the formula
(50% for an attack, 0 for the forget-test gap). Methods whose worst measures differ by no more than chance cannot be
told apart. Not ranked at all: a damaged model, an over-forgotten one, and a method that changed or forgot nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from engine.evaluation.metrics import MOVED, headlines
from engine.evaluation.verdict import Kind
from engine.studies.cell import Against, Cell, fixed_ideal
from engine.studies.comparison import REFERENCE, Comparison, Runs
from engine.studies.notes import ORIGINAL
from engine.studies.table import Table, build_table, columns_of

NEAREST = "nearest"  # the order of the ranking, beside those by a column or a cost
ACCURACIES = ("retain_accuracy", "test_accuracy")
COSTLY = 3.0  # points of an accuracy that are worth a word
NOT_RANKED = (ORIGINAL, REFERENCE)
Reason = Literal["damaged", "over_forgotten", "unchanged", "forgot_nothing"]


@dataclass(frozen=True)
class Lost:
    """Points of an accuracy that a method has lost: of the Original's, and for the test set of the retrained model's
    too, which forgetting may cost."""

    method: str
    metric: str
    points: float


@dataclass(frozen=True)
class Part:
    """A measure's share in the distance: ``off`` points from the reference, ``beyond`` of them not due to chance."""

    metric: str
    off: float
    chance: float
    beyond: float
    above: bool | None = None  # the retrained model's accuracy; None where only the distance is known


@dataclass(frozen=True)
class Place:
    """A method with all its measures, the worst first."""

    method: str
    parts: tuple[Part, ...]

    @property
    def worst(self) -> Part:
        return self.parts[0]


@dataclass(frozen=True)
class Ranking:
    """Methods by their worst measure: the nearest and its ties, the others in order, and why some are left out.

    ``places`` holds every method that has numbers, those left out too; ``judged`` is the table's.
    """

    against: Against = "retrained"
    nearest: tuple[Place, ...] = ()
    others: tuple[Place, ...] = ()
    left_out: Mapping[str, Reason] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    cost: Lost | None = None
    judged: Mapping[str, Mapping[Kind, tuple[int, ...]]] = field(default_factory=dict)


def measures(scenario: str, against: Against) -> tuple[str, ...]:
    """What is held against a reference: the accuracies and attacks, or the columns of the table with a fixed ideal."""
    if against == "retrained":
        return (*MOVED, *(attack.metric("gap") for attack in headlines()))
    return tuple(name for name in columns_of(scenario) if fixed_ideal(name, scenario))


def rank(comparison: Comparison, runs: Runs, against: Against = "retrained") -> Ranking:
    """The ranking of what has finished so far; without a retrained model nothing is nearest to it."""
    names = measures(comparison.scenario, against)
    table = build_table(comparison, runs, tuple(dict.fromkeys((*names, *ACCURACIES))))
    places = {method: place for method in table.methods if method not in NOT_RANKED
              and (place := _place(table, method, names, against))}
    left_out = {method: why for method in places if (why := _why(table.cell(method, ACCURACIES[0])))}
    known = sorted((place for place in places.values() if place.method not in left_out),
                   key=lambda place: place.worst.beyond)
    nearest = tuple(place for place in known if _tied(place, known[0]))
    return Ranking(against, nearest, tuple(known[len(nearest):]), left_out, places,
                   _largest_loss(table, [place.method for place in known]), table.judged)


def ordered(table: Table, by: str, ranking: Ranking | None = None) -> tuple[str, ...]:
    """The table's rows, best first by the ranking, a metric (its distance to the ideal) or a cost.

    The Original and retraining are on top. What would mislead comes after the others, and what has no value last.
    """
    found = ranking or Ranking()
    ranks = [place.method for place in (*found.nearest, *found.others)] + list(found.left_out)

    def place(method: str) -> tuple[bool, bool, float]:
        if by == NEAREST:
            return method not in ranks, False, ranks.index(method) if method in ranks else 0
        if by not in table.columns:
            spent = table.cost.get(method, {}).get(by)
            return spent is None, False, spent or 0.0
        cell = table.cell(method, by)
        return cell.distance is None, cell.doubtful, cell.distance or 0.0

    top = [method for method in table.methods if method in NOT_RANKED]
    return (*top, *sorted((method for method in table.methods if method not in NOT_RANKED), key=place))


def _why(cell: Cell) -> Reason | None:
    """Why a method is not ranked, the gravest reason first."""
    if cell.damaged:
        return "damaged"
    if cell.over_forgotten:
        return "over_forgotten"
    return "unchanged" if cell.unchanged else "forgot_nothing" if cell.forgot_nothing else None


def _place(table: Table, method: str, names: Sequence[str], against: Against) -> Place | None:
    parts = [part for name in names if (part := _part(table.cell(method, name), against))]
    return Place(method, tuple(sorted(parts, key=lambda part: (-part.beyond, -part.off)))) if parts else None


def _part(cell: Cell, against: Against) -> Part | None:
    off, beyond = cell.off(against), cell.beyond(against)
    if off is None or beyond is None or cell.chance is None:
        return None
    known = against == "retrained" and cell.metric in MOVED and cell.mean is not None and cell.retrained is not None
    above = (cell.mean or 0.0) > (cell.retrained or 0.0) if known else None
    return Part(cell.metric, off, cell.chance, beyond, above)


def _tied(place: Place, first: Place) -> bool:
    """Whether chance explains how much further a method's worst measure is than the nearest one's."""
    return place.worst.beyond - first.worst.beyond <= max(place.worst.chance, first.worst.chance)


def _largest_loss(table: Table, methods: Sequence[str]) -> Lost | None:
    """The largest loss of accuracy that chance does not explain, where it is worth a word."""
    found = [Lost(method, metric, lost) for method in methods for metric in ACCURACIES
             if (lost := _lost(table, method, metric)) is not None and lost >= COSTLY]
    return max(found, key=lambda cost: cost.points, default=None)


def _lost(table: Table, method: str, metric: str) -> float | None:
    cell, original = table.cell(method, metric), table.cell(ORIGINAL, metric)
    before = original.mean
    if cell.mean is None or before is None:
        return None
    if metric == "test_accuracy" and cell.retrained is not None:
        before = min(before, cell.retrained)
    lost = before - cell.mean
    return lost if lost > (cell.chance or 0.0) else None
