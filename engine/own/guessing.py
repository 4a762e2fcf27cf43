"""What kinds look at to guess which of a table's columns hold their samples."""

from __future__ import annotations

from typing import Any

from engine.own.tables import Rows

LABELS = ("label", "labels", "fine_label", "class", "target", "category", "y", "folder", "class_name", "sentiment",
          "emotion", "topic")
LOOKED_AT = 1_000  # rows


def first(rows: Rows, column: str) -> Any:
    """The first value of a column that is there."""
    return next((value for value in rows.values(column, 0, 50) if value is not None), None)


def some(rows: Rows, column: str) -> set[Any]:
    """The different values of the first rows of a column of texts or numbers."""
    return set(rows.values(column, 0, LOOKED_AT))


def place(column: str, known: tuple[str, ...]) -> int:
    """Where a column's name stands among those that are usual; after them where it is not."""
    return known.index(column.lower()) if column.lower() in known else len(known)
