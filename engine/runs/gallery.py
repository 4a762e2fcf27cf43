"""The samples on both sides of an attacker's line as people see them: a picture or a text, its label, the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from engine.runs.exposure import Exposure, When
from engine.runs.sources import Pool, Source, said_of

if TYPE_CHECKING:
    from pandas import DataFrame

    from engine.runs.excerpt import Excerpt

Side = Literal["forget", "unseen"]
POOLS: Mapping[Side, Pool] = {"forget": "train", "unseen": "heldout"}
STRICTEST, EVENLY = 24, 36  # samples of a side
FEWER = 12  # of the strictest, where not all of them can be shown


@dataclass(frozen=True)
class Shown:
    """One sample: ``shown`` is its ``picture``, uint8 (H, W, C), or its ``text``; ``said`` None where it was not kept.

    ``truth`` is its true class where that is known apart from ``label``; ``right`` is whether it said ``label``.
    ``row`` is its row in the view's table of its side, ``sample`` its number in its pool. ``shown`` is empty and
    ``label`` None where the sample is not at hand.
    """

    row: int
    sample: int
    shown: Mapping[str, Any]
    label: str | None
    said: str | None
    right: bool
    truth: str | None = None


def picked(positions: np.ndarray, can: np.ndarray | None = None) -> list[int]:
    """The rows worth showing: those that are caught first, and others spread evenly over all.

    ``can``, bool like ``positions``: the rows that can be shown, where not all can; then the others are of these.
    """
    order = np.argsort(positions, kind="stable")
    among = order if can is None else order[can[order]]
    evenly = among[np.linspace(0, len(among) - 1, min(EVENLY, len(among))).astype(int)]
    chosen = {*order[:STRICTEST if can is None else FEWER].tolist(), *evenly.tolist()}
    return [row for row in order.tolist() if row in chosen]


def at_hand(exposure: Exposure, when: When, excerpt: Excerpt) -> dict[Side, np.ndarray]:
    """Which rows of both sides have a picture or text in the excerpt."""
    view = exposure.views[when]
    return {side: np.array([bool(excerpt.shown(pool, int(number))) for number in getattr(view, side)["sample"]])
            for side, pool in POOLS.items()}


def show(exposure: Exposure, when: When, rows: Mapping[Side, Sequence[int]], source: Source) -> dict[Side, list[Shown]]:
    """These rows of both sides as people see them."""
    view = exposure.views[when]
    return {side: [_shown(source, POOLS[side], getattr(view, side), row) for row in wanted]
            for side, wanted in rows.items()}


def _shown(source: Source, pool: Pool, table: DataFrame, row: int) -> Shown:
    one = table.iloc[row]
    number, right = int(one["sample"]), bool(one["correct"])
    label = source.label(pool, number)
    return Shown(row, number, source.shown(pool, number), label, said_of(source, label, one.get("predicted"), right),
                 right, source.truth(pool, number))
