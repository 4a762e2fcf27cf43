"""The way from a run to its reference: retraining without the forget set, a click where there is none yet."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from engine.errors import LabError
from engine.registry import held_against, reference
from engine.runs import estimates
from engine.runs.queue import manager
from engine.runs.records import Run
from engine.spec import resolve
from engine.types import Spec
from ui.common.allowed import starts
from ui.common.queueing import queue
from ui.common.said import plain


def show(run: Run) -> None:
    """A button with the time that it takes; nothing where a retrained model is beside the run, or is the run."""
    if not run.finished or run.is_reference or not run.metrics or run.metrics.retrained:
        return
    try:
        asked = held_against(replace(run.resolved().spec, method=reference().name, parameters={}))
        resolved, jobs = resolve(asked), manager()
        known = jobs.store.list(status=("running", "queued"), limit=1, fingerprint=resolved.fingerprint)
        takes = estimates.in_words(estimates.run_span(resolved, jobs.checkpoints, estimates.measured(jobs.store)))
    except LabError:  # a spec of another version
        return
    if known:
        st.caption(":material/model_training: The retrained model is on its way: its numbers appear beside these ones.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button(f"Retrain to compare, {takes}", icon=":material/model_training:", key=f"retrain-{run.id}",
                     **starts()):
            _start(asked, run)
        st.caption("These numbers have nothing beside them yet: a model that never saw the forget set is what "
                   "unlearning should come to.", width="content")


def _start(asked: Spec, run: Run) -> None:
    try:
        queue(asked, train_original=bool(run.train_original and not run.recorded), of=run.id)
    except LabError as error:
        st.error(plain(error))
        return
    st.rerun()
