"""The Robustness page: a heatmap that fills in while a sweep runs, square by square, and each square from near.

The form is on the left (ui/robustness/form.py). The right comes from the store alone, by a fragment that looks again
while the sweep runs, so that a reload, another tab or another process shows the same.
"""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from engine.runs.queue import manager
from engine.studies import heatmap as heatmaps
from engine.studies import heatmap_exports as exports
from engine.studies.heatmap import Heatmap, build
from engine.studies.shipped import shipped_presets
from engine.studies.sweep import PRESETS, Sweep
from engine.studies.sweep_job import sweeps
from engine.studies.sweep_runs import Runs, find_runs
from ui.charts import robustness as charts
from ui.common import address as link
from ui.common import job_bar, take_away
from ui.common.linked_form import LinkedForm
from ui.common.live_chart import live_chart
from ui.common.said import plain
from ui.common.state import Slot
from ui.common.take_away import Export
from ui.frame import drawer, shell
from ui.robustness import cell as robustness_cell
from ui.robustness import form as robustness_form
from ui.robustness import found, multiples, report
from ui.robustness import link as robustness_link
from ui.robustness import rows as robustness_rows
from ui.robustness import scrub as robustness_scrub
from ui.robustness.link import View
from ui.robustness.map import excess, marks, matrix, measure_title, said, subtitle, title

EVERY = 1.0  # seconds between two looks at a sweep
RUNS = job_bar.Parts("runs", "sweep", stop="Stops the current runs; finished cells are kept, and the rest can be "
                     "computed later.")
METRIC = Slot("robustness.metric", heatmaps.measures()[0])
CHOSEN: Slot[robustness_cell.Place | None] = Slot("robustness.chosen", None)
RANKED, SIDE_BY_SIDE = Slot("robustness.ranked", False), Slot("robustness.maps", False)
NOTHING = "No run of this grid exists yet. Press **Run sweep**, and the cells fill in one by one."


def show() -> None:
    """Form and view, side by side; the map of methods by share found instead where the address asks for it."""
    if found.asked_for():
        if found.show():
            robustness_form.FORM.open(PRESETS[robustness_link.RECORDED])
        return
    settings, view = st.columns([2, 7], gap="medium")
    with settings.container(key="settings"):
        sweep, problems = robustness_form.form()
    if sweep:
        _view_of(sweep).restore()
    with view.container(key="view"):
        link.warn(robustness_form.FORM.problems())
        link.warn(_view_of(sweep).problems(_now(sweep)) if sweep else ())
        for sentence in problems:
            st.error(plain(sentence), icon=":material/error:")
        active = sweeps().active is not None
        if sweep:
            st.fragment(_look, run_every=EVERY if active else None)(sweep, active)
    drawer.button()
    with settings, st.container(key="sweep-start"):
        st.fragment(_start, run_every=EVERY if active else None)(sweep)


def _view_of(sweep: Sweep) -> LinkedForm[View]:
    """How the grid is looked at in the address, beside the grid's own parameters."""
    return LinkedForm("robustness.view", "Robustness", robustness_link.LOOK,
                      lambda asked: robustness_link.view_of(asked, sweep), robustness_link.view_query, _open,
                      beside=robustness_link.NAMES)


def _now(sweep: Sweep) -> View:
    """The view that the widgets hold."""
    return View(METRIC.get(), _place(sweep), RANKED.get(), SIDE_BY_SIDE.get())


def _open(view: View) -> None:
    METRIC.put(view.metric)
    CHOSEN.put(view.place)
    RANKED.put(view.ranked)
    SIDE_BY_SIDE.put(view.side_by_side)


def _start(sweep: Sweep | None) -> None:
    """What is there and the button, in step with the map."""
    shell.in_words(lambda: robustness_form.start(sweep, find_runs(sweep, manager().store) if sweep else {}))


def _look(sweep: Sweep, was_active: bool) -> None:
    """One look at the store; what it refuses is a sentence, also when only this part of the page is drawn."""
    shell.in_words(lambda: _view(sweep, was_active))


