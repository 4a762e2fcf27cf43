"""What else differs from retraining: predictions, classes and features of a finished run beside retrained models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.errors import LabError
from engine.originals.checkpoints import open_checkpoints
from engine.runs import estimates, library
from engine.runs.queue import manager
from engine.runs.records import Run
from engine.studies import likeness_asked as likeness
from engine.studies.background import Question, View, questions
from ui.common.allowed import changes, starts
from ui.common.said import plain
from ui.unlearn import likeness_views

EVERY = 0.7  # seconds between two looks while it is under way
ADDRESS = "likeness"  # the address's parameter: the drawer is open
TITLE = "What else differs from retraining"
WHAT = ("Equal accuracies can hide different models. Here the model is compared with a retrained one sample by sample, "
        "class by class and layer by layer, beside what is attainable: a second retrained model.")


def show(run: Run) -> None:
    """The drawer, which looks again by itself while its question is under way."""
    if likeness.refusal(run):
        return
    question = questions().of(likeness.NAME, run.id)
    active = question is not None and question.view().active
    with st.expander(TITLE, icon=":material/difference:", expanded=active or ADDRESS in st.query_params):
        st.fragment(_view, run_every=EVERY if active else None)(run.id, active)


def _view(run_id: str, was_active: bool) -> None:
    store = manager().store
    question = questions().of(likeness.NAME, run_id)
    now = question.view() if question else None
    if was_active and (now is None or not now.active):
        st.rerun()
    try:
        run = library.run_of(run_id, store)
    except LabError as error:
        st.error(plain(error))
        return
    with st.container(key="likeness"):
        if question and now and now.active:
            _under_way(question, now)
            return
        if now and now.reason:
            st.error(plain(now.reason), icon=":material/error:")
        if found := likeness.kept(run, store):
            _found(run, found)
        else:
            _ask(run)


def _ask(run: Run) -> None:
    st.caption(WHAT)
    time = estimates.in_words(likeness.span(run, manager().store, open_checkpoints()))
    if st.button(f"Compare the models, {time}", icon=":material/difference:", key="likeness-ask", **starts()):
        try:
            likeness.ask(run.id, manager().store)
        except LabError as error:
            st.error(plain(error), icon=":material/hourglass_top:")
            return
        st.query_params[ADDRESS] = "1"
        st.rerun()


def _under_way(question: Question, now: View) -> None:
    text, button = st.columns([4, 1], vertical_alignment="center")
    with text:
        st.progress(min(1.0, now.fraction or 0.0), text=f"{plain(now.stage)} · {now.seconds:.0f} s")
    if button.button("Stop", icon=":material/stop:", key="likeness-stop", width="stretch",
                     **changes(question.person)):
        question.stop()


def _found(run: Run, found: Mapping[str, Any]) -> None:
    names = [name for name in likeness_views.SETS if name in found["sets"]]
    chosen = st.segmented_control("Samples", names, default=names[0], format_func=likeness_views.SETS.__getitem__,
                                  key="likeness-set", required=True, label_visibility="collapsed")
    one, blind = found["sets"][chosen], found["blind_spots"]
    likeness_views.predictions(one, blind)
    likeness_views.classes(one, blind)
    likeness_views.moved(run.id, chosen, one, blind)
    likeness_views.layers(run.id, chosen, one, blind)
    likeness_views.trade(run)
    for sentence in dict.fromkeys((*one["notes"], *found["notes"])):
        st.caption(plain(sentence))
