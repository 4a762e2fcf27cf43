"""The one fragment that follows a run: while it runs it looks twice a second and more, afterwards it is a replay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from engine.errors import LabError
from engine.evaluation.events import ProbeEvent
from engine.hyperparameters import REWIND
from engine.originals.checkpoints import original_key
from engine.registry import all_of
from engine.runs import estimates, library, people
from engine.runs.provenance import remark
from engine.runs.queue import manager
from engine.runs.records import Run
from engine.spec import Resolved
from engine.terms import REWINDING
from ui.charts.objective import drawn, plot_objective
from ui.common import watched, words
from ui.common.allowed import changes, starts
from ui.common.folded import folded
from ui.common.live_chart import live_chart
from ui.common.queueing import queue
from ui.common.said import plain
from ui.common.shared import FOLLOWED
from ui.common.stage.component import forget_drawn, stage
from ui.common.state import Slot
from ui.frame import present, tray
from ui.unlearn import beginning, headline, likeness, prefill, relearning, report_card, samples, tales, to_compare

LONG = 300  # seconds of a run that one click alone does not start
LAUNCHED: Slot[frozenset[str]] = Slot("launched", frozenset())  # runs started in this session: they are played
AT = "at"  # the address's parameter: the step to open at


def follow(run_id: str) -> None:
    """Draws a run, live or ended; reads the store only, so it does not matter who carries the run out."""
    try:
        running = not library.run_of(run_id, manager().store).has_ended
    except LabError as error:
        st.error(f"{plain(error)} It may have been deleted, or belong to another results folder. Open "
                 "another run on the page **Runs**, or start one here.", icon=":material/search_off:")
        return
    forget_drawn(_key(run_id))
    if running:
        watched.follow(run_id, lambda over: _look(run_id, over))
    else:
        st.fragment(_view)(run_id)


def _look(run_id: str, over: bool) -> bool:
    """Draws a run that lasts, or lasted when the page was drawn; whether it has ended. The page stays as it is."""
    found = _found(run_id, live=not over)
    ended = found is not None and found.run.has_ended
    if ended and not over:  # the tray looks again for what else begins and ends
        FOLLOWED.put("")
        tray.note()
    if found:
        _draw(found)
    return ended


def _view(run_id: str) -> None:
    if found := _found(run_id, live=False):
        _draw(found)


def _found(run_id: str, live: bool) -> watched.Look | None:
    """The run; None where it cannot be read, which is said."""
    try:
        return watched.look(run_id, live)
    except LabError as error:
        st.error(plain(error))
        return None


def _draw(found: watched.Look) -> None:
    jobs, run, course = manager(), found.run, found.course
    _header(jobs, run)
    if course.start is None:
        if not run.has_ended:
            st.info(_waiting(run), icon=":material/hourglass_top:")
        return
    ruined = headline.ruined(run)
    if ruined:
        headline.verdict_text(run)
    if first := relearning.asked_for():
        relearning.show(run)
    _stage(found)
    if not ruined:
        headline.verdict_text(run)
    to_compare.show(run)
    if not first:
        relearning.show(run)
    tales.show(run)
    report_card.metrics(run, course.start, course.probes)
    _objective(run, course.probes)
    samples.samples(run)
    likeness.show(run)


def say_if_other(run_id: str, asked: Resolved | None) -> None:
    """Says where the form has moved on from the run that the picture is of."""
    try:
        shown = library.run_of(run_id, manager().store).resolved()
    except LabError:
        return
    if asked is None or asked.fingerprint == shown.fingerprint:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(":material/edit: The form holds other settings than this run. Press **Unlearn** to see yours, or",
                   width="content")
        st.button("use this run's settings", key="take-over", type="tertiary", on_click=prefill.take_over,
                  args=(shown,))


def launched(run_id: str) -> None:
    """Marks a run as started here, so that it is played from its beginning even where it has ended by then."""
    LAUNCHED.put(LAUNCHED.get() | {run_id})


def _stage(look: watched.Look) -> None:
    asked, run = st.query_params.get(AT, ""), look.run
    at = int(asked) if asked.isdecimal() and len(asked) < 10 else None
    if look.scene:
        stage({**look.scene, "autoplay": run.id in LAUNCHED.get(), "at": at, "fit": present.active()}, _key(run.id))


def _key(run_id: str) -> str:
    return f"stage-{run_id}"


def _waiting(run: Run) -> str:
    if run.status == "queued":
        order = "people take turns" if people.asker() else "runs start in order"
        return f"Waiting in the queue: {order}, one run at a time. You can leave this page."
    stage = (run.progress or {}).get("stage", "Starting")
    return f"{plain(stage)} … the charts appear as soon as the Original has been measured."


def _header(jobs: Any, run: Run) -> None:
    progress = run.progress or {}
    with st.container(key="run-head"):
        title, button = st.columns([4, 1], vertical_alignment="center")
    title.markdown(f"## {headline.headline(run)}")
    title.markdown(headline.chips(run))
    beginning.chained(run)
    if run.status in ("queued", "running"):
        if button.button("Stop", icon=":material/stop:", key=f"stop-{run.id}", width="stretch",
                         **changes(run.person, help="Stops after the current step; everything measured until then is "
                                                    "kept.")):
            jobs.cancel(run.id)
        fraction = progress.get("fraction")
        done = f"{100 * fraction:.0f}%" if fraction else ""  # the step is said once, beside the playhead
        stage, left = plain(progress.get("stage", "Waiting")), words.countdown(progress.get("eta"))
        text = " · ".join(filter(None, [stage, done, left]))
        st.progress(fraction or 0.0, text=text)
    else:
        first, long = _trained_first(jobs, run), _takes_long(jobs, run)
        if long:  # one click does not start hours: the second says what it starts
            button = button.popover("Run again", icon=":material/replay:", width="stretch")
            button.caption(f"It takes {long}. {first}")
        if button.button("Start" if long else "Run again", icon=":material/replay:", key=f"again-{run.id}",
                         width="stretch",
                         **starts(help=f"Queues a new run with the same settings.{first and ' ' + first}")):
            _again(run, bool(first))
        if run.recorded:
            st.caption(f":material/album: Recorded on {words.when(run.started)[:10]} on {plain(run.device)}: it opens "
                       f"without the data, and **Run again** computes it here. {first}")
    if run.status == "failed":
        st.error(plain(run.reason), icon=":material/error:")
    elif run.reason:
        st.warning(plain(run.reason), icon=":material/info:")
    if earlier := remark(run):
        st.warning(earlier, icon=":material/history:")
    if run.notice:
        _notice(run)


def _trained_first(jobs: Any, run: Run) -> str:
    """That running it again trains an Original first, and how long that takes; empty where there is one."""
    try:
        resolved = run.resolved()
        if jobs.checkpoints.find(original_key(resolved)):
            return ""
    except LabError:  # a spec of another version, a damaged sidecar: told when it is run
        return ""
    time = estimates.in_words(estimates.training_span(resolved, jobs.checkpoints))
    return f"There is no Original for it on this machine: it is trained first, {time}."


def _takes_long(jobs: Any, run: Run) -> str:
    """How long the run would take here, where that is more than some minutes; empty otherwise."""
    try:
        span = estimates.run_span(run.resolved(), jobs.checkpoints, estimates.measured(jobs.store))
    except LabError:
        return ""
    return str(span) if span and span.high > LONG else ""


def _again(run: Run, original: bool) -> None:
    """Queues it once more. Whether a recorded run's Original was trained for it elsewhere says nothing about here."""
    anew = run.train_original and not run.recorded
    _queue(run, original or anew)


