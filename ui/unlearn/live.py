"""The one fragment that follows a run: while it runs it looks twice a second and more, afterwards it is a replay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from engine.errors import LabError
from engine.evaluation.events import ProbeEvent, StartEvent
from engine.originals.checkpoints import original_key
from engine.registry import all_of
from engine.runs import afterwards, estimates, library
from engine.runs.provenance import remark
from engine.runs.queue import manager
from engine.runs.records import Run
from ui.charts import run as charts
from ui.charts.objective import drawn, plot_objective
from ui.common import words
from ui.common.live_chart import live_chart
from ui.unlearn import report_card, samples

EVERY = 0.4  # seconds between two looks at a running run
AXES = {"step": "steps", "samples": "samples", "seconds": "seconds"}
GOAL = "Forget should come down to test"
CLASS_GOAL = "Forget should fall to the retrained<br>model's (usually zero)"


def follow(run_id: str) -> None:
    """Draws a run, live or ended; reads the store only, so it does not matter who carries the run out."""
    try:
        running = not library.get(run_id, manager().store).run.has_ended
    except LabError as error:
        st.error(f"{error} It may have been deleted, or belong to another results folder. Open "
                 "another run on the page **Runs**, or start one here.", icon=":material/search_off:")
        return
    st.fragment(_view, run_every=EVERY if running else None)(run_id, running)


def _view(run_id: str, was_running: bool) -> None:
    try:
        jobs = manager()
        found = library.get(run_id, jobs.store)
    except LabError as error:
        st.error(str(error))
        return
    run, course = afterwards.completed(found.run, jobs.store, whole=True), found.course
    if was_running and run.has_ended:
        st.rerun()
    _header(jobs, run)
    if course.start is None:
        if not run.has_ended:
            st.info(_waiting(run), icon=":material/hourglass_top:")
        return
    _charts(run, course.start, course.points)
    report_card.metrics(run, course.start, course.probes)
    _objective(run, course.probes)
    samples.samples(run)


def _waiting(run: Run) -> str:
    if run.status == "queued":
        return "Waiting in the queue: runs start in order, one at a time. You can leave this page."
    stage = (run.progress or {}).get("stage", "Starting")
    return f"{stage} … the charts appear as soon as the Original has been measured."


def _header(jobs: Any, run: Run) -> None:
    progress = run.progress or {}
    title, button = st.columns([4, 1], vertical_alignment="center")
    title.markdown(f"#### {words.run_title(run)}  {words.badge(run.status)}")
    if run.status in ("queued", "running"):
        if button.button("Stop", icon=":material/stop:", key=f"stop-{run.id}", width="stretch",
                         help="Stops after the current step; everything measured until then is kept."):
            jobs.cancel(run.id)
        fraction = progress.get("fraction")
        steps = f"step {progress['step']:,} of {progress['total_steps']:,}" if progress.get("total_steps") else ""
        text = " · ".join(filter(None, [progress.get("stage", "Waiting"), steps, words.countdown(progress.get("eta"))]))
        st.progress(fraction or 0.0, text=text)
    else:
        first = _trained_first(jobs, run)
        if button.button("Run again", icon=":material/replay:", key=f"again-{run.id}", width="stretch",
                         help=f"Queues a new run with the same settings.{first and ' ' + first}"):
            _again(jobs, run, bool(first))
        if run.recorded:
            st.info(f"A recorded run that ships with the app: made on {words.when(run.started)} on {run.device}. "
                    f"It can be explored without the data; **Run again** computes it here. {first}",
                    icon=":material/album:")
    if run.status == "failed":
        st.error(run.reason, icon=":material/error:")
    elif run.reason:
        st.warning(run.reason, icon=":material/info:")
    if earlier := remark(run):
        st.warning(earlier, icon=":material/history:")
    if run.notice:
        _notice(jobs, run)


def _trained_first(jobs: Any, run: Run) -> str:
    """That running it again trains an Original first, and how long that takes; empty where there is one."""
    try:
        resolved = run.resolved()
        if jobs.checkpoints.find(original_key(resolved)):
            return ""
    except LabError:  # a spec of another version, a damaged sidecar: told when it is run
        return ""
    time = estimates.duration(estimates.training_seconds(resolved, jobs.checkpoints))
    return f"There is no Original for it on this machine: it is trained first, {time}."


def _again(jobs: Any, run: Run, original: bool) -> None:
    """Queues it once more. Whether a recorded run's Original was trained for it elsewhere says nothing about here."""
    anew = run.train_original and not run.recorded
    st.query_params.from_dict({"run": jobs.submit(run.resolved().spec, original or anew)})
    st.rerun()


