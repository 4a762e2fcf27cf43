"""Every method's map side by side: each by the hyperparameter that is to it what alpha is to ∇τ."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from engine.registry import get
from engine.runs.store import Store
from engine.studies import heatmap_exports as exports
from engine.studies.heatmap import Heatmap, build
from engine.studies.intensity import intensity_map, with_a_knob
from engine.studies.shipped import shipped_map_seed
from engine.studies.sweep import Sweep
from engine.studies.sweep_runs import find_runs
from engine.system.words import numbered, spaced
from ui.charts import multiples as charts
from ui.charts.multiples import SmallMap
from ui.common import address as link
from ui.common.live_chart import live_chart
from ui.compare.race import short_title
from ui.robustness import link as robustness_link
from ui.robustness.map import excess, marks, measure_title, said

WHAT = ("Each map: the method's own knob across, from a quarter of its default to four times it; the forget fraction "
        "down. Green ✓: inside the chance range; grey †: over-forgotten, damaged or below chance, so it never counts; "
        "pale ?: too few samples to tell. One scale of colours for all: a wide green stretch means that the method "
        "needs little tuning.")
NONE = ("No method's map has been computed for these data yet. Each is a sweep of its own, resumable: "
        "`python -m engine sweep --preset intensity --dataset {dataset} --method NAME`, or open one below and press "
        "**Run sweep**.")


def show(sweep: Sweep, metric: str, ranked: bool, store: Store) -> None:
    """The maps there are, and a link to the grid of each method."""
    sweep = fuller(sweep, store)
    grids = maps_of(sweep)
    found = {name: runs for name, grid in grids.items() if (runs := find_runs(grid, store))}
    st.markdown(f"## {measure_title(metric)}: every method by its own knob, {numbered('seed', sweep.seeds)}")
    st.caption(WHAT)
    if not found:
        st.info(NONE.format(dataset=sweep.dataset), icon=":material/grid_on:")
    else:
        maps = [small(build(grids[name], runs, metric)) for name, runs in found.items()]
        figure = charts.plot_multiples(maps, "", "", ranked)
        live_chart(figure, "robustness-multiples", height=charts.height(len(maps)),
                   revision=f"{sweep.dataset}|{metric}|{ranked}")
    _links(grids, set(found))


def maps_of(sweep: Sweep) -> dict[str, Sweep]:
    """Every method's map on the sweep's data, with its seeds, profile and model."""
    dataset = get("dataset", sweep.dataset)
    return {method.name: intensity_map(method.name, sweep.dataset, sweep.seeds, sweep.profile, sweep.model)
            for method in with_a_knob() if not method.why_not(dataset)}


def fuller(sweep: Sweep, store: Store) -> Sweep:
    """The same with the seed of the maps that ship, where more of these are there than of the ones asked for."""
    seed = shipped_map_seed(sweep.dataset, sweep.profile)
    if seed is None or sweep.model:
        return sweep
    shipped = replace(sweep, seeds=(seed,))
    return max(sweep, shipped, key=lambda one: sum(len(find_runs(grid, store)) for grid in maps_of(one).values()))


def small(heatmap: Heatmap) -> SmallMap:
    """A method's map, as the figure draws it."""
    sweep, drawn = heatmap.sweep, marks(heatmap, None)
    blind = [(column, row) for row in drawn.blind for column in range(len(sweep.across.values))]
    return SmallMap(short_title(sweep.method), spaced(sweep.across.name),
                    [exports.amount(sweep.across.name, value) for value in sweep.across.values],
                    [exports.amount(sweep.down.name, value) for value in sweep.down.values],
                    excess(heatmap), said(heatmap), drawn.doubtful, blind)


def _links(grids: dict[str, Sweep], found: set[str]) -> None:
    """A link a method to its grid; those not computed yet apart."""
    for heading, names in (("Open one", [name for name in grids if name in found]),
                           ("Not computed yet", [name for name in grids if name not in found])):
        if names:
            links = (f"[{short_title(name)}]({link.to(robustness_link.to_query(grids[name]))})" for name in names)
            st.markdown(f"{heading}: {' · '.join(links)}")
