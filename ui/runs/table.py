"""The table of all runs with its filters; live while something runs. What is done with ticked runs is in actions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from engine.runs.queue import manager
from engine.system.read_only import read_only
from engine.system.words import plural
from ui.common import address, damaged, words
from ui.common.state import Slot
from ui.frame import shell
from ui.runs import actions, annotate, paging, transfer
from ui.runs.columns import SOURCES, columns, usual
from ui.runs.rows import Group, Row, all_rows, choices, groups, shown, to_csv
from ui.runs.view import CHOSEN, COLUMNS, DOWN, FIND, FORM, GROUP, SORT, View, held

CAN = {False: "compare, tag, export or delete", True: "compare or export"}  # by whether the lab only shows
EVERY = 2.0  # seconds between two looks while something runs
OPEN: Slot[Any] = Slot("runs.open", None)  # Streamlit's own: the row whose button was pressed
NAMED: dict[str, tuple[str, Callable[[str], str]]] = {
    "data": ("Data", lambda name: words.title_of("dataset", name)),
    "method": ("Method", lambda name: words.title_of("method", name)),
    "status": ("Status", lambda name: "waiting" if name == "queued" else name),
    "tags": ("Tags", str), "whose": ("Whose", lambda name: SOURCES[name])}


def show() -> None:
    """The filters, the table and the actions."""
    FORM.restore()
    annotate.confirm()
    jobs = manager()
    rows = all_rows(jobs.store)
    _filters(rows)
    view = held()
    FORM.mirror(view)
    address.warn(FORM.problems())
    damaged.show(jobs.store, [(row.id, row.problem) for row in rows if row.problem])
    active = any(row.run and not row.run.has_ended for row in rows)
    st.fragment(_live, run_every=EVERY if active else None)(view, rows)


# --- filters --------------------------------------------------------------------------------


def _filters(rows: list[Row]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="runs-bar"):
        st.text_input("Filter", key=FIND.key, icon=":material/search:", persist_state="session",
                      placeholder="any words: a method, a data set, a tag, a run's id", label_visibility="collapsed")
        with st.popover("View", icon=":material/view_column:"):
            _order()
        transfer.importing()
    with st.container(horizontal=True, key="runs-filters"):
        for name, (title, spoken) in NAMED.items():
            possible = sorted({*choices(rows, name), *CHOSEN[name].get()})
            if possible:
                st.multiselect(title, possible, key=CHOSEN[name].key, format_func=spoken, persist_state="session",
                               placeholder="any", width=190)


def _order() -> None:
    known = columns()
    title = {"": "nothing", **{name: column.title for name, column in known.items()}}
    st.selectbox("Sort by", list(known), key=SORT.key, format_func=lambda name: title[name], persist_state="session")
    st.toggle("Greatest or newest first", key=DOWN.key, persist_state="session")
    st.selectbox("Group by", ["", *(name for name, column in known.items() if column.groups)], key=GROUP.key,
                 format_func=lambda name: title[name], persist_state="session")
    st.multiselect("Columns", list(known), key=COLUMNS.key, format_func=lambda name: title[name],
                   persist_state="session")
    st.button("The usual columns", on_click=lambda: COLUMNS.put(list(usual())), key="runs-usual")


# --- the table ------------------------------------------------------------------------------


def _live(view: View, first: list[Row]) -> None:
    jobs = manager()
    rows = first if not any(row.run and not row.run.has_ended for row in first) else all_rows(jobs.store)
    found = shown(rows, view)
    if not found:
        st.info("No run matches these words and filters." if view != View(columns=view.columns) else
                "No runs yet. Start one on the page **Unlearn**, or press the button on the page **Start**.",
                icon=":material/info:")
        return
    if view.group:
        found = _grouped(groups(found, view.group), view)
    picked = paging.picked(found, _table(paging.of(found), view))
    _count(found, picked, view)
    actions.show(jobs, picked)


def _grouped(found: list[Group], view: View) -> list[Row]:
    """The groups as a table of means; ticked ones choose the runs below."""
    known = columns()
    means = [name for name in view.columns if known[name].counts]
    lines = [{"group": _named(group.value), "runs": len(group.rows), **{name: group.means[name] for name in means}}
             for group in found]
    config: dict[str, Any] = {"group": known[view.group].title, "runs": st.column_config.NumberColumn("runs", width=52)}
    config |= {name: known[name].config() for name in means}
    chosen = st.dataframe(lines, hide_index=True, width="stretch", key=f"groups-{view.group}", on_select="rerun",
                          selection_mode="multi-row", column_config=config, placeholder="–").selection.rows
    st.caption(f"Means over the runs of each group; a run without a value is left out. {len(found)} "
               f"{plural(len(found), 'group')}: tick some to see only their runs.")
    some = [found[index] for index in chosen if index < len(found)] or found
    return [row for group in some for row in group.rows]


def _named(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else "–" if value in (None, "") else str(value)


def _table(found: list[Row], view: View) -> list[Row]:
    """The table; returns the ticked rows."""
    known = columns()
    names = [name for name in view.columns if name in known]
    lines = [{"open": ":material/open_in_new:", **{name: row.cells[name] for name in {*names, "run"}}} for row in found]
    config = {"open": st.column_config.ButtonColumn("", width=36, type="tertiary", key=OPEN.key, pinned=True,
                                                    help="Opens the run.")}
    config |= {name: known[name].config() for name in names}
    chosen = st.dataframe(lines, hide_index=True, width="stretch", key=f"runs-{_of(found)}", on_select="rerun",
                          selection_mode="multi-row", column_config=config, column_order=["open", *names],
                          placeholder="", alt=f"{len(found)} runs").selection.rows
    if (click := OPEN.get()) and click["row"] < len(found):
        st.switch_page(shell.UNLEARN, query_params={"run": found[click["row"]].id})
    return [found[index] for index in chosen if index < len(found)]


def _of(found: Sequence[Row]) -> str:
    """Ticks belong to runs, not to row numbers: another list of runs is another table, with nothing ticked."""
    return hashlib.sha256(" ".join(row.id for row in found).encode()).hexdigest()[:12]


def _count(found: list[Row], picked: list[Row], view: View) -> None:
    recorded = sum(bool(row.run and row.run.recorded) for row in found)
    said = f"{len(found):,} {plural(len(found), 'run')}" + (f", {recorded:,} of them recorded" if recorded else "")
    with st.container(horizontal=True, vertical_alignment="center"):
        if any(row.live for row in found):
            said += ". Numbers of runs that have not finished are their last live reading"
        st.caption(f"{said}. " + (f"{len(picked)} ticked." if picked else
                                  f"Tick rows at their left edge to {CAN[read_only()]} them."))
        st.download_button("Table as CSV", lambda: to_csv(found, view.columns), "runs.csv", "text/csv",
                           on_click="ignore", key="runs-csv", icon=":material/download:", type="tertiary")