def _notice(jobs: Any, run: Run) -> None:
    st.warning(run.notice, icon=":material/warning:")
    if run.has_ended and st.button("Train an Original on these data and run again", key=f"anew-{run.id}"):
        st.query_params.from_dict({"run": jobs.submit(run.resolved().spec, train_original=True)})
        st.rerun()


def _charts(run: Run, start: StartEvent, course: Sequence[ProbeEvent]) -> None:
    points = [point.to_json() for point in course]  # charts take plain values
    shown, axis, log = _controls(run, course)
    now, key = points[shown - 1], run.id
    retrained = start.retrained.to_json() if start.retrained else None
    before, counts, attacked = start.before.to_json(), dict(start.counts), start.attacked
    scale = charts.tallest_share(before, points[-1]["reading"])
    unseen, goal = words.never_seen(run.spec), CLASS_GOAL if "unseen" in counts else GOAL
    levels = retrained or _levels(run)
    left, right = st.columns(2)
    title = "Now" if shown == len(points) else f"At step {now['step']:,}"
    with left:
        live_chart(charts.plot_distributions(start.bins, before, attacked, "Before: the Original",
                                             log=log, shared_top=scale, unseen=unseen), f"before-{key}", revision=key)
        live_chart(charts.plot_attacks(points[:shown], dict(start.null_band), axis, levels, attacked,
                                       words.attack_labels()), f"attacks-{key}", revision=key)
    with right:
        live_chart(charts.plot_distributions(start.bins, now["reading"], attacked, title, retrained=retrained,
                                             log=log, shared_top=scale, unseen=unseen), f"now-{key}", revision=key)
        live_chart(charts.plot_accuracies(points[:shown], axis, levels, counts, goal), f"accuracy-{key}",
                   revision=key)


def _levels(run: Run) -> dict[str, Any] | None:
    """The retrained model's attacks and accuracies where it came after this run: there are no histograms of it here."""
    found = run.metrics.retrained if run.metrics else None
    if found is None:
        return None
    return {"attacks": found, "accuracy": {name: found.get(f"{name}_accuracy") for name in charts.SETS}}


def _controls(run: Run, points: Sequence[ProbeEvent]) -> tuple[int, str, bool]:
    """How many points are shown (all while it runs), the x axis, and whether density is logarithmic."""
    replay, axis, log = st.columns([5, 4, 2], vertical_alignment="bottom")
    chosen = axis.segmented_control("x axis", list(AXES), format_func=AXES.__getitem__, default="step", required=True,
                                    key=f"axis-{run.id}", label_visibility="collapsed")
    first = points[0].reading.histogram["forget"]
    logarithmic = log.toggle("log", value=max(first) > 0.6 * sum(first), key=f"log-{run.id}",
                             help="Logarithmic density in the two distributions; on by default where one bar would "
                                  "dwarf the rest.")
    shown = len(points)
    if run.has_ended and len(points) > 1:
        shown = replay.select_slider("Replay: drag through the run", range(1, len(points) + 1), value=len(points),
                                     format_func=lambda i: f"step {points[i - 1].step:,}", key=f"replay-{run.id}")
    return shown, chosen, logarithmic


def _objective(run: Run, probes: Sequence[ProbeEvent]) -> None:
    trace: dict[str, list[float | None]] = {name: [] for probe in probes for name in probe.trace}
    for probe in probes:
        for name, values in trace.items():  # a term that a probe's steps do not have leaves a gap
            values.extend(probe.trace.get(name, [None] * len(probe.trace["step"])))
    terms = next((method.terms for method in all_of("method") if method.name == run.spec.method), ())
    if not drawn(trace, terms):
        return
    with st.expander("Objective: what the method works on, step by step", icon=":material/show_chart:"):
        figure = plot_objective(trace, terms)
        live_chart(figure, f"objective-{run.id}", height=figure.layout.height, revision=run.id)
