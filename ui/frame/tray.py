"""The tray below the pages' names: each running or waiting run as one line, and the machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from engine.errors import LabError
from engine.runs import ends
from engine.runs.queue import manager
from engine.runs.records import Run
from engine.runs.store import Store
from engine.studies.background import TITLES, Question, questions
from engine.studies.ensemble_job import EnsembleJob, ensembles
from engine.studies.sweep_job import SweepJob, sweeps
from engine.system.machine import machine
from ui.common import words
from ui.common.allowed import changes
from ui.common.said import plain
from ui.common.shared import FOLLOWED, SEEN, Looks
from ui.compare.race import short_title
from ui.evidence import link as evidence_link
from ui.frame import shell
from ui.robustness import link as robustness_link

ADDRESS = {"relearning": "relearn", "likeness": "likeness"}  # by kind, the parameter that opens its part of the page
LOOKS: Looks[list[Run]] = Looks()  # what all sessions look at
BUSY, IDLE = 2.0, 8.0  # seconds between two looks; an idle tab looks too, to notice runs started elsewhere


def show() -> None:
    """Draws the tray into the sidebar; it refreshes itself, faster while something runs."""
    FOLLOWED.put("")  # until a page says that it follows one
    note()
    with st.sidebar:
        st.fragment(_tray, run_every=BUSY if SEEN.get() else IDLE)()


def note() -> None:
    """What is under way from now on is what the page shows: it is being drawn, or all of it that may change is."""
    SEEN.put(_state(_alone(_active(manager().store))))


def _active(store: Store) -> list[Run]:
    return store.list(status=("running", "queued"))


def _alone(active: list[Run]) -> list[Run]:
    """The runs without those of the running sweep, which is one line by itself."""
    job = sweeps().active
    swept = job.fingerprints if job else ()
    return [run for run in active if run.status == "queued" or run.fingerprint not in swept]


def _state(active: list[Run]) -> Sequence[tuple[str, str]]:
    busy = {"sweep": sweeps().active, "ensemble": ensembles().active, "question": questions().active}
    return [(run.id, run.status) for run in active] + [(name, "running") for name, job in busy.items() if job]


def _tray() -> None:
    try:
        jobs = manager()
        found = LOOKS.get(jobs.store.url, lambda: _active(jobs.store))
        active = _alone(found)
    except LabError as error:
        st.error(plain(error))
        return
    if outdated(found, SEEN.get()):
        st.rerun()
    if sentence := ends.said(jobs.store):
        st.error(plain(sentence))
    st.caption("RUNS")
    if job := sweeps().active:
        _sweep(job)
    if many := ensembles().active:
        _ensemble(many)
    if not (job or many or active or questions().active):
        st.caption("Nothing is running.")
    if question := questions().active:
        _question(question)
    for run in active[:8]:
        _line(jobs, run)
    if len(active) > 8:
        st.caption(f"and {len(active) - 8} more in the queue")
    _machine()


def outdated(active: list[Run], seen: Sequence[tuple[str, str]]) -> bool:
    """Whether the page has to be drawn again, since it may show runs too; one that follows a run looks by itself."""
    return not FOLLOWED.get() and _state(_alone(active)) != seen


def _sweep(job: SweepJob) -> None:
    """The sweep as one line: what, how far, how long yet."""
    now, sweep = job.view(), job.sweep
    text, button = st.columns([5, 1], vertical_alignment="center")
    with text:
        st.page_link(shell.ROBUSTNESS, query_params=robustness_link.to_query(sweep),
                     label=f"Sweep of {plain(words.title_of('method', sweep.method))} on "
                           f"{plain(words.title_of('dataset', sweep.dataset))}")
        told = [f"{now.ended:,} of {now.todo:,} runs", now.state if now.state != "running" else "",
                words.countdown(now.left) if now.state == "running" else ""]
        st.caption(" · ".join(filter(None, told)))
    if button.button("", icon=":material/stop:", key="tray-stop-sweep",
                     **changes(job.person, help="Stop the sweep; finished cells are kept.")):
        job.cancel()
        st.rerun(scope="fragment")


def _ensemble(job: EnsembleJob) -> None:
    """The ensemble as one line: what, how far, how long yet."""
    now, ensemble = job.view(), job.design.ensemble
    text, button = st.columns([5, 1], vertical_alignment="center")
    with text:
        st.page_link(shell.EVIDENCE, query_params=evidence_link.to_query(ensemble),
                     label=f"Ensemble on {plain(words.title_of('dataset', ensemble.dataset))}")
        said = [f"{now.ended:,} of {now.todo:,} models", now.state if now.state != "running" else "",
                words.countdown(now.left) if now.state == "running" else ""]
        st.caption(" · ".join(filter(None, said)))
    if button.button("", icon=":material/stop:", key="tray-stop-ensemble",
                     **changes(job.person, help="Stop the ensemble; finished models are kept.")):
        job.cancel()
        st.rerun(scope="fragment")


def _question(question: Question) -> None:
    """What is being found out about a finished run, as one line."""
    now = question.view()
    text, button = st.columns([6, 1], vertical_alignment="center")
    with text:
        done = "" if now.fraction is None else f" · {100 * now.fraction:.0f}%"
        st.page_link(shell.UNLEARN, label=f"{TITLES[question.kind]}{done}",
                     help=f"Run {plain(question.run_id)}: {plain(now.stage)}",
                     query_params={"run": question.run_id, ADDRESS[question.kind]: "1"})
    if button.button("", icon=":material/stop:", key="tray-stop-question",
                     **changes(question.person, help="Stop it; nothing of it is kept.")):
        question.stop()
        st.rerun(scope="fragment")


def _line(jobs: Any, run: Run) -> None:
    """A run as one line: method, data and how far it is, linked to it; the rest shows on hover."""
    text, button = st.columns([6, 1], vertical_alignment="center")
    with text:
        st.page_link(shell.UNLEARN, label=_said(run), query_params={"run": run.id},
                     help=plain(f"{words.run_title(run)}, seed {run.spec.seed}"))
    if button.button("", icon=":material/stop:", key=f"tray-stop-{run.id}",
                     **changes(run.person, help="Stop this run; its measurements so far are kept.")):
        jobs.cancel(run.id)
        LOOKS.forget(jobs.store.url)
        st.rerun(scope="fragment")


def _said(run: Run) -> str:
    """``∇τ, Digits · 43% · 0:07 left``; where no share is known, its stage."""
    progress = run.progress or {}
    fraction, stage = progress.get("fraction"), progress.get("stage", "starting")
    state = "waiting" if run.status == "queued" else stage if fraction is None else f"{100 * fraction:.0f}%"
    left = words.countdown(progress.get("eta")) if run.status == "running" else ""
    name = f"{short_title(run.spec.method)}, {words.title_of('dataset', run.spec.dataset)}"
    return plain(" · ".join(filter(None, [name, state, left])))


def _machine() -> None:
    here = machine()
    st.caption("MACHINE")
    st.caption(f"{plain(here.device)}, {here.processor_cores} · "
               f"{here.memory_used:.1f} of {here.memory_total:.0f} GiB memory in use")
