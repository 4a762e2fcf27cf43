"""From the store to the rows of the table: read one by one, filtered, sorted, grouped. No widget here."""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from engine.errors import LabError
from engine.evaluation.events import Course
from engine.registry import KINDS, all_of
from engine.runs import library
from engine.runs.records import Run
from engine.runs.remembered import Latest
from engine.runs.store import Store
from engine.system.same import Same
from ui.runs.columns import Column, columns, source
from ui.runs.view import View

_rows: Latest[Row] = Latest(20_000)
_all: Latest[list[Row]] = Latest(4)
_shown: Latest[list[Row]] = Latest(16)
_choices: Latest[list[str]] = Latest(16)
VALUES: dict[str, Callable[[Run], Sequence[str]]] = {
    "data": lambda run: [run.spec.dataset], "method": lambda run: [run.spec.method], "status": lambda run: [run.status],
    "tags": lambda run: list(run.tags or ()), "whose": lambda run: [source(run)]}
BROKEN = (LabError, ArithmeticError, AttributeError, KeyError, LookupError, TypeError, ValueError)


@dataclass(frozen=True)
class Row:
    """A run with the values of all columns. A run that cannot be shown has a ``problem`` and no values.

    ``live``: its numbers are those of the last look at a run that has not finished.
    """

    id: str
    run: Run | None
    cells: Mapping[str, Any]
    problem: str = ""
    live: bool = False


@dataclass(frozen=True)
class Group:
    """Runs that share a value: how many, and the mean of each number with how many runs have it."""

    value: Any
    rows: Sequence[Row]
    means: Mapping[str, float | None]


def all_rows(store: Store) -> list[Row]:
    """Every run of the store and every recorded one; damaged rows are rows too."""
    damaged = [Row(one.id, None, {}, one.reason) for one in store.unreadable()]
    known, now = columns(), Same(record for kind in KINDS for record in all_of(kind))
    runs = library.all_runs(store)
    made_from = (Same(runs), now) if all(run.has_ended for run in runs) else None
    return damaged + _all.get(store.url, made_from, lambda: [_kept_row(run, store, known, now) for run in runs])


def _kept_row(run: Run, store: Store, known: Mapping[str, Column], now: Same[Any]) -> Row:
    """The row of a run, remembered once it has ended: of thousands of runs hardly any is another one at a next look.

    ``now`` has the components that are registered, whose titles are in the row.
    """
    if not run.has_ended:
        return row_of(run, store, known)
    return _rows.get((run.id, run.recorded), (Same([run]), now), lambda: row_of(run, store, known))


def row_of(run: Run, store: Store, known: Mapping[str, Column]) -> Row:
    """The row of a run; whatever is wrong with it stays in its row.

    Of a run without a result the numbers are those of its last live reading.
    """
    try:
        cells = {name: column.of(run) for name, column in known.items()}
        last = last_values(run, store)
        return Row(run.id, run, cells | {name: value for name, value in last.items() if name in cells}, live=bool(last))
    except BROKEN as error:
        return Row(run.id, run, {}, f"Run {run.id} cannot be shown ({type(error).__name__}: {error}): delete it.")


def last_values(run: Run, store: Store) -> Mapping[str, float | None]:
    """What the last look at a run without a result measured; nothing for other runs. Kept once it has ended."""
    if run.metrics or run.recorded or run.status == "queued":
        return {}
    return _ended(run.id, store) if run.has_ended else _last(run.id, store)


@functools.lru_cache(maxsize=1024)
def _ended(run_id: str, store: Store) -> Mapping[str, float | None]:
    return _last(run_id, store)


def _last(run_id: str, store: Store) -> Mapping[str, float | None]:
    probes = Course.from_json(store.events(run_id)).probes
    return probes[-1].reading.values if probes else {}


def shown(rows: Sequence[Row], view: View) -> list[Row]:
    """The rows that a view asks for, in its order; one's own before recorded ones where the newest come first."""
    return [*_shown.get(view, Same(rows), lambda: _ordered(rows, view))]


def _ordered(rows: Sequence[Row], view: View) -> list[Row]:
    found = [row for row in rows if row.run and not row.problem and _wanted(row, row.run, view)]
    name, down = view.sort.removeprefix("-"), view.sort.startswith("-")
    known = [row for row in found if row.cells[name] not in (None, "")]
    known.sort(key=lambda row: _key(row.cells[name]), reverse=down)
    ordered = known + [row for row in found if row.cells[name] in (None, "")]
    return sorted(ordered, key=lambda row: bool(row.run and row.run.recorded)) if name == "started" else ordered


def groups(rows: Sequence[Row], by: str) -> list[Group]:
    """The rows by their value in a column, the largest group first."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(repr(row.cells[by]), []).append(row)
    made = [Group(some[0].cells[by], some, _means(some)) for some in found.values()]
    return sorted(made, key=lambda group: -len(group.rows))


def choices(rows: Sequence[Row], name: str) -> list[str]:
    """What a filter can choose: values that occur."""
    return [*_choices.get(name, Same(rows), lambda: sorted(
        {value for row in rows if row.run and not row.problem for value in _values(row.run, name)}))]


def to_csv(rows: Sequence[Row], names: Sequence[str]) -> str:
    """The rows as CSV with the columns' names, numbers in full; begun by the run's id."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    names = ["run", *(name for name in names if name != "run")]
    writer.writerow(names)
    for row in rows:
        writer.writerow([_plain(row.cells[name]) for name in names])
    return file.getvalue()


def _wanted(row: Row, run: Run, view: View) -> bool:
    chosen = {name: wanted for name in VALUES if (wanted := getattr(view, name))}
    if any(not set(wanted) & set(_values(run, name)) for name, wanted in chosen.items()):
        return False
    if not view.find.strip():
        return True
    text = " ".join(str(value).lower() for value in row.cells.values()) + f" seed {run.spec.seed} {run.spec.profile}"
    return all(word in text for word in view.find.lower().split())


def _values(run: Run, name: str) -> Sequence[str]:
    """A run's values for a filter; components by the names that addresses use."""
    return VALUES[name](run)


def _means(rows: Sequence[Row]) -> dict[str, float | None]:
    names = [name for name, column in columns().items() if column.counts]
    values = {name: [row.cells[name] for row in rows if row.cells[name] is not None] for name in names}
    return {name: fmean(known) if known else None for name, known in values.items()}


def _key(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else ", ".join(value) if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    """As a spreadsheet reads it; a text that would be a formula there is marked as text."""
    text = ", ".join(value) if isinstance(value, list) else value
    return f"'{text}" if isinstance(text, str) and text[:1] in ("=", "+", "-", "@") else text
