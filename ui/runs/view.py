"""What the page Runs shows, as a record that is also its address: filters, order, groups and columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.errors import Problem
from engine.system.words import plural
from ui.common.linked_form import LinkedForm
from ui.common.state import Slot
from ui.runs.columns import columns, usual

LISTS = ("data", "method", "status", "tags", "whose")
NEWEST = "-started"
NAMES = ("find", *LISTS, "sort", "group", "columns")


@dataclass(frozen=True)
class View:
    """``sort`` is a column's name, with a minus before it for the greatest first; ``group`` may be empty."""

    find: str = ""
    data: tuple[str, ...] = ()
    method: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    whose: tuple[str, ...] = ()
    sort: str = NEWEST
    group: str = ""
    columns: tuple[str, ...] = field(default_factory=usual)


FIND, SORT, GROUP = Slot("filter", ""), Slot("runs.sort", "started"), Slot("runs.group", "")
DOWN = Slot("runs.down", True)
COLUMNS: Slot[list[str]] = Slot("runs.columns", [])
CHOSEN: dict[str, Slot[list[str]]] = {name: Slot(f"runs.{name}", []) for name in LISTS}


def read(asked: Mapping[str, str]) -> tuple[View, list[Problem]]:
    """The view of an address, and what in it could not be used."""
    known, problems = columns(), []
    sort, group = asked.get("sort", NEWEST), asked.get("group", "")
    shown = tuple(filter(None, asked["columns"].split(","))) if "columns" in asked else usual()
    if sort.removeprefix("-") not in known:
        problems.append(Problem("sort", f"The link sorts by {sort!r}, which is no column: the newest come first."))
        sort = NEWEST
    if group and (group not in known or not known[group].groups):
        problems.append(Problem("group", f"The link groups by {group!r}, which is no column to group by: nothing is "
                                "grouped."))
        group = ""
    if strange := [name for name in shown if name not in known]:
        problems.append(Problem("columns", f"The link shows the {plural(len(strange), 'column')} {', '.join(strange)}, "
                                "which this version does not know: left out."))
    lists = {name: tuple(filter(None, asked.get(name, "").split(","))) for name in LISTS}
    return View(asked.get("find", ""), **lists, sort=sort, group=group,
                columns=tuple(name for name in shown if name in known) or usual()), problems


def write(view: View) -> dict[str, str]:
    """The address of a view; what is as usual is left out."""
    query = {"find": view.find, "sort": view.sort if view.sort != NEWEST else "", "group": view.group,
             "columns": "" if view.columns == usual() else ",".join(view.columns),
             **{name: ",".join(getattr(view, name)) for name in LISTS}}
    return {name: query[name] for name in NAMES if query[name]}


def fill(view: View) -> None:
    """Puts a view into the widgets."""
    FIND.put(view.find)
    SORT.put(view.sort.removeprefix("-"))
    DOWN.put(view.sort.startswith("-"))
    GROUP.put(view.group)
    COLUMNS.put(list(view.columns))
    for name, slot in CHOSEN.items():
        slot.put(list(getattr(view, name)))


def held() -> View:
    """The view that the widgets hold."""
    chosen: Sequence[str] = COLUMNS.get() or usual()
    return View(FIND.get().strip(), **{name: tuple(slot.get()) for name, slot in CHOSEN.items()},
                sort=("-" if DOWN.get() else "") + SORT.get(), group=GROUP.get() or "",
                columns=tuple(name for name in columns() if name in chosen))


FORM: LinkedForm[View] = LinkedForm("runs", "Runs", NAMES, read, write, fill)
