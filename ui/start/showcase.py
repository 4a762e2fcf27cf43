"""The picture on Start: a recorded run that plays by itself, the button that repeats it here, and three examples."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from engine.errors import LabError
from engine.evaluation.measured import UNMEASURED
from engine.registry import live_attacks
from engine.runs import library
from engine.runs.queue import manager
from engine.runs.recorded import newest_as_now, recorded_runs
from engine.runs.records import Run
from engine.system.read_only import read_only
from engine.types import Spec
from ui.common import words
from ui.common.said import plain
from ui.common.stage.component import forget_drawn, stage
from ui.common.stage.scene import scene
from ui.frame import shell
from ui.start import thumbnails
from ui.unlearn import form as launch
from ui.unlearn.form import DEMO

PROMISE = (
    "A model gives away what it was trained on: it is surer of those samples than of new ones. *Machine unlearning* "
    "removes samples without training again. Watch the losses of the samples to **:orange[forget]** move onto those "
    "of **:blue[never-seen test]** samples, until an attacker can do no better than a coin toss.")


@dataclass(frozen=True)
class Example:
    """A card: whose recorded run it opens, and what it shows in plain words."""

    title: str
    text: str
    spec: Spec


EXAMPLES = (
    Example("Digits", "Small pictures, some labelled wrong on purpose. Runs here in a second.", DEMO),
    Example("CIFAR-10", "7,500 of 50,000 photographs leave a ResNet18. Recorded; hours of training.",
            Spec("cifar10", profile="paper", forget_fraction=0.15)),
    Example("Emotions", "Comments from Reddit leave a text classifier. Recorded.",
            Spec("go_emotions", profile="paper", forget_fraction=0.03)))


def hero() -> None:
    """The sentence and the button beside the recorded demo, which plays in a loop."""
    text, picture = st.columns([2, 3], vertical_alignment="center", gap="large")
    with text:
        st.markdown(PROMISE)
        label = "Watch a model forget 15% of the digits" if read_only() else "Forget 15% of the digits now"
        if st.button(label, type="primary", icon=":material/play_arrow:", key="demo", width="stretch"):
            _demo()
        st.page_link(shell.LEARN, label="New to this? Six lessons, ten minutes", icon=":material/school:")
        st.caption(launch.DEMO_TEXT)
        with st.expander("How this split was chosen", icon=":material/casino:"):
            st.caption(launch.DEMO_SPLIT)
    with picture:
        _play(_recorded(DEMO))


def _demo() -> None:
    """Starts the demo and goes to it; or says why not, such as that too many runs wait."""
    try:
        run_id = launch.demo()
    except LabError as error:
        st.error(plain(error), icon=":material/error:")
        return
    st.switch_page(shell.UNLEARN, query_params={"run": run_id})


def _play(run: Run | None) -> None:
    """The recorded run in a loop; nothing where it does not ship, or cannot be read."""
    try:
        found = library.get(run.id, manager().store) if run else None
    except LabError:
        return
    drawn = scene(found.run, found.course, autoplay=True, compact=True) if found else None
    if found and drawn:
        forget_drawn("start-hero")  # drawn with its page alone
        stage(drawn, "start-hero")
        st.caption(f"A recorded run, {plain(words.title_of('method', found.run.spec.method))} on "
                   f"{plain(words.title_of('dataset', found.run.spec.dataset))}, playing in a loop.")


def cards() -> None:
    """Three recorded runs, each with what its attack came to."""
    columns = st.container(key="start-cards").columns(len(EXAMPLES))
    for column, example in zip(columns, EXAMPLES, strict=True):
        run = _recorded(example.spec)
        if run is None or run.metrics is None:
            continue
        attack = live_attacks()[0]
        before, now = (run.metrics.original or UNMEASURED).get(attack.name), run.metrics.get(attack.name)
        with column.container(border=True, height="stretch"):
            st.markdown(f"## {plain(example.title)}: {words.number(before)} → {words.number(now, 1, '%')}")
            thumbnails.show(run)
            st.caption(f"{attack.short_title}. {plain(example.text)}")
            st.page_link(shell.UNLEARN, label="Open", icon=":material/play_circle:", query_params={"run": run.id})


def _recorded(spec: Spec) -> Run | None:
    """The newest recorded run with these settings and the data set's usual model."""
    alike = {"dataset": spec.dataset, "method": spec.method, "profile": spec.profile, "scenario": spec.scenario,
             "forget_fraction": spec.forget_fraction}
    found = [run for run in newest_as_now(recorded_runs(), **alike).values()
             if not words.unusual_model(run.spec) and not run.spec.parameters and not run.spec.options]
    return next((run for run in sorted(found, key=lambda run: (run.spec.seed != spec.seed, run.spec.seed))), None)
