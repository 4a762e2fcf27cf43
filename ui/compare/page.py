"""The Compare page: which method forgets best, at what cost, and does it match retraining?

The form is on the left (ui/compare/form.py). What is shown on the right comes from the store alone, by a fragment
that looks again while runs of the comparison wait or run: first the race, and when it is over the table.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from engine.errors import BadSpec, LabError
from engine.evaluation.histograms import BANDWIDTH, EDGES
from engine.evaluation.metrics import metric_of
from engine.registry import get
from engine.runs.queue import manager
from engine.studies import exports
from engine.studies.comparison import REFERENCE, Comparison, Runs, find_runs
from engine.studies.costs import SPENT
from engine.studies.ranking import GAP, ordered, rank
from engine.studies.table import Table, build_table
from engine.system.words import numbered
from ui.charts import compare as charts
from ui.charts import humps
from ui.common import address as link
from ui.common import take_away, words
from ui.common.linked_form import LinkedForm
from ui.common.live_chart import live_chart
from ui.common.state import Slot
from ui.common.take_away import Export
from ui.compare import answer, report
from ui.compare import form as compare_form
from ui.compare import link as compare_link
from ui.compare import more_measures as compare_more
from ui.compare import race as compare_runs
from ui.compare import table as compare_table
from ui.frame import drawer, shell

EVERY = 0.7  # seconds between two looks at a race
ATTACK: Slot[str | None] = Slot("compare.attack", None)
AXES = {"samples": "samples", "step": "steps", "seconds": "seconds"}
ORDER: Slot[str] = Slot("compare.order", GAP)
SORTED: LinkedForm[str] = LinkedForm("compare.sorted", "Compare", (compare_link.SORT,), compare_link.order_of,
                                     compare_link.order_query, ORDER.put, beside=compare_link.NAMES)
NO_METHODS = ("No runs are chosen. Pick at least one method; include **Retraining** to "
              "give the others a reference.")
NO_RUNS = ("Nothing has been run for this selection yet. Press **Race**: every method unlearns the "
           "same forget set, and the chart and the table fill in as they run.")


def show() -> None:
    """Form and view, side by side."""
    settings, view = st.columns([2, 7], gap="medium")
    with settings.container(key="settings"):
        comparison = compare_form.form()
    SORTED.restore()
    runs, broken = _runs(comparison)
    drawer.button()
    with settings, st.container(key="compare-start"):
        compare_form.start(comparison if broken is None else None, runs)
    with view.container(key="view"):
        link.warn([*compare_form.FORM.problems(), *SORTED.problems(ORDER.get())])
        if broken:
            st.error(broken, icon=":material/error:")
        elif comparison is None:
            st.info("Fix the seeds: enter whole numbers separated by spaces, such as 0 1 2.",
                    icon=":material/arrow_back:")
        elif not comparison.methods:
            st.info(NO_METHODS, icon=":material/arrow_back:")
        else:
            racing = _racing(runs)
            st.fragment(_look, run_every=EVERY if racing else None)(comparison, racing)


def _runs(comparison: Comparison | None) -> tuple[Runs, str | None]:
    """The comparison's runs, or why there can be none."""
    if comparison is None or not comparison.methods:
        return {}, None
    try:
        return find_runs(comparison, manager().store), None
    except LabError as error:
        return {}, "\n\n".join(error.problems) if isinstance(error, BadSpec) else str(error)


def _racing(runs: Runs) -> bool:
    return any(run.status in ("queued", "running") for run in runs.values())


def _look(comparison: Comparison, was_racing: bool) -> None:
    """One look at the store; what it refuses is a sentence, also when only this part of the page is drawn."""
    shell.in_words(lambda: _view(comparison, was_racing))


def _view(comparison: Comparison, was_racing: bool) -> None:
    runs, broken = _runs(comparison)
    if broken:
        st.error(broken, icon=":material/error:")
        return
    if was_racing and not _racing(runs):
        st.rerun()
    if not runs:
        st.info(NO_RUNS, icon=":material/sports_score:")
        _tuning(comparison)
        return
    followed = compare_runs.follow(comparison, runs)
    table = build_table(comparison, runs)
    if said := answer.sentence(rank(comparison, runs)):
        st.markdown(f"## {said}")
    if was_racing:
        _progress(comparison, runs)
        _race(comparison, runs, followed)
        _table(table, comparison, runs)
    else:
        _table(table, comparison, runs)
        _race(comparison, runs, followed)
    _tradeoff(comparison, runs, table)