def _view(sweep: Sweep, was_active: bool) -> None:
    if was_active and sweeps().active is None:
        st.rerun()
    _progress(sweep)
    answer = st.container()  # which keeps its sentence until the next one: an empty place would let the page jump
    metric, paper, recorded = _controls()
    _view_of(sweep).mirror(replace(_now(sweep), metric=metric))
    if SIDE_BY_SIDE.get():
        multiples.show(sweep, metric, RANKED.get(), manager().store)
        return
    runs = find_runs(sweep, manager().store)
    if recorded:
        runs = {cell: run for cell, run in runs.items() if run.recorded}
    if not runs and sweeps().active is None:
        st.info(f"{NOTHING}{_recorded_instead(sweep)}", icon=":material/grid_on:")
        return
    if paper:
        _as_paper(sweep, runs)
    heatmap = build(sweep, runs, metric)
    if sentence := robustness_rows.answer(heatmap):
        answer.markdown(f"## {sentence}")
    if not paper:
        _map(heatmap)
        _scrub(heatmap, runs)
    _below(heatmap, runs)


def _recorded_instead(sweep: Sweep) -> str:
    """Which other grid of these data ships finished, if any."""
    names = [f"**{name.capitalize()}**" for name in shipped_presets(sweep.dataset)]
    are, they = ("are", "they appear") if len(names) > 1 else ("is", "it appears")
    said = f" Of the preset grids, {' and '.join(names)} {are} recorded for these data: {they} at once."
    return said if names else ""


def _controls() -> tuple[str, bool, bool]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):  # goes on below where it is narrow
        metric = st.segmented_control("Measure", heatmaps.measures(), format_func=measure_title, required=True,
                                      key=METRIC.key, persist_state="session", width="content",
                                      help="Distances from 50% and between the accuracies are best at 0; test "
                                           "accuracy is best high. Colour is the excess: how far a value lies "
                                           "beyond the chance range; 0 inside it.")
        st.toggle("Every method", key=SIDE_BY_SIDE.key, persist_state="session", width="content",
                  help="The maps of all methods side by side, each by its own knob: what alpha is to ∇τ.")
        with st.popover("View", icon=":material/tune:", width="content"):
            paper, recorded = _looks()
    return metric or METRIC.first, paper, recorded


def _looks() -> tuple[bool, bool]:
    """Whether the map is drawn as in the paper, and whether of recorded runs alone."""
    paper = st.toggle("As the paper", key="robustness.paper", persist_state="session",
                      help="Shows only Figure 2 as the paper draws it: both panels, on "
                           "white, whatever the measure. The camera in its corner saves it as SVG.")
    recorded = st.toggle("Recorded only", key="robustness.recorded", persist_state="session",
                         help="Shows only the runs that ship with the app; the page "
                              "Runs lists their machine and date.")
    st.toggle("Colours by quantile", key=RANKED.key, persist_state="session",
              help="Colours a square by how many squares lie nearer, not by its points beyond chance: one diverged "
                   "run then does not flatten all others.")
    return paper, recorded


# --- progress -------------------------------------------------------------------------------


def _progress(sweep: Sweep) -> None:
    """How far the sweep is, with pause and stop; of one that has ended badly, why."""
    job = sweeps().current
    if job is None:
        return
    now = job.view()
    if now.state == "failed" and job.sweep == sweep:
        st.error(f"The sweep could not continue. {plain(now.reason)}", icon=":material/error:")
    if sweeps().active is None:
        return
    if job.sweep != sweep:
        st.info("Another sweep is running: this grid shows the runs it already has.", icon=":material/info:")
        st.markdown(f"[Show that grid]({link.to(robustness_link.to_query(job.sweep))})")
    job_bar.show(job, RUNS)


# --- the map --------------------------------------------------------------------------------


def _titles(sweep: Sweep) -> tuple[str, str]:
    """The titles of both axes."""
    return robustness_form.axis_title(sweep.across.name), robustness_form.axis_title(sweep.down.name)


