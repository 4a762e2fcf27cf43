"""The page's answer in a sentence: who is nearest to retraining, whom chance hides, and what it costs. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from engine.evaluation.metrics import metric_of
from engine.studies.ranking import Ranking
from engine.studies.table import Cell
from ui.compare.race import short_title

MOST = 4  # further methods that are named


def sentence(ranking: Ranking) -> str:
    """``Nearest to retraining: Fine-tuning (average gap 1.2 points), then ∇τ (2.3).``; empty before there is one."""
    if not ranking.nearest:
        return ""
    told = f"{_nearest(ranking)}{_then(ranking.others)}{_cost(ranking)}."
    if ranking.damaged:
        who = _and([short_title(method) for method in ranking.damaged])
        told += f" {who} {'are' if len(ranking.damaged) > 1 else 'is'} not ranked: the model is damaged."
    return told


def _nearest(ranking: Ranking) -> str:
    first = ranking.nearest[0]
    if len(ranking.nearest) == 1:
        alone = "" if ranking.others else "The only method with a number"
        return f"{alone or 'Nearest to retraining'}: {_title(first)} (average gap {_points(first)} points)"
    names = _and([_title(cell) for cell in ranking.nearest])
    span = f"average gaps {_points(first)} to {_points(ranking.nearest[-1])} points"
    who = "Nearest to retraining" if ranking.others else "Chance hides who is nearest to retraining"
    return f"{who}: {names} cannot be told apart ({span})"


def _then(others: Sequence[Cell]) -> str:
    if not others:
        return ""
    more = f" and {len(others) - MOST} more" if len(others) > MOST else ""
    return ", then " + ", ".join(f"{_title(cell)} ({_points(cell)})" for cell in others[:MOST]) + more


def _cost(ranking: Ranking) -> str:
    cost = ranking.cost
    if cost is None:
        return ""
    accuracy = metric_of(cost.metric).title.lower()
    return f"; {short_title(cost.method)} costs {cost.points:.1f} points of {accuracy}"


def _and(names: Sequence[str]) -> str:
    """``A``, ``A and B``, ``A, B and C``."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _title(cell: Cell) -> str:
    """The method with a dagger where it is over-forgotten, which the table's notes explain."""
    return short_title(cell.method) + " †" * cell.over_forgotten


def _points(cell: Cell) -> str:
    return f"{cell.mean:.1f}"
