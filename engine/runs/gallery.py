"""The samples on both sides of an attacker's line as people see them: a picture or a text, its label, the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from engine.originals.checkpoints import Checkpoints
from engine.runs.exposure import Exposure, When
from engine.runs.samples import labels, own_bench

if TYPE_CHECKING:
    from pandas import DataFrame

Side = Literal["forget", "unseen"]
STRICTEST, EVENLY = 24, 36


@dataclass(frozen=True)
class Shown:
    """One sample: ``shown`` is its ``picture``, uint8 (H, W, C), or its ``text``; ``said`` None where it was not kept.

    ``row`` is its row in the view's table of its side, ``sample`` its number in its pool.
    """

    row: int
    sample: int
    shown: Mapping[str, Any]
    label: str
    said: str | None
    right: bool


def picked(positions: np.ndarray) -> list[int]:
    """The rows worth showing: those that are caught first, and others spread evenly over all."""
    order = np.argsort(positions, kind="stable")
    evenly = np.linspace(0, len(order) - 1, min(EVENLY, len(order))).astype(int)
    places = np.unique(np.concatenate([np.arange(min(STRICTEST, len(order))), evenly]))
    return [int(row) for row in order[places]]


def show(exposure: Exposure, when: When, rows: Mapping[Side, Sequence[int]],
         checkpoints: Checkpoints) -> dict[Side, list[Shown]]:
    """These rows of both sides. Loads the data; raises BadInput or another LabError where they are not here."""
    data, view = own_bench(exposure.run, checkpoints).data, exposure.views[when]
    return {side: [_shown(data, side, getattr(view, side), row) for row in wanted] for side, wanted in rows.items()}


def _shown(data: Any, side: Side, table: DataFrame, row: int) -> Shown:
    one = table.iloc[row]
    number, pool = int(one["sample"]), data.train if side == "forget" else data.heldout
    said = one.get("predicted")
    kept = said is not None and said == said
    return Shown(row, number, pool.shown(number), labels(data, pool, number),
                 data.classes[int(said)] if kept else None, bool(one["correct"]))
