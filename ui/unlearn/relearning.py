"""Is it only hidden? Relearning on a finished run's page: asked for, watched, and what it came to."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from engine.errors import LabError
from engine.evaluation.relearning import NAME
from engine.originals.checkpoints import open_checkpoints
from engine.runs import estimates, library
from engine.runs.queue import manager
from engine.runs.records import Run
from engine.studies import relearn_asked
from engine.studies.background import Question, View, questions
from engine.studies.relearn_numbers import Point, Relearned, Settings
from engine.system.words import plural
from ui.common.allowed import changes, starts
from ui.common.live_chart import live_chart
from ui.common.said import plain
from ui.frame import present
from ui.unlearn import relearn_numbers
from ui.unlearn.relearn_figure import figure
from ui.unlearn.relearn_lines import VALUES, Value

EVERY = 0.7  # seconds between two looks while it is under way
ADDRESS = "relearn"  # the address's parameter: this part is open and comes first
TITLE = "Is it only hidden?"
WHAT = ("The model is fine-tuned on retain data alone, which hold nothing of what was forgotten. Where that comes back "
        "sooner than in a retrained model, it was hidden, not removed.")


def asked_for() -> bool:
    """Whether the address asks for it."""
    return ADDRESS in st.query_params


def show(run: Run) -> None:
    """The part of the page, which looks again by itself while its question is under way."""
    if not run.finished or run.is_reference:
        return
    question = questions().of(NAME, run.id)
    active = question is not None and question.view().active
    st.fragment(_view, run_every=EVERY if active else None)(run.id, active)


def brief(run: Run) -> None:
    """The answer and its first curve alone; where nothing is known, the whole part with its button."""
    kept = relearn_asked.kept(run, manager().store)
    if not kept:
        show(run)
        return
    count, found = next(iter(kept.items()))
    with st.container(border=True, key="relearning"):
        what = "" if present.active() else f"{WHAT}\n\n"  # a projector has room for the answer and its curve
        st.markdown(f"### {TITLE}\n{what}**{found.said()}**")
        _panel(run, count, found, VALUES[0])


def _view(run_id: str, was_active: bool) -> None:
    store = manager().store
    question = questions().of(NAME, run_id)
    now = question.view() if question else None
    if was_active and (now is None or not now.active):
        st.rerun()  # the verdict has changed too
    try:
        run = library.run_of(run_id, store)
    except LabError as error:
        st.error(plain(error))
        return
    with st.container(border=True, key="relearning"):
        st.markdown(f"### {TITLE}")
        kept = relearn_asked.kept(run, store)
        if question and now and now.active:
            _under_way(run, question, now)
        elif now and now.reason:
            st.error(plain(now.reason), icon=":material/error:")
        elif now and now.state == "stopped":
            st.caption("Stopped; nothing of it was kept.")
        _kept(run, kept)
        if not (now and now.active):
            _ask(run, kept)


# --- asking ---------------------------------------------------------------------------------


def _ask(run: Run, kept: dict[int, Relearned]) -> None:
    """A button for each panel that is not there yet, with the time that it takes."""
    if refused := relearn_asked.refusal(run):
        st.info(plain(refused), icon=":material/block:")
        return
    if not kept:
        st.caption(WHAT)
    open_ones = relearn_asked.open_panels(run, kept)[:1 if not kept else None]
    with st.container(horizontal=True, vertical_alignment="center"):
        for count in open_ones:
            title = "Try to bring it back" if not count else f"Also show {count} forgotten samples"
            if st.button(f"{title}, {_time(run, count)}", icon=":material/history:", key=f"relearn-{count}",
                         type="primary" if not kept else "secondary", **starts()):
                _launch(run, count)


def _time(run: Run, count: int) -> str:
    try:
        return estimates.in_words(relearn_asked.span(run, manager().store, open_checkpoints(),
                                                     relearn_asked.asked(count)))
    except LabError:
        return estimates.in_words(None)


def _launch(run: Run, count: int) -> None:
    try:
        relearn_asked.ask(run.id, manager().store, count)
    except LabError as error:
        st.error(plain(error), icon=":material/hourglass_top:")
        return
    st.query_params[ADDRESS] = "1"
    st.rerun()


# --- watching -------------------------------------------------------------------------------


def _under_way(run: Run, question: Question, now: View) -> None:
    text, button = st.columns([4, 1], vertical_alignment="center")
    points: Sequence[Point] = now.found
    share = 0.0 if now.fraction is None else min(1.0, now.fraction)
    with text:
        st.progress(share, text=f"{'Stopping' if now.state == 'stopping' else plain(now.stage)} · {now.seconds:.0f} s")
    if button.button("Stop", icon=":material/stop:", key="relearn-stop", width="stretch",
                     **changes(question.person, help="Nothing of it is kept.")):
        question.stop()
    if points:
        last, value = points[-1], VALUES[0]
        live_chart(figure(points, last.rate, last.forgotten, value, Settings().steps,
                          f"Live: rate {last.rate:g}, order {last.seed + 1} of {len(Settings().seeds)}"),
                   f"relearn-live-{run.id}", height=330, revision=f"{last.rate}")


# --- what it came to ------------------------------------------------------------------------


def _kept(run: Run, kept: dict[int, Relearned]) -> None:
    if not kept:
        return
    first = next(iter(kept.values()))
    st.markdown(f"**{first.said()}**")
    value = _value()
    for (count, found), column in zip(kept.items(), st.columns(min(2, len(kept))) * len(kept), strict=False):
        with column:
            _panel(run, count, found, value)
    relearn_numbers.show(kept)


def _value() -> Value:
    titles = {value.field: value.title for value in VALUES}
    chosen = st.segmented_control("What of the forgotten samples", list(titles), default=VALUES[0].field,
                                  format_func=titles.__getitem__, key="relearn-value", required=True,
                                  label_visibility="collapsed")
    return next(value for value in VALUES if value.field == chosen)


def _panel(run: Run, count: int, found: Relearned, value: Value) -> None:
    worst = found.worst(count)
    if worst is None:
        st.info(found.outcome(count).said(), icon=":material/help:")
        return
    shown = "On retain data alone" if not count else f"With {count:,} forgotten {plural(count, 'sample')} shown"
    seeds = len(found.settings.seeds)
    subtitle = f"rate {worst.rate:g}, the worst of {len(found.rates)}; {seeds} {plural(seeds, 'order')} of the batches"
    answer = found.outcome(count).said()
    live_chart(figure(found.points, worst.rate, count, value, found.settings.steps, shown, subtitle, answer),
               f"relearn-{run.id}-{count}", height=330, revision=f"{run.id}-{value.field}")
    if count != min(found.settings.forgotten) or count:
        st.caption(answer)