def _map(heatmap: Heatmap) -> None:
    sweep = heatmap.sweep
    columns, rows = ([exports.amount(axis.name, value) for value in axis.values]
                     for axis in (sweep.across, sweep.down))
    chosen = _chosen(heatmap)
    figure = charts.plot_heatmap(columns, rows, matrix(heatmap), excess(heatmap), said(heatmap), _titles(sweep),
                                 title(heatmap), subtitle(heatmap), marks(heatmap, chosen), ranked=RANKED.get())
    click = live_chart(figure, "robustness-map", height=charts.height(len(rows)),
                       revision=f"{'|'.join(robustness_link.to_query(sweep).values())}|{heatmap.metric}")
    if click and isinstance(click.get("x"), int | float) and isinstance(click.get("y"), int | float):
        at = (round(click["x"]), round(click["y"]))
        if at != chosen and at[0] < len(columns) and at[1] < len(rows):
            CHOSEN.put((sweep.across.values[at[0]], sweep.down.values[at[1]]))
            st.rerun(scope="fragment")


def _scrub(heatmap: Heatmap, runs: Runs) -> None:
    """The end states by two sliders, and the map as a table."""
    st.markdown("### Run through the cells")
    sweep, chosen = heatmap.sweep, _chosen(heatmap)
    at = robustness_scrub.scrub(heatmap, runs, _titles(sweep), chosen)
    if at and at != chosen and at[0] < len(sweep.across.values) and at[1] < len(sweep.down.values):
        CHOSEN.put((sweep.across.values[at[0]], sweep.down.values[at[1]]))
        st.rerun(scope="fragment")
    with st.expander("The map as a table", icon=":material/table:"):
        st.markdown(exports.to_markdown(heatmap))


def _place(sweep: Sweep) -> robustness_cell.Place | None:
    """The square that was clicked or asked for, where this grid has it."""
    place = CHOSEN.get()
    known = place and place[0] in sweep.across.values and place[1] in sweep.down.values
    return place if known else None


def _chosen(heatmap: Heatmap) -> tuple[int, int] | None:
    """The same as column and row."""
    place = _place(heatmap.sweep)
    return place and (heatmap.sweep.across.values.index(place[0]), heatmap.sweep.down.values.index(place[1]))


def _as_paper(sweep: Sweep, runs: Runs) -> None:
    panels = [(heading, matrix(build(sweep, runs, name)))
              for name, heading in (("mia_loss_gap", "|MIA<sub>L</sub> - 50|"),
                                    ("accuracy_gap", "|A<sub>Df</sub> - A<sub>Dt</sub>|"))]
    columns, rows = ([exports.amount(axis.name, value) for value in axis.values]
                     for axis in (sweep.across, sweep.down))
    figure = charts.plot_as_paper(columns, rows, panels, _titles(sweep))
    live_chart(figure, "robustness-paper", height=charts.height(len(rows)))


def _below(heatmap: Heatmap, runs: Runs) -> None:
    if place := _place(heatmap.sweep):
        robustness_cell.show(heatmap.sweep, runs, place)
    elif runs:
        st.caption(":material/ads_click: Click a cell to open its runs here, next to their neighbours.")
    robustness_rows.show(heatmap)
    _take_away(heatmap, runs)


def _take_away(heatmap: Heatmap, runs: Runs) -> None:
    sweep = heatmap.sweep
    take_away.show("robustness", f"sweep-{sweep.dataset}-{sweep.method}-{heatmap.metric}", [
        Export(take_away.REPORT, "html", "text/html", lambda: report.write(heatmap, runs),
               "The maps of all measures, the best of each row, and the command that computes them. Opens anywhere."),
        Export("CSV, every run", "csv", "text/csv", lambda: exports.to_csv(sweep, runs),
               "Every run, at full precision."),
        Export("JSON, every run", "json", "application/json", lambda: exports.to_json(sweep, runs),
               "The cells, as sweep --json prints them."),
        Export("Markdown, this measure", "md", "text/markdown", lambda: exports.to_markdown(heatmap),
               "Means and standard deviations of the measure above."),
        Export("LaTeX, this measure", "tex", "text/x-tex", lambda: exports.to_latex(heatmap),
               "The same as a booktabs table.")],
        "To save the map as a picture, use the camera in its corner; **As the paper** under **View** saves SVG.",
        robustness_link.to_query(sweep) | robustness_link.view_query(_now(sweep)))
