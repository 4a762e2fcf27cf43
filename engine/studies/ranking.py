"""Which method comes nearest to retraining, as far as chance lets one say so, and what it costs. Pure.

Methods are ranked by the average gap to the retrained model (``engine.evaluation.metrics``). Those within the noise
floor of the nearest one cannot be told apart from it. A method whose model is damaged is not ranked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.studies.comparison import REFERENCE, Comparison, Runs
from engine.studies.notes import ORIGINAL
from engine.studies.table import Cell, Table, build_table

GAP = "average_gap"
ACCURACIES = ("retain_accuracy", "test_accuracy")
COSTLY = 3.0  # points of an accuracy that are worth a word
NOT_RANKED = (ORIGINAL, REFERENCE)


@dataclass(frozen=True)
class Lost:
    """Points of an accuracy that a method has lost: of the Original's, and for the test set of the retrained model's
    too, which forgetting may cost."""

    method: str
    metric: str
    points: float


@dataclass(frozen=True)
class Ranking:
    """Methods by their average gap: the nearest and its ties, the others in order, and those that are not ranked."""

    nearest: tuple[Cell, ...] = ()
    others: tuple[Cell, ...] = ()
    damaged: tuple[str, ...] = ()
    cost: Lost | None = None


def rank(comparison: Comparison, runs: Runs) -> Ranking:
    """The ranking of what has finished so far; nothing is nearest without a retrained model."""
    table = build_table(comparison, runs, (GAP, *ACCURACIES))
    gaps = [cell for cell in table.cells if cell.metric == GAP and cell.method not in NOT_RANKED]
    known = sorted((cell for cell in gaps if cell.mean is not None and not cell.damaged), key=_gap)
    noise = table.noise[GAP] or 0.0
    nearest = tuple(cell for cell in known if _gap(cell) - _gap(known[0]) <= noise)
    return Ranking(nearest, tuple(known[len(nearest):]), tuple(cell.method for cell in gaps if cell.damaged),
                   _largest_loss(table, [cell.method for cell in known]))


def ordered(table: Table, by: str) -> tuple[str, ...]:
    """The table's rows, best first by a metric (its distance to the ideal) or a cost; Original and retraining on top.

    What would mislead comes after the others, and what has no value last.
    """
    def place(method: str) -> tuple[bool, bool, float]:
        if by not in table.columns:
            spent = table.cost.get(method, {}).get(by)
            return spent is None, False, spent or 0.0
        cell = table.cell(method, by)
        return cell.distance is None, cell.doubtful, cell.distance or 0.0

    top = [method for method in table.methods if method in NOT_RANKED]
    return (*top, *sorted((method for method in table.methods if method not in NOT_RANKED), key=place))


def _gap(cell: Cell) -> float:
    return cell.mean or 0.0


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
    return lost if lost > (table.noise[metric] or 0.0) else None