# --- the race -------------------------------------------------------------------------------


def _progress(comparison: Comparison, runs: Runs) -> None:
    """How far the race is: runs that ended, and the one that is running."""
    ended = sum(run.status not in ("queued", "running") for run in runs.values())
    running = [run for run in runs.values() if run.status == "running"]
    total, told = len(comparison.grid()), []
    for run in running:
        progress = run.progress or {}
        share = "" if progress.get("fraction") is None else f" {100 * progress['fraction']:.0f}%"
        told.append(" · ".join(filter(None, [
            f"{compare_runs.short_title(run.spec.method)}, seed {run.spec.seed}: "
            f"{progress.get('stage', 'starting')}{share}", words.countdown(progress.get("eta"))])))
    parts = sum((run.progress or {}).get("fraction") or 0.0 for run in running)
    st.progress(min(1.0, (ended + parts) / total), text=" · ".join([f"{ended} of {total} runs ended", *told]))


def _race(comparison: Comparison, runs: Runs, followed: list[compare_runs.Followed]) -> None:
    """Attack accuracy over time with a line a run, and below it how the losses of each method lie."""
    if not followed:
        if _racing(runs):
            st.info("Waiting in the queue: lines appear once the first run has been measured. "
                    "You can leave this page.", icon=":material/hourglass_top:")
        return
    labels = words.attack_labels()
    attack, axis, whole = _controls(labels)
    others = any(one.method != REFERENCE for one in followed)
    drawn = [one.course() for one in followed if whole or not others or one.method != REFERENCE]
    revision = "|".join(map(str, compare_link.to_query(comparison).values()))
    live_chart(charts.plot_race(drawn, attack, axis, compare_runs.band(followed, attack),
                                compare_runs.retrained_levels(followed, runs, attack), _samples(followed)),
               "compare-race", height=380, revision=f"{revision}|{attack}|{axis}")
    if said := compare_runs.level_apart(followed, runs, attack):
        st.caption(said)
    _smalls(followed, revision)


def _controls(labels: dict[str, str]) -> tuple[str, str, bool]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):  # goes on below where it is narrow
        attack = st.segmented_control("Attack", list(labels), format_func=labels.__getitem__,
                                      default=next(iter(labels)), required=True, key=ATTACK.key,
                                      persist_state="session", width="content",
                                      help="What the attacker sees: a sample's loss, or how unsure the model is.")
        axis = st.segmented_control("Against", list(AXES), format_func=AXES.__getitem__, default="samples",
                                    required=True, key="compare.axis", persist_state="session", width="content",
                                    help="The x axis of the race. Samples are the fairest "
                                         "choice: they hardly depend on the machine.")
        whole = st.toggle("Show the retraining curve", key="compare.whole", persist_state="session", width="content",
                          help="Draws retraining itself as a line; it processes far more samples than "
                               "the others. The dashed level shows its result either way.")
    return attack, axis, whole


def _samples(followed: list[compare_runs.Followed]) -> str:
    first = followed[0]
    going_on = "; hollow ends: still running" if any(one.running for one in followed) else ""
    several = len({one.seed for one in followed}) > 1
    which = "lines are means over seeds, ribbons their span" if several else "one seed"
    return (f"{which}; on {first.counts['forget']:,} forget and {first.counts['test']:,} {first.unseen} "
            f"samples{going_on}")


def _smalls(followed: list[compare_runs.Followed], revision: str) -> None:
    """The losses of one run a method in one row, on one axis and one height."""
    shown = compare_runs.smalls(followed)
    seeds, truth = {one.seed for one in shown}, compare_runs.truth_of(followed)
    which = f"seed {seeds.pop()}" if len(seeds) == 1 else "one seed per method"
    st.caption(f"**How losses lie**, {which}: :orange[forget] and :blue[{shown[0].unseen}] samples over the loss in "
               f"nats (smoothed over {BANDWIDTH:g} decades); dashed grey: the retrained model's forget set. After good "
               "forgetting the two humps are one.")
    top = humps.tallest(*(one.now for one in shown))
    with st.container(key="smalls"):
        for column, one in zip(st.columns(len(shown), gap="small"), shown, strict=True):
            dashed = None if one.method == REFERENCE else truth.get(one.seed)
            with column:
                live_chart(humps.plot_humps(EDGES, one.now, compare_runs.short_title(one.method), one.overlap, dashed,
                                            top, one.unseen),
                           f"compare-small-{one.method}", height=humps.SMALL, revision=f"{revision}|{one.seed}")


