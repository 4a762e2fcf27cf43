"""What can be done with the ticked runs: open, compare, run again, stop, tag, export, delete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from engine.errors import LabError
from engine.registry import is_reference
from engine.runs import library
from engine.runs.queue import Jobs
from engine.runs.records import Run
from engine.studies.selected import FEWEST, MOST
from engine.system.words import plural
from ui.common import words
from ui.common.allowed import changes, mine, starts
from ui.common.queueing import queue
from ui.common.said import plain
from ui.common.state import Slot
from ui.frame import shell
from ui.runs import annotate, transfer
from ui.runs.rows import Row

LONG = 120.0  # seconds from which on a run is not started by one click
LINES = 30  # that a dialog lists
REFUSED = Slot("runs.refused", "")  # what could not be deleted, until something else is done


def show(jobs: Jobs, picked: Sequence[Row]) -> None:
    """The buttons; nothing is drawn while nothing is ticked."""
    if REFUSED.get():
        st.error(plain(REFUSED.get()), icon=":material/error:")
    runs = [row.run for row in picked if row.run]
    if not runs:
        return
    own = [run for run in runs if not run.recorded]
    active = [run for run in own if not run.has_ended]
    changeable = [run for run in own if mine(run.person)]
    with st.container(horizontal=True, key="runs-actions"):
        _open(runs)
        _compare(runs)
        if st.button("Run again", icon=":material/replay:", key="again", **starts()):
            _again(jobs, runs)
        stoppable = [run for run in active if mine(run.person)]
        if st.button("Stop", icon=":material/stop:", key="stop", **_on(active, stoppable, disabled=not active)):
            for run in stoppable:
                jobs.cancel(run.id)
            st.rerun()
        if st.button("Tags and note", icon=":material/label:", key="annotate",
                     **_on(own, changeable, not own, "Recorded runs are read-only." if not own else None)):
            annotate.dialog(jobs, own)
        transfer.exporting(jobs, own, len(runs) - len(own))
        why = "Stop runs before you delete them; recorded ones stay." if active or not own else None
        if st.button("Delete", icon=":material/delete:", key="delete_runs",
                     **_on(own, changeable, bool(active) or not own, why)):
            _delete(jobs, own)


def _on(runs: Sequence[Run], allowed: Sequence[Run], disabled: bool = False, help: str | None = None) -> dict[str, Any]:
    """``disabled`` and ``help`` of a button that changes runs, of which only some may be ``allowed`` to be changed."""
    others = [run for run in runs if run not in allowed]
    return changes(others[0].person, disabled, help) if others and not disabled else starts(disabled, help)


def _open(runs: Sequence[Run]) -> None:
    if st.button("Open", icon=":material/open_in_new:", disabled=len(runs) != 1, key="open"):
        st.switch_page(shell.UNLEARN, query_params={"run": runs[0].id})


def _compare(runs: Sequence[Run]) -> None:
    fits = FEWEST <= len(runs) <= MOST
    if st.button("Compare selected", icon=":material/stacked_line_chart:", key="compare-selected", disabled=not fits,
                 type="primary" if fits else "secondary", help=f"Tick {FEWEST} to {MOST} runs."):
        st.switch_page(shell.SELECTED, query_params={"runs": ",".join(run.id for run in runs)})


# --- run again ------------------------------------------------------------------------------


def _again(jobs: Jobs, runs: Sequence[Run]) -> None:
    """At once where it is quick; a question first where it may take long."""
    took = sum(run.seconds or 0.0 for run in runs)
    if took > LONG or any(run.recorded for run in runs):
        _ask(jobs, runs, took)
    else:
        _queue(jobs, runs)


def _queue(jobs: Jobs, runs: Sequence[Run]) -> None:
    try:
        jobs.store.check_room(len(runs))  # all of them or none
        for run in runs:
            queue(library.get(run.id, jobs.store).run.resolved().spec, run.train_original, of=run.id)
    except (LabError, ValueError) as error:
        st.error(plain(error))
        return
    st.rerun()


@st.dialog("Run again?")
def _ask(jobs: Jobs, runs: Sequence[Run], took: float) -> None:
    st.write(f"{len(runs)} {plural(len(runs), 'run')} took {words.seconds(took)} of training in all; this machine may "
             "be slower or faster.")
    if any(is_reference(run.spec) for run in runs):
        st.write("Retraining trains a model from scratch, which takes longest.")
    for run in runs[:LINES]:
        st.caption(f"{plain(line(run))} · {words.seconds(run.seconds)} on {plain(run.device or 'an unknown device')}")
    yes, no = st.columns(2)
    if yes.button("Run again", type="primary", icon=":material/replay:", key="confirm-again", width="stretch"):
        _queue(jobs, runs)
    if no.button("Cancel", key="cancel-again", width="stretch"):
        st.rerun()


# --- delete ---------------------------------------------------------------------------------


@st.dialog("Delete for good?", width="medium")
def _delete(jobs: Jobs, runs: Sequence[Run]) -> None:
    count = f"{len(runs)} {plural(len(runs), 'run')}"
    st.write(f"{count} with all measurements and per-sample losses:")
    with st.container(key="delete-list"):
        for run in runs[:LINES]:
            st.text(f"{run.id}: {line(run)}")
        if len(runs) > LINES:
            st.text(f"and {len(runs) - LINES} more")
    yes, no = st.columns(2)
    if yes.button(f"Delete {count}", type="primary", icon=":material/delete:", key="confirm-delete", width="stretch",
                  on_click=_remove, args=(jobs, runs)):
        st.rerun()
    if no.button("Cancel", key="cancel-delete", width="stretch"):
        st.rerun()


def _remove(jobs: Jobs, runs: Sequence[Run]) -> None:
    """Deletes what can be deleted; what another tab deleted or started meanwhile is said on the page."""
    refused = []
    for run in runs:
        try:
            jobs.store.delete(run.id)
        except (LabError, ValueError) as error:
            refused.append(str(error))
    REFUSED.put(" ".join(refused))


def line(run: Run) -> str:
    """What tells a run from its like: title with all changed settings, seed, status, when it started."""
    seed = "" if run.spec.seed else ", seed 0"  # other seeds are in the title
    return f"{words.run_title(run)}{seed}; {run.status}, started {words.when(run.started or run.created)}"
