"""Five forgotten samples under the verdict: what each is, what the data call it, what the models say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.errors import BadInput, LabError
from engine.kind import kind_of
from engine.registry import get
from engine.runs.queue import manager
from engine.runs.records import Run
from engine.studies.memorised import memorised_of
from engine.system.decency import is_clean, masked
from engine.system.shown import is_text, text_of
from ui.common import glossary, words
from ui.common.answers import answer, called
from ui.common.pictures import Picture, strip
from ui.unlearn import headline
from ui.unlearn.samples import NOT_KEPT, bold, plain

if TYPE_CHECKING:
    from engine.kind import Kind
    from engine.runs.stories import Story

COUNT = 5
SIDE = 60  # pixels on the screen
RUINED = "The model is damaged: a true answer below is no success, for it may answer everything alike."


def show(run: Run) -> None:
    """A strip of stories where nothing has to be waited for: the data, or some of their samples, come with the app."""
    if not run.finished:
        return
    from engine.runs.stories import stories_at_once

    jobs = manager()
    try:
        found = stories_at_once(run, jobs.store, jobs.checkpoints, COUNT)
    except BadInput:
        if run.recorded:
            st.caption("This recorded run kept no losses of single samples, so none of them can be shown: "
                       "run it again to see them.")
        return
    except LabError:
        return  # the drawer "Samples of the forget set" gives the reason
    if not found:
        return
    st.markdown(f"### {len(found)} forgotten samples")
    if headline.ruined(run):
        st.caption(RUINED)
    written, memorised = _as_written(run, found), memorised_of(run, jobs.checkpoints)
    for column, story in zip(st.columns(COUNT), found, strict=False):
        with column.container(border=True, height="stretch"):
            _tell(story, written)
            if memorised:
                st.caption(memorised.said(story.sample).capitalize())
    st.caption(_about(found, written, kind_of(get("dataset", run.spec.dataset))))
    glossary.line(["memorised"] if memorised else [])


def _as_written(run: Run, found: list[Story]) -> bool:
    """Whether strong language is shown: only where somebody asks for it; nothing to ask where there is none."""
    texts = [text_of(one) for story in found for one in (story.shown, story.twin)]
    return all(map(is_clean, texts)) or st.toggle("Show as written", key=f"written-{run.id}",
                                                  help="Some words of these comments are masked, such as f***.")


def _tell(story: Story, written: bool) -> None:
    _texts(story, written) if is_text(story.shown) else _pictures(story)
    st.markdown(called(story.label, story.truth, bold))
    said = (f"Before: {_said(story, story.before, story.right_before)} → at the end: "
            f"{_said(story, story.now, story.right_now)}")
    if story.right_retrained is not None:
        said += f" · retrained: {_said(story, story.retrained, story.right_retrained)}"
    st.caption(f"{said}  \nLoss {words.loss(story.loss_before)}, at the end {words.loss(story.loss_now)} nats")


def _pictures(story: Story) -> None:
    forgotten, like = "forgotten", "like it, never seen"
    found = [Picture(story.shown["picture"], f"{forgotten}: {called(story.label, story.truth)}", forgotten)]
    found += [Picture(story.twin["picture"], like, like)] if story.twin else []
    st.html(strip(found, SIDE))


def _texts(story: Story, written: bool) -> None:
    text, twin = (text_of(one) if written else masked(text_of(one)) for one in (story.shown, story.twin))
    st.markdown(f"“{plain(text)}”")
    if story.twin:
        st.caption(f"Like it, never seen: “{plain(twin)}”")


def _said(story: Story, said: str | None, right: bool) -> str:
    return answer(said, right, story.label, story.truth, bold)


def _about(found: list[Story], written: bool, kind: Kind) -> str:
    """How they were chosen, what "like it" means, and that an answer was not kept."""
    chosen = ("Wrong labels that the model had learned by heart come first."
              if any(story.false_label for story in found) else
              "Samples that were right before and are wrong now come first, then those whose loss rose most.")
    read = "✓ is right." if any(one.right_before or one.right_now for one in found if not one.false_label) else ""
    like = f"“Like it, never seen” is the held-out {kind.noun} {kind.like}." if any(one.twin for one in found) else ""
    unkept = any(story.now is None or (story.retrained, story.right_retrained) == (None, False) for story in found)
    as_is = "The comments are as they were written" + ("." if written else ", except for the masked words.")
    return " ".join(filter(None, (chosen, read, like, as_is if is_text(found[0].shown) else "",
                                  NOT_KEPT if unkept else "")))
