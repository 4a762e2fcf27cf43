"""Points: rows of numbers, such as places in the plane; loaded they are :mod:`engine.data.points`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.errors import BadSource
from engine.own import guessing
from engine.own.kind import Found, OwnKind, Report, Scale
from engine.own.part import Part
from engine.own.sizes import passes
from engine.own.tables import Rows
from engine.types import Dataset, Model, Recipe

if TYPE_CHECKING:
    import numpy as np

FEWEST, MOST = 2, 1_000  # coordinates
LARGEST = 3e38  # that a float32 holds
_NAMES = re.compile(r"[xyz]|(x|coord|feature|dim)[_ ]?\d+|lat(itude)?|lon(gitude)?", re.IGNORECASE)
_SPREAD = 2.5  # of normalised coordinates, as in the data sets that ship: nets then memorise single points


class Points(OwnKind):
    """Points, read as their coordinates."""

    name, noun, plural, unit = "points", "point", "points", "coordinates"
    like = "nearest to it"
    option, field = "--points COLUMN,COLUMN,...", "Columns of coordinates"
    option_help = "the columns of coordinates, separated by commas"

    def in_plane(self, dataset: Dataset) -> bool:
        return dataset.input_size == 2

    def named(self, text: str) -> tuple[str, ...]:
        columns = tuple(filter(None, (one.strip() for one in text.split(","))))
        if len(columns) < FEWEST or len(set(columns)) < len(columns):
            raise BadSource(f"--points is {text!r}, but must name at least {FEWEST} different columns, such as x,y.")
        return columns

    def sure(self, rows: Rows, label: str | None) -> tuple[str, ...] | None:
        """All columns of fractions, where none holds free text; or those with the names of coordinates."""
        others = [column for column in rows.columns if column != label]
        if any(_is_prose(rows, column) for column in others):
            return None
        numbers = {column: _number(rows, column) for column in others}
        named = [column for column, value in numbers.items() if value is not None and _NAMES.fullmatch(column)]
        if FEWEST <= len(named) < len(rows.columns):
            return tuple(named)
        fractions = [column for column, value in numbers.items() if isinstance(value, float)]
        return tuple(fractions) if FEWEST <= len(fractions) < len(rows.columns) else None

    def read(self, splits: Mapping[str, Rows], columns: tuple[str, ...], size: int | None, report: Report) -> Found:
        import numpy as np

        if len(columns) > MOST:
            raise BadSource(f"--points names {len(columns):,} columns, but at most {MOST:,} can be read: name fewer.")
        found, bad = {}, {}
        for split, rows in splits.items():
            found[split], bad[split] = _coordinates(rows, columns)
        usable = [np.delete(found[split], list(bad[split]), axis=0) for split in found]
        notes = ["--size is about pictures and has no effect on points."] if size else []
        return Found(found, bad, _measured(np.concatenate(usable), columns), len(columns), notes)

    def channels(self, input_size: int) -> int:
        return input_size

    def scale(self, part: Part) -> Scale:
        """Of each coordinate, rounded to what a float32 can tell apart; a constant one has deviation 1."""
        points = part.samples.astype("float64")
        std = points.std(axis=0) / _SPREAD
        return (tuple(float(f"{one:.6g}") for one in points.mean(axis=0)),
                tuple(float(f"{one:.6g}") or 1.0 for one in std))

    def data(self, train: Part, heldout: Part, **about: Any) -> Any:
        import torch

        from engine.data.points import PointData, PointPool, window_of

        points = [torch.from_numpy(part.samples) for part in (train, heldout)]
        window = window_of(torch.cat(points))
        pools = [PointPool(where, torch.from_numpy(part.labels), window=window)
                 for where, part in zip(points, (train, heldout), strict=True)]
        return PointData(train=pools[0], heldout=pools[1], **about)

    def excerpt(self, part: Part, row: int, longest: int) -> Mapping[str, Any]:
        shown: Mapping[str, Any] = self.data(part, part, name="", classes=(), mean=(), std=()).train.shown(row)
        return shown

    def usual_model(self, input_size: int, train: int) -> str:
        return "mlp"

    def usual_recipe(self, train: int, model: Model | None, augment: bool) -> Recipe:
        return Recipe("adamw", learning_rate=0.01, weight_decay=0.5, batch_size=256,
                      epochs=passes(train, 50, 600, 300_000), final_lr_fraction=0.01)


def _number(rows: Rows, column: str) -> Any:
    """The first value of a column as a number; None where it is none. Truth values are labels."""
    value = guessing.first(rows, column)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _is_prose(rows: Rows, column: str) -> bool:
    """Whether a column holds free text: mostly different strings, and not one word each."""
    some = rows.values(column, 0, guessing.LOOKED_AT)
    texts = [one for one in some if isinstance(one, str)]
    return len(set(texts)) > max(guessing.LOOKED_AT // 10, len(texts) // 2) or sum(" " in one.strip() for one in texts
                                                                                   ) > len(texts) // 2 > 0


def _coordinates(rows: Rows, columns: tuple[str, ...]) -> tuple[np.ndarray, dict[int, str]]:
    """Coordinates float32 (N, D) of all rows, and why some cannot be used, by row; those are 0."""
    import numpy as np

    found = np.zeros((len(rows), len(columns)), dtype=np.float32)
    bad: dict[int, str] = {}
    for place, column in enumerate(columns):
        for row, value in enumerate(rows.values(column)):
            number = _as_number(value)
            if number is not None and abs(number) < LARGEST:
                found[row, place] = number
            elif value is None or value == "":
                bad.setdefault(row, f"{column} is empty")
            else:
                why = "which is no number" if number is None or number != number else "which is too large"
                bad.setdefault(row, f"{column} is {value!r}, {why}")
    found[list(bad)] = 0
    return found, bad


def _as_number(value: Any) -> float | None:
    """A cell as a number; a column with one cell that is none comes as texts."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _measured(points: np.ndarray, columns: tuple[str, ...]) -> str:
    """``2 coordinates: x from -1.2 to 2.3, y from 0 to 1``."""
    if not len(points):
        return "none"
    shown = [f"{column} from {low:.4g} to {high:.4g}" for column, low, high in
             zip(columns, points.min(axis=0), points.max(axis=0), strict=True)]
    more = f", and {len(shown) - 4:,} more" if len(shown) > 4 else ""
    return f"{len(columns):,} coordinates: {', '.join(shown[:4])}{more}"


KIND = Points()
