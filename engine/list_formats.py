"""The forms in which people write lists of numbers: JSON, a table with a header, or plain text. Nothing is judged."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from typing import Any

from engine.errors import BadSpec, Problem
from engine.system.words import unknown

SEPARATORS = (",", ";", "\t")
NUMBERS = re.compile(r"[\s\d.,;+-]*")  # a line without a name in it
USUAL = "sample"  # the column that is meant where none is named, as tables of this project call it
MOST_SHOWN = 40  # characters of an entry in a sentence


@dataclass(frozen=True)
class Entry:
    """One entry of a list as it was written, and where: ``line 3``."""

    where: str
    text: str

    @property
    def shown(self) -> str:
        """The entry in a sentence."""
        return "an empty cell" if not self.text else repr(
            self.text if len(self.text) <= MOST_SHOWN else f"{self.text[:MOST_SHOWN]}…")


def entries(text: str, column: str | None, source: str) -> list[Entry]:
    """Every entry of a list. Raises BadSpec where its form cannot be read, or the column is not there."""
    start, lines = text.lstrip()[:1], text.splitlines()
    if start in ("[", "{"):
        return _of_json(text, column, source)
    first = next((line for line in lines if line.strip()), "")
    header = not NUMBERS.fullmatch(first)
    if header and (column is not None or _is_table(first, lines)):
        return _of_table(text, column, source)
    if column is not None:
        raise _wrong("column", f"is {column!r}, but {source} has no first line with the names of columns: leave the "
                     "column out.")
    return [Entry(f"line {number}", word) for number, line in enumerate(lines, start=1)
            for word in re.split(r"[\s,;]+", line) if word]


def columns(text: str) -> tuple[str, ...]:
    """The names of a table's columns; empty where the list is no table."""
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    if text.lstrip()[:1] in ("[", "{") or NUMBERS.fullmatch(first) or not _is_table(first, lines):
        return ()
    cells = next(csv.reader([first], delimiter=max(SEPARATORS, key=first.count), skipinitialspace=True))
    return tuple(cell.strip() for cell in cells)


def _is_table(first: str, lines: list[str]) -> bool:
    """Whether a first line that is no number is a header: names and commas, or one name above numbers alone."""
    if any(separator in first for separator in SEPARATORS):
        return not any(NUMBERS.fullmatch(cell) for cell in re.split(r"[,;\t]", first) if cell.strip())
    if first.strip(' "') == USUAL:
        return True
    others = [line for line in lines[lines.index(first) + 1:] if line.strip()]
    is_name = re.fullmatch(r"\s*\"?[A-Za-z_][\w .-]*\"?\s*", first)
    return bool(is_name and others) and all(NUMBERS.fullmatch(one) for one in others)


def _of_table(text: str, column: str | None, source: str) -> list[Entry]:
    first = next(line for line in text.splitlines() if line.strip())
    separator = max(SEPARATORS, key=first.count)
    rows = csv.reader(text.splitlines(keepends=True), delimiter=separator, skipinitialspace=True)
    header: list[str] | None = None
    found: list[Entry] = []
    at = 0
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if header is None:
                header = [cell.strip() for cell in row]
                at = _column(header, column, source)
            else:
                found.append(Entry(f"line {rows.line_num}", row[at].strip() if at < len(row) else ""))
    except csv.Error as error:
        raise _wrong("list", f"cannot be read from {source}, line {rows.line_num} ({error}): write a table with one "
                     "row a line.") from None
    return found


def _column(header: list[str], column: str | None, source: str) -> int:
    """The place of the column that is meant."""
    if column is None and len(header) == 1:
        return 0
    name = USUAL if column is None else column
    if name in header:
        if header.count(name) > 1:
            raise _wrong("column", f"is {name!r}, but {source} has {header.count(name)} columns of that name: rename "
                         "one.")
        return header.index(name)
    if column is None:
        raise _wrong("column", f"is missing: {source} has the columns {', '.join(header)}: name the one with the "
                     "sample numbers with --column.")
    raise BadSpec([Problem("selection.list", unknown(f"column of {source}", column, header))])


def _of_json(text: str, column: str | None, source: str) -> list[Entry]:
    try:
        content = json.loads(text)
    except RecursionError:
        raise _wrong("list", f"cannot be read from {source}: its JSON is nested too deeply. Write [3, 17, "
                     "256].") from None
    except json.JSONDecodeError as error:
        raise _wrong("list", f"cannot be read from {source}, line {error.lineno}, character {error.colno}: "
                     f"{error.msg}. Write [3, 17, 256].") from None
    except ValueError:
        raise _wrong("list", f"cannot be read from {source}: a number in it is too long.") from None
    if isinstance(content, dict):
        name = column or USUAL + "s"
        if name not in content:
            raise BadSpec([Problem("selection.list", unknown(f"list in {source}", name, list(content)))])
        content, column = content[name], None
    if not isinstance(content, list):
        raise _wrong("list", f"in {source} is {_json(content)}, but must be a list such as [3, 17, 256].")
    return [Entry(f"item {number}", _item(item, column)) for number, item in enumerate(content, start=1)]


def _item(item: Any, column: str | None) -> str:
    if isinstance(item, dict):
        item = item.get(USUAL if column is None else column)
    return item.strip() if isinstance(item, str) else "" if item is None else _json(item)


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def _wrong(what: str, said: str) -> BadSpec:
    return BadSpec([Problem("selection.list", f"{what} {said}")])
