"""Any selected runs side by side: a sentence, a table, curves, samples, parallel coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from engine.errors import BadInput, LabError
from engine.runs import afterwards, library
from engine.runs.queue import manager
from engine.runs.records import Run
from engine.runs.store import Store
from engine.studies import likeness_asked
from engine.studies.selected import Difference, check, differences, telling
from ui.charts.selected import look, plot_parallel
from ui.common import address, take_away
from ui.common.live_chart import live_chart
from ui.common.said import plain
from ui.common.take_away import Export
from ui.frame import shell
from ui.runs.columns import status
from ui.selected import curves, numbers, pairs, report
from ui.selected.nearer import nearer
from ui.selected.words import LETTERS, sentence, short_names, value

RUNS = "runs"  # the address's parameter: ids with commas between them
EVERY = 2.0  # seconds between two looks while one of them runs


def show() -> None:
    """The page for the runs of the address."""
    address.warn(address.unused((RUNS,), "Compare selected", "It was ignored."))
    store = manager().store
    try:
        runs = find(check(st.query_params.get(RUNS, "").split(",")), store)
    except LabError as error:
        st.info(plain(error), icon=":material/info:")
        st.page_link(shell.RUNS, label="Choose runs", icon=":material/list:")
        return
    st.header(plain(sentence(runs)))
    active = any(not run.has_ended for run in runs)
    st.fragment(_live, run_every=EVERY if active else None)([run.id for run in runs])
    if len(runs) > 1:
        st.header("Sample by sample")
        with st.container(key="selected-pairs"):
            pairs.show([run.id for run in runs], short_names(runs))
    _parallel(runs)
    _take_away(runs, store)
    st.page_link(shell.RUNS, label="Choose other runs", icon=":material/list:")


def find(ids: Sequence[str], store: Store) -> list[Run]:
    """The runs, with the numbers of attacks that came later; one that is gone is named."""
    found, gone = [], []
    for run_id in ids:
        try:
            found.append(afterwards.completed(library.get(run_id, store).run, store))
        except BadInput:
            gone.append(run_id)
    if gone:
        raise BadInput(f"There is no run {', '.join(map(repr, gone))} here. It may have been deleted, or belong to "
                       "another results folder: choose the runs again.")
    return found


def _live(ids: list[str]) -> None:
    """What moves while a run of the selection does."""
    store = manager().store
    runs = find(ids, store)
    if any(not run.has_ended for run in runs):
        done = ", ".join(f"{run.id} {status(run)}" for run in runs if not run.has_ended)
        st.caption(f"Still on the way: {done}.")
    if said := nearer(runs, alike(runs, store)):
        st.markdown(f"**{said}**")
    with st.container(key="selected-numbers"):
        st.html(numbers.table(runs))
    curves.show(runs, store)


def alike(runs: Sequence[Run], store: Store) -> dict[str, Any]:
    """What was kept of the runs' likeness to their retrained models, by run id."""
    return {run.id: kept for run in runs if run.finished and (kept := likeness_asked.kept(run, store))}


def _take_away(runs: Sequence[Run], store: Store) -> None:
    def written() -> str:
        return report.write(runs, curves.measure(runs, store), curves.AXIS.get(), alike(runs, store))

    take_away.show("selected", "selected-runs", [
        Export(take_away.REPORT, "html", "text/html", written,
               "What differs, the numbers, the curves, every run's origin and the commands. Opens anywhere.")],
        "To save a curve as a picture, use the camera in its corner.", {RUNS: ",".join(run.id for run in runs)},
        "This address reopens these runs side by side:")


def _places(one: Difference) -> list[Any]:
    """A setting's values for an axis: numbers where all of them are, else words."""
    numeric = all(isinstance(found, (int, float)) and not isinstance(found, bool) for found in one.values)
    return list(one.values) if numeric else [value(one, found) for found in one.values]


def _parallel(runs: Sequence[Run]) -> None:
    """Parallel coordinates of what differs and what came of it, each run in its colour."""
    names = numbers.metrics()
    known = [(letter, run) for letter, run in zip(LETTERS, runs)
             if run.metrics and all(run.metrics.get(name) is not None for name in names)]
    done = [run for _, run in known]
    if len(done) < 2:
        st.caption("Parallel coordinates need two finished runs.")
        return
    st.header("Settings and results at once")
    st.caption("A line is a run. Drag along an axis to keep only the lines that pass there; drag an axis's title to "
               "move it.")
    found = telling(differences(done))
    dimensions: list[dict[str, Any]] = [{"label": "run", "values": [letter for letter, _ in known]}]
    dimensions += [{"label": one.name, "values": _places(one)} for one in found[:8]]
    dimensions += [{"label": numbers.title(name), "format": ".1f",
                    "values": [run.metrics[name] for run in done if run.metrics]} for name in names]
    colours = [look(LETTERS.index(letter))[0] for letter, _ in known]
    with st.container(key="selected-lines"):
        live_chart(plot_parallel(dimensions, colours), "selected-parallel", 360, ",".join(run.id for run in done))