def _queue(run: Run, original: bool) -> None:
    """Queues it and opens the new run; or says why not, such as that too many wait."""
    try:
        run_id = queue(run.resolved().spec, original, of=run.id)
    except LabError as error:
        st.error(plain(error), icon=":material/error:")
        return
    launched(run_id)
    st.query_params.from_dict({"run": run_id})
    st.rerun()


def _notice(run: Run) -> None:
    st.warning(plain(run.notice), icon=":material/warning:")
    if run.spec.original:  # a trained one would be another Original
        return
    if run.has_ended and st.button("Train an Original on these data and run again", key=f"anew-{run.id}", **starts()):
        _queue(run, True)


def _objective(run: Run, probes: Sequence[ProbeEvent]) -> None:
    trace: dict[str, list[float | None]] = {name: [] for probe in probes for name in probe.trace}
    for probe in probes:
        for name, values in trace.items():  # a term that a probe's steps do not have leaves a gap
            values.extend(probe.trace.get(name, [None] * len(probe.trace.get("step", ()))))
    terms = next((method.terms for method in all_of("method") if method.name == run.spec.method), ())
    terms += REWINDING if (run.effective or {}).get(REWIND.name) else ()
    if not drawn(trace, terms):
        return

    def chart() -> None:
        figure = plot_objective(trace, terms)
        live_chart(figure, f"objective-{run.id}", height=figure.layout.height, revision=run.id)

    folded("Objective: what the method works on, step by step", ":material/show_chart:", f"objective-box-{run.id}",
           chart)
