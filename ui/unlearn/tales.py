"""Five forgotten samples under the verdict: what each is, what the data call it, what the models say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.errors import LabError
from engine.registry import find
from engine.runs import library
from engine.runs.queue import manager
from engine.runs.records import Run
from ui.unlearn.samples import enlarged, plain

if TYPE_CHECKING:
    from engine.runs.stories import Story

COUNT = 5


def show(run: Run) -> None:
    """A strip of stories where the data come with the app, so that nothing has to be waited for."""
    dataset = find("dataset", run.spec.dataset)
    if not run.finished or dataset is None or dataset.available() != "embedded":
        return
    from engine.runs.references import find_reference, reference_samples
    from engine.runs.stories import stories

    jobs = manager()
    try:
        known = find_reference(jobs.store, run.resolved(), run.data or "") if run.data else None
        retrained = reference_samples(jobs.store, known) if known else None
        found = stories(run, library.samples(run, jobs.store), jobs.checkpoints, retrained, COUNT)
    except LabError:
        return  # the drawer "Samples of the forget set" says what is missing
    if found:
        st.markdown(f"### {len(found)} forgotten samples")
    for column, story in zip(st.columns(COUNT), found, strict=False):
        with column.container(border=True, height="stretch"):
            st.image([enlarged(story.picture)] + ([enlarged(story.twin)] if story.twin is not None else []), width=64,
                     caption=["forgotten"] + (["like it, never seen"] if story.twin is not None else []))
            st.markdown(_called(story))
            said = f"Before: **{plain(story.before)}** → now: **{plain(story.now or '–')}**"
            st.caption(said + (f" · retrained: {plain(story.retrained)}" if story.retrained else ""))


def _called(story: Story) -> str:
    """What it is and what the data call it."""
    if story.false_label:
        return f"A **{plain(story.truth or story.label)}**, labelled **{plain(story.label)}** on purpose"
    return f"Labelled **{plain(story.label)}**" + (", rightly" if story.truth is not None else "")
