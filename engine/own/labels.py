"""Labels as they come, words or numbers with gaps, to the classes 0 to n-1, and which rows have none."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.errors import BadSource
from engine.own.tables import Rows
from engine.system.words import a_kind, shortened

MOST_CLASSES, LONGEST = 1_000, 200  # classes; characters of one's name


@dataclass(frozen=True)
class Numbered:
    """Class numbers by split, -1 for a row without a label; ``strange`` holds those rows' values."""

    classes: tuple[str, ...]
    numbers: Mapping[str, list[int]]
    strange: Mapping[str, dict[int, Any]]
    notes: tuple[str, ...] = field(default=())


def numbered(splits: Mapping[str, Rows], label: str) -> Numbered:
    """The labels of all splits. Raises BadSource naming file, row and value where they are no classes."""
    names = next((rows.names[label] for rows in splits.values() if label in rows.names), ())
    values = {split: [_plain(value, rows, row, label) for row, value in enumerate(rows.values(label))]
              for split, rows in splits.items()}
    if any(isinstance(value, str) for column in values.values() for value in column):
        values = {split: [None if value is None else str(value) for value in column]
                  for split, column in values.items()}
    found = {value for column in values.values() for value in column if value is not None}
    if names and all(isinstance(value, int) and -1 <= value < len(names) for value in found):
        order: list[Any] = list(range(len(names)))
    else:
        names, order = (), _order(found)
    if not order:
        raise BadSource(f"The column {label!r} holds no label: name another one with --label.")
    if len(order) > MOST_CLASSES:
        raise BadSource(f"The column {label!r} holds {len(order):,} different values, and at most {MOST_CLASSES:,} "
                        "classes can be told apart: name another column with --label.")
    place = {value: number for number, value in enumerate(order)}
    numbers = {split: [place.get(value, -1) for value in column] for split, column in values.items()}
    strange = {split: {row: splits[split].values(label, row, 1)[0] for row, number in enumerate(column) if number < 0}
               for split, column in numbers.items()}
    classes = tuple(names) or tuple(str(value) for value in order)
    return Numbered(classes, numbers, strange, tuple(_notes(order, names)))


def _plain(value: Any, rows: Rows, row: int, label: str) -> Any:
    """A label as a text or a whole number; None where there is none."""
    if isinstance(value, list) and all(isinstance(one, str | int | float | None) for one in value):
        several = list(dict.fromkeys(value))
        if len(several) > 1:
            raise BadSource(f"{rows.said(row)}: the label is {shortened(repr(value))}, but a sample must have one "
                            "class: keep the rows with one, or write a component file for several "
                            "(docs/extending.md).")
        value = several[0] if several else None
    if isinstance(value, bytes):
        value = _decoded(value, rows, row, label)
    if isinstance(value, str) and len(value) > LONGEST:
        raise BadSource(f"{rows.said(row)}: the label has {len(value):,} characters ({shortened(value)!r}), but a "
                        f"class has at most {LONGEST}: is {label!r} a column of texts? Name another one with --label.")
    if isinstance(value, str):
        return value.strip() or None
    if value is None or isinstance(value, bool):
        return None if value is None else str(value).lower()
    if isinstance(value, float):
        if math.isnan(value):
            return None
        if not value.is_integer():
            raise BadSource(f"{rows.said(row)}: the label is {value!r} in the column {label!r}, but a class is a "
                            "word or a whole number: name another column with --label.")
        return int(value)
    if isinstance(value, int):
        return value
    raise BadSource(f"{rows.said(row)}: the label is {str(value)[:60]!r}, {a_kind(value)}, but a class is a "
                    "word or a whole number.")


def _decoded(value: bytes, rows: Rows, row: int, label: str) -> str:
    """Bytes as the text that they are; others could become one class with their like."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise BadSource(f"{rows.said(row)}: the label is {shortened(repr(value))} in the column {label!r}, which is no "
                        "UTF-8 text: name another column with --label.") from None


def _order(found: set[Any]) -> list[Any]:
    """Numbers by size, words by the alphabet; -1 says that there is no label, unless there are -1 and 1 only."""
    if not all(isinstance(value, int) for value in found):
        return sorted(found, key=lambda value: _by_number(str(value)))
    negative = {value for value in found if value < 0}
    return sorted(found if negative != {-1} or found == {-1, 1} else found - {-1})


def _by_number(text: str) -> tuple[bool, int, str]:
    """Texts that spell whole numbers first, by size."""
    spelt = text.isascii() and text.isdigit() and len(text) < 19
    return not spelt, int(text) if spelt else 0, text


def _notes(order: Sequence[Any], names: Sequence[str]) -> Iterator[str]:
    if names:
        return
    if all(isinstance(value, int) for value in order):
        if order != list(range(len(order))):
            yield f"The labels are the numbers {_short(order)}: they become 0 to {len(order) - 1} in this order."
    else:
        yield f"The labels are words: they are numbered in alphabetical order, {_short(order)}."


def _short(values: Sequence[Any]) -> str:
    shown = [str(value) for value in values]
    return ", ".join(shown) if len(shown) <= 6 else f"{', '.join(shown[:3])}, ..., {shown[-1]}"
