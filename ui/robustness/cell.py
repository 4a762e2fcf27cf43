"""One square of the heatmap from near: its losses beside its neighbours', its seeds, and the way to its runs."""

from __future__ import annotations

from typing import Any

import streamlit as st

from engine.evaluation.histograms import BANDWIDTH, EDGES
from engine.evaluation.measured import UNMEASURED
from engine.evaluation.metrics import metric_of, metric_title
from engine.runs.records import Run
from engine.studies import heatmap as heatmaps
from engine.studies.heatmap_exports import amount
from engine.studies.sweep import Sweep
from engine.studies.sweep_runs import Runs
from engine.system.words import spaced
from ui.charts import humps
from ui.common import measures, words
from ui.common.live_chart import live_chart
from ui.common.said import plain
from ui.compare import race as compare_runs

Place = tuple[Any, Any]


def show(sweep: Sweep, runs: Runs, place: Place) -> None:
    """Heading, distributions of this square and those left and right of it, and a row a seed."""
    x, y = place
    heading, chooser = st.columns([5, 2], vertical_alignment="bottom")
    heading.markdown(f"### {label(sweep.across.name, x)}, {label(sweep.down.name, y)}")
    seed = sweep.seeds[0]
    if len(sweep.seeds) > 1:
        seed = chooser.segmented_control("Seed", sweep.seeds, key="robustness.seed", default=seed, required=True,
                                         help="Choose whose distributions to draw.")
        seed = seed if seed in sweep.seeds else sweep.seeds[0]
    _neighbours(sweep, runs, place, seed)
    st.table(_seeds(sweep, runs, place))


def label(name: str, value: Any) -> str:
    """``alpha 0.25``, ``forget 15%``."""
    return f"{'forget' if name == 'forget_fraction' else spaced(name)} {amount(name, value)}"


def _neighbours(sweep: Sweep, runs: Runs, place: Place, seed: int) -> None:
    """The Original's losses, then this square's between its neighbours' across."""
    values = list(sweep.across.values)
    at = values.index(place[0])
    near = values[max(0, at - 1):at + 2]
    known = {x: one for x in near if (one := _followed(runs.get((x, place[1], seed))))}
    if not known:
        st.info(_why_empty(runs.get((*place, seed))), icon=":material/hourglass_empty:")
        return
    first = next(iter(known.values()))
    shown = [("Original", first, first.before), *(
        (amount(sweep.across.name, x), known.get(x), known[x].now if x in known else None) for x in near)]
    dashed = "; dashed grey: the retrained model's forget set" if any(one and one.truth for _, one, _ in shown) else ""
    top = humps.tallest(*(drawn for *_, drawn in shown))
    st.caption(f"**How losses lie**, seed {seed}: :orange[forget] and :blue[{plain(first.unseen)}] samples over the "
               f"loss in nats (smoothed over {BANDWIDTH:g} decades), before and after with {plain(sweep.across.title)} "
               f"{', '.join(name for name, *_ in shown[1:])}{dashed}. "
               "After good forgetting the two humps are one.")
    with st.container(key="smalls"):
        for column, (name, one, drawn), x in zip(st.columns(len(shown), gap="small"), shown, [None, *near]):
            with column:
                if one is None:
                    st.caption(f"**{name}**: {_why_empty(runs.get((x, place[1], seed)))}")
                    continue
                title, note = (f"<b>{name}</b>" if x == place[0] else name), one.overlap if x is not None else ""
                live_chart(humps.plot_humps(EDGES, drawn, title, note, one.truth, top, one.unseen),
                           f"robustness-small-{'before' if x is None else near.index(x)}", height=humps.SMALL,
                           revision=f"{place}|{seed}")


def _followed(run: Run | None) -> compare_runs.Followed | None:
    if run is None or run.status == "queued":
        return None
    one = compare_runs.followed(run)
    return one if one.start and one.reading else None


def _why_empty(run: Run | None) -> str:
    if run is None:
        return "Not run yet."
    told = {"queued": "Waiting in the queue.", "running": "Running: nothing measured yet."}
    return told.get(run.status) or plain(run.reason or "") or f"It {run.status}; its live measurements were not kept."


def _seeds(sweep: Sweep, runs: Runs, place: Place) -> list[dict[str, str]]:
    rows = []
    for seed in sweep.seeds:
        run = runs.get((*place, seed))
        row = {"seed": str(seed), "state": words.badge(run.status) if run else "not run yet"}
        metrics = (run.metrics if run else None) or UNMEASURED
        row |= {metric_title(name): measures.value(metric_of(name), metrics.get(name)) for name in heatmaps.measures()}
        row["run"] = f"[open](unlearn?run={run.id})" if run else ""
        if run and run.status == "failed":
            row["state"] += f" {plain(run.reason)}"
        rows.append(row)
    return rows
