"""Which retraining comes nearest to the one that a run lacks, and in what it differs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from engine.system.words import spaced

if TYPE_CHECKING:
    from engine.runs.records import Run

MATCHING = ("model", "scenario", "forget_fraction", "forget_class", "profile", "seed")  # and options


def nearest(run: Run, runs: Iterable[Run]) -> str:
    """``There is one for profile paper, seed 1.``: what differs in the nearest retraining of the same data.

    Empty where there is none, or where one has all these settings.
    """
    found = [_apart(run, other) for other in runs
             if other.spec.dataset == run.spec.dataset and other.finished and other.is_reference and other.id != run.id]
    least = min(found, key=len, default=[])
    return f"There is one for {', '.join(least)}." if least else ""


def _apart(run: Run, other: Run) -> list[str]:
    """The other's settings that are not the run's, in words."""
    mine, theirs = _matching(run), _matching(other)
    return [f"{spaced(name)} {_said(name, theirs.get(name))}" for name in mine | theirs
            if mine.get(name) != theirs.get(name)]


def _matching(run: Run) -> dict[str, Any]:
    return {name: getattr(run.spec, name) for name in MATCHING} | dict(run.spec.options) | dict(
        run.spec.selection)


def _said(name: str, value: Any) -> str:
    if value is None:
        return "as usual" if name == "model" else "none"
    return f"{100 * value:g}%" if isinstance(value, float) and name == "forget_fraction" else str(value)