# --- the table ------------------------------------------------------------------------------


def _table(table: Table, comparison: Comparison, runs: Runs) -> None:
    heading, chooser, toggle = st.columns([3, 2.2, 1.3], vertical_alignment="bottom")
    heading.markdown(f"### {_title(comparison)}")
    gaps = build_table(comparison, runs, (GAP,))
    by = _order(chooser, table)
    each = toggle.toggle("Each seed", key="compare.each", persist_state="session",
                         help="Adds a small row per seed, with a link to its run.")
    order = ordered(gaps if by in gaps.columns else table, by)
    st.html(compare_table.main(table, runs, each, order, gaps))
    _tuning(comparison)
    with st.expander("More measures: areas under the curve, exposure at low false alarms, distances to retrained",
                     icon=":material/table_rows:"):
        more = build_table(comparison, runs, compare_more.columns(comparison.scenario))
        st.html(compare_more.more(more, runs, each))
    whole = build_table(comparison, runs, (*table.columns, *more.columns))
    _take_away(table, whole, runs)


def _order(place: Any, table: Table) -> str:
    """What the table is sorted by, also in the address."""
    here = {GAP, *table.columns, *(cost.name for cost in SPENT)}
    titles = {name: title for name, title in compare_link.orders().items() if name in here}
    ORDER.put(ORDER.get() if ORDER.get() in titles else GAP)
    chosen: str = place.selectbox("Sort by", list(titles), format_func=titles.__getitem__, key=ORDER.key,
                                  persist_state="session",
                                  help="Best first; the Original and retraining stay on top.")
    SORTED.mirror(chosen)
    return chosen


def _title(comparison: Comparison) -> str:
    forgotten = words.forgotten(comparison.spec(REFERENCE, comparison.seeds[0] if comparison.seeds else 0))
    return (f"{words.title_of('dataset', comparison.dataset)}, forget {forgotten}, "
            f"{numbered('seed', comparison.seeds)}, {comparison.profile} profile")


def _tuning(comparison: Comparison) -> None:
    """How the methods' constants were chosen, where that is known of the data set."""
    dataset = get("dataset", comparison.dataset)
    if not dataset.tuning:
        return
    strangers = [name for name in comparison.methods if name not in dataset.unlearning and name != REFERENCE]
    others = f" Not tuned here: {', '.join(map(compare_runs.short_title, strangers))}." if strangers else ""
    st.caption(f":material/tune: {dataset.tuning}{others}")


def _take_away(table: Table, whole: Table, runs: Runs) -> None:
    """A report, the table in four forms, two of them with every measure, and the address that shows this view."""
    take_away.show("compare", "comparison", [
        Export(take_away.REPORT, "html", "text/html", lambda: report.write(table, runs, _title(table.comparison)),
               "The tables and the trade-off, every run's origin, and the commands that repeat them. Opens anywhere."),
        Export("CSV, every measure, digit and seed", "csv", "text/csv", lambda: exports.to_csv(whole),
               "The table above and more measures as CSV."),
        Export("Markdown", "md", "text/markdown", lambda: exports.to_markdown(table), "The table above as Markdown."),
        Export("LaTeX (booktabs)", "tex", "text/x-tex", lambda: exports.to_latex(table),
               "The table above as LaTeX (booktabs)."),
        Export("JSON, every measure, digit and seed", "json", "application/json", lambda: exports.to_json(whole),
               "The table above and more measures as JSON.")],
        "To save a chart as a picture, use the camera in its corner.",
        compare_link.to_query(table.comparison) | compare_link.order_query(ORDER.get()),
        "This address reopens this comparison, even after a restart:")


# --- the trade-off --------------------------------------------------------------------------


def _tradeoff(comparison: Comparison, runs: Runs, table: Table) -> None:
    attack = ATTACK.get() or next(iter(words.attack_labels()))
    outcomes = compare_runs.outcomes(comparison, runs, attack, table)
    if outcomes:
        metric = metric_of(f"{attack}_gap")
        title = f"distance of the {words.attack_labels()[attack]} from 50%, {metric.unit}"
        chance = table.noise.get(metric.name), table.noise.get("test_accuracy")
        live_chart(charts.plot_tradeoff(outcomes, title, chance), "compare-tradeoff", height=420, revision=attack)
