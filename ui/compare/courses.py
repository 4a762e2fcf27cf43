"""The race: how far it is, attack accuracy over time with a line a method, and how each one's losses lie."""

from __future__ import annotations

import streamlit as st
from plotly.graph_objects import Figure

from engine.evaluation.histograms import BANDWIDTH, EDGES
from engine.studies.comparison import REFERENCE, Comparison, Runs
from engine.system.recent import Recent
from ui.charts import compare as charts
from ui.charts import humps
from ui.common import glossary, words
from ui.common.live_chart import live_chart
from ui.common.said import plain
from ui.common.state import Slot
from ui.compare import link as compare_link
from ui.compare import race as compare_runs

ATTACK: Slot[str | None] = Slot("compare.attack", None)
SMALLS: Recent[Figure] = Recent(200)  # drawings; most runs of a race have ended or wait, and stay as they are
ENDS = "These recorded runs kept how they began and ended, but not their way there: so there is no race to draw."
AXES = {"samples": "samples", "step": "steps", "seconds": "seconds"}


def racing(runs: Runs) -> bool:
    """Whether a run of the comparison waits or runs."""
    return any(run.status in ("queued", "running") for run in runs.values())


def progress(comparison: Comparison, runs: Runs) -> None:
    """How far the race is: runs that ended, and the one that is running."""
    ended = sum(run.status not in ("queued", "running") for run in runs.values())
    running = [run for run in runs.values() if run.status == "running"]
    total, told = len(comparison.grid()), []
    for run in running:
        progress = run.progress or {}
        share = "" if progress.get("fraction") is None else f" {100 * progress['fraction']:.0f}%"
        told.append(plain(" · ".join(filter(None, [
            f"{compare_runs.short_title(run.spec.method)}, seed {run.spec.seed}: "
            f"{progress.get('stage', 'starting')}{share}", words.countdown(progress.get("eta"))]))))
    parts = sum((run.progress or {}).get("fraction") or 0.0 for run in running)
    st.progress(min(1.0, (ended + parts) / total), text=" · ".join([f"{ended} of {total} runs ended", *told]))


def show(comparison: Comparison, runs: Runs, followed: list[compare_runs.Followed]) -> None:
    """Attack accuracy over time with a line a run, and below it how the losses of each method lie."""
    if not followed:
        if racing(runs):
            st.info("Waiting in the queue: lines appear once the first run has been measured. "
                    "You can leave this page.", icon=":material/hourglass_top:")
        return
    revision = "|".join(map(str, compare_link.to_query(comparison).values()))
    _race(runs, followed, revision, any(one.has_a_way for one in followed))
    _smalls(followed, revision)


def _race(runs: Runs, followed: list[compare_runs.Followed], revision: str, drawable: bool) -> None:
    """The lines and their controls; the attack is the trade-off's too, so it is asked for even without lines."""
    labels = words.attack_labels()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):  # goes on below where it is narrow
        attack = _attack(labels)
        axis, whole = _axis() if drawable else ("samples", False)
    if not drawable:
        st.caption(ENDS)
        return
    others = any(one.method != REFERENCE for one in followed)
    drawn = [one.course() for one in followed if whole or not others or one.method != REFERENCE]
    live_chart(charts.plot_race(drawn, attack, axis, compare_runs.band(followed, attack),
                                compare_runs.retrained_levels(followed, runs, attack), _samples(followed),
                                compare_runs.whole_band(runs, attack)),
               "compare-race", height=380, revision=f"{revision}|{attack}|{axis}")
    if said := compare_runs.level_apart(followed, runs, attack):
        st.caption(said)


def _attack(labels: dict[str, str]) -> str:
    chosen: str = st.segmented_control("Attack", list(labels), format_func=labels.__getitem__,
                                       default=next(iter(labels)), required=True, key=ATTACK.key,
                                       persist_state="session", width="content",
                                       help="What the attacker sees: a sample's loss, or how unsure the model is.")
    return chosen


def _axis() -> tuple[str, bool]:
    axis = st.segmented_control("Against", list(AXES), format_func=AXES.__getitem__, default="samples",
                                required=True, key="compare.axis", persist_state="session", width="content",
                                help="The x axis of the race. Samples are the fairest "
                                     "choice: they hardly depend on the machine.")
    whole = st.toggle("Show the retraining curve", key="compare.whole", persist_state="session", width="content",
                      help="Draws retraining itself as a line; it processes far more samples than "
                           "the others. The dashed level shows its result either way.")
    return axis, whole


def _samples(followed: list[compare_runs.Followed]) -> str:
    first = followed[0]
    going_on = "; hollow ends: still running" if any(one.running for one in followed) else ""
    several = len({one.seed for one in followed}) > 1
    which = "lines are means over seeds, ribbons their span" if several else "one seed"
    ends = any(point["complete"] for one in followed for point in one.points)
    right = "; right edge: the complete sets, as in the table, with their own chance range" if ends else ""
    sizes = [f"{first.counts[name]:,} {word}" for name, word in (("forget", "forget"), ("test", first.unseen))
             if name in first.counts]  # an archive need not have them
    return (f"{which}; on the {' and '.join(sizes)}{' ' if sizes else ''}samples watched, "
            f"with their chance range{right}{going_on}")


def _smalls(followed: list[compare_runs.Followed], revision: str) -> None:
    """The losses of one run a method in one row, on one axis and one height."""
    shown = compare_runs.smalls(followed)
    seeds, truth = {one.seed for one in shown}, compare_runs.truth_of(followed)
    which = f"seed {seeds.pop()}" if len(seeds) == 1 else "one seed per method"
    drawn = any(one.method != REFERENCE and one.seed in truth for one in shown)
    dashed_is = "; dashed grey: the retrained model's forget set" if drawn else ""
    st.caption(f"**How losses lie**, {which}: :orange[forget] and :blue[{plain(shown[0].unseen)}] samples over the "
               f"loss in nats (smoothed over {BANDWIDTH:g} decades){dashed_is}. "
               "After good forgetting the two humps are one.")
    glossary.line(("loss", "nats", "chance range", "retrained", "forget set"))
    top = humps.tallest(*(one.now for one in shown))
    with st.container(key="smalls"):
        for column, one in zip(st.columns(len(shown), gap="small"), shown, strict=True):
            dashed = None if one.method == REFERENCE else truth.get(one.seed)
            with column:
                live_chart(_small(one, dashed, top), f"compare-small-{one.method}",
                           height=humps.SMALL, revision=f"{revision}|{one.seed}")


def _small(one: compare_runs.Followed, dashed: list[float] | None, top: float) -> Figure:
    """A run's losses; drawn again where something has changed."""
    return SMALLS.get((one.run_id, one.seen, tuple(dashed or ()), top), lambda: humps.plot_humps(
        EDGES, one.now, compare_runs.short_title(one.method), one.overlap, dashed, top, one.unseen))
