"""The Compare page: which method forgets best, at what cost, and does it match retraining?

The form is on the left (ui/compare/form.py). What is shown on the right comes from the store alone, by two fragments
that look again while runs of the comparison wait or run: how far it is, often, and the answer, race and table more
seldom the more runs there are, since drawing takes time from the runs. When it is over the table comes first.
"""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from engine.errors import BadSpec, LabError
from engine.evaluation.metrics import metric_of
from engine.registry import current_name, get
from engine.runs.queue import manager
from engine.studies import exports
from engine.studies.cell import Against
from engine.studies.comparison import REFERENCE, Comparison, Runs, find_runs
from engine.studies.costs import SPENT
from engine.studies.ranking import NEAREST, Ranking, ordered, rank
from engine.studies.table import Table, build_table
from engine.system.words import numbered
from ui.charts import compare as charts
from ui.common import address as link
from ui.common import take_away, words
from ui.common.linked_form import LinkedForm
from ui.common.live_chart import live_chart
from ui.common.state import Slot
from ui.common.take_away import Export
from ui.compare import answer, courses, front, needs, report, tune, tune_form, tune_link, tuned
from ui.compare import form as compare_form
from ui.compare import link as compare_link
from ui.compare import more_measures as compare_more
from ui.compare import race as compare_runs
from ui.compare import seeds as compare_seeds
from ui.compare import strata as compare_strata
from ui.compare import table as compare_table
from ui.frame import drawer, shell

EVERY = 0.7  # seconds between two looks at a race that is small
SEEN, DRAWN = 0.02, 0.1  # seconds more for each of its runs: between two looks at how far it is, and two drawings
ORDER: Slot[str] = Slot("compare.order", NEAREST)
HELD: Slot[Against] = Slot("compare.against", "retrained")
SHOWN, GROUPED = Slot("compare.shown", needs.ALL), Slot("compare.grouped", False)


def _open(view: compare_link.View) -> None:
    ORDER.put(view.order)
    HELD.put(view.against)
    SHOWN.put(view.shown)
    GROUPED.put(view.grouped)


def _now() -> compare_link.View:
    """The view that the widgets hold."""
    return compare_link.View(ORDER.get(), HELD.get(), SHOWN.get(), GROUPED.get())


VIEW: LinkedForm[compare_link.View] = LinkedForm(
    "compare.sorted", "Compare", compare_link.LOOK, compare_link.view_of, compare_link.view_query, _open,
    beside=(*compare_link.NAMES, *compare_link.TUNED))
NO_METHODS = ("No runs are chosen. Pick at least one method; include **Retraining** to "
              "give the others a reference.")
NO_RUNS = ("Nothing has been run for this selection yet. Press **Race**: every method unlearns the "
           "same forget set, and the chart and the table fill in as they run.")


def show() -> None:
    """Form and view, side by side."""
    tab = tune_form.tabs()
    settings, view = st.columns([2, 7], gap="medium")
    with settings.container(key="settings"):
        comparison = compare_form.form(tuning=tab == tune_link.TUNE)
    VIEW.restore()
    if tab == tune_link.TUNE:
        drawer.button()
        with view:
            link.warn([*compare_form.FORM.problems(), *tune_form.problems()])
            tune.show(comparison)
        return
    tune_form.FORM.mirror(tune_link.USUAL)
    runs, broken = _runs(comparison)
    drawer.button()
    with settings, st.container(key="compare-start"):
        compare_form.start(comparison if broken is None else None, runs)
    with view.container(key="view"):
        link.warn([*compare_form.FORM.problems(), *VIEW.problems(_now()), *tune_form.problems()])
        if broken:
            st.error(broken, icon=":material/error:")
        elif comparison is None:
            st.info("Fix the seeds: enter whole numbers separated by spaces, such as 0 1 2.",
                    icon=":material/arrow_back:")
        elif not comparison.methods:
            st.info(NO_METHODS, icon=":material/arrow_back:")
        else:
            racing = courses.racing(runs)
            if racing:
                st.fragment(_how_far, run_every=_every(comparison, SEEN))(comparison)
            st.fragment(_look, run_every=_every(comparison, DRAWN) if racing else None)(comparison, racing)


def _every(comparison: Comparison, each: float) -> float:
    """Seconds between two looks at a race."""
    return max(EVERY, each * len(comparison.grid()))


def _runs(comparison: Comparison | None) -> tuple[Runs, str | None]:
    """The comparison's runs, or why there can be none."""
    if comparison is None or not comparison.methods:
        return {}, None
    try:
        return find_runs(comparison, manager().store), None
    except LabError as error:
        return {}, "\n\n".join(error.problems) if isinstance(error, BadSpec) else str(error)


def _how_far(comparison: Comparison) -> None:
    """How far the race is; the whole page is drawn when it is over."""
    shell.in_words(lambda: _progress(comparison))


def _progress(comparison: Comparison) -> None:
    runs, broken = _runs(comparison)
    if broken or courses.racing(runs):
        courses.progress(comparison, runs)
    else:
        st.rerun()


def _look(comparison: Comparison, was_racing: bool) -> None:
    """One look at the store; what it refuses is a sentence, also when only this part of the page is drawn."""
    shell.in_words(lambda: _view(comparison, was_racing))


def _view(comparison: Comparison, was_racing: bool) -> None:
    runs, broken = _runs(comparison)
    if broken:
        st.error(broken, icon=":material/error:")
        return
    if was_racing and not courses.racing(runs):
        st.rerun()
    if not runs:
        st.info(NO_RUNS, icon=":material/sports_score:")
        _tuning(comparison)
        return
    followed = compare_runs.follow(comparison, runs)
    table, ranking = build_table(comparison, runs), rank(comparison, runs, HELD.get())
    if said := answer.headline(ranking):
        st.markdown(f"## {said}")
    if said := " ".join(filter(None, (answer.further(ranking), answer.left_out(ranking)))):
        st.markdown(said)
    tuned.show(ranking, runs)
    for doubt in filter(None, (compare_table.shaky(table, runs), compare_table.not_forgotten(table, HELD.get()))):
        st.caption(f":material/info: {words.plain(doubt)}")
    if was_racing:
        courses.show(comparison, runs, followed)
        _table(table, comparison, runs, ranking)
    else:
        _table(table, comparison, runs, ranking)
        courses.show(comparison, runs, followed)
    _tradeoff(comparison, runs, table)
    front.show(comparison, manager().store)
    compare_strata.show(comparison, runs)
    compare_seeds.show(comparison)


# --- the table ------------------------------------------------------------------------------


def _held() -> None:
    """What the answer and the colours are held against; read above, before it is drawn."""
    st.segmented_control(
        "Held against", list(compare_link.HELD), format_func=compare_link.HELD.__getitem__, required=True,
        key=HELD.key, persist_state="session", width="content", **HELD.given("default"),
        help="The retrained model never saw the forget set. The ideal is the formula's: 50% for an attack, 0 for the "
             "forget-test gap; a retrained model need not reach it on a small or uneven split.")


def _which() -> None:
    """Which rows are shown, and whether under headings."""
    st.selectbox("Show", list(needs.SHOWN), key=SHOWN.key, persist_state="session",
                 format_func=needs.title_of,
                 help="What a method may look at decides where it can be used: source-free ones need no training data "
                      "but the samples to forget.")
    st.toggle("Group by what they need", key=GROUPED.key, persist_state="session",
              help="Puts methods that look at both sets, at the forget set alone and at the retain set alone under "
                   "headings.")


def _table(table: Table, comparison: Comparison, runs: Runs, ranking: Ranking) -> None:
    st.markdown(f"### {_title(comparison)}")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        _held()
        by = _order(table, ranking.against)
        with st.popover("View", icon=":material/tune:", width="content"):
            each = st.toggle("Each seed", key="compare.each", persist_state="session",
                             help="Adds a small row per seed, with a link to its run.")
            _which()
    headings: dict[str, tuple[str, str]] = {}
    rows = needs.kept(ordered(table, by, ranking), SHOWN.get())
    if GROUPED.get():
        rows, headings = needs.grouped(rows)
    st.html(compare_table.main(table, runs, each, rows, ranking, ranking.against, headings))
    _tuning(comparison)
    with st.expander("More measures: areas under the curve, exposure at low false alarms, distances to retrained",
                     icon=":material/table_rows:", key="compare.more", on_change="rerun") as more:
        if more.open:  # it is the largest part of the page
            st.html(compare_more.more(build_table(comparison, runs, compare_more.columns(comparison.scenario)), runs,
                                      each))
    _take_away(table, runs, ranking.against)


def _order(table: Table, against: Against) -> str:
    """What the table is sorted by, also in the address."""
    here = {NEAREST, *table.columns, *(cost.name for cost in SPENT)}
    titles = {name: title for name, title in compare_link.orders().items() if name in here}
    ORDER.put(ORDER.get() if ORDER.get() in titles else NEAREST)
    chosen: str = st.selectbox("Sort by", list(titles), key=ORDER.key, persist_state="session", width=275,
                               format_func=lambda name: titles[name].partition(" (")[0],  # the columns have the units
                               help="Best first; the Original and retraining stay on top.")
    VIEW.mirror(replace(_now(), order=chosen, against=against))
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
    without = untuned(comparison)
    others = f" At their published constants: {', '.join(map(compare_runs.short_title, without))}." if without else ""
    st.caption(f":material/tune: {dataset.tuning}{others}")


def untuned(comparison: Comparison) -> list[str]:
    """The methods for which the data set chose no constants, under whichever name they went then."""
    tuned = {current_name("method", name) for name in get("dataset", comparison.dataset).unlearning}
    return [name for name in comparison.methods if name not in tuned and name != REFERENCE]


def _take_away(table: Table, runs: Runs, against: Against) -> None:
    """A report, the table in four forms, two of them with every measure, and the address that shows this view."""
    def whole() -> Table:  # made when it is asked for
        return build_table(table.comparison, runs,
                           (*table.columns, *compare_more.columns(table.comparison.scenario)))

    take_away.show("compare", f"comparison-{exports.stem(table.comparison)}", [
        Export(take_away.REPORT, "html", "text/html",
               lambda: report.write(table, runs, _title(table.comparison), against),
               "The tables and the trade-off, every run's origin, and the commands that repeat them. Opens anywhere."),
        Export("CSV, every measure, digit and seed", "csv", "text/csv", lambda: exports.to_csv(whole()),
               "The table above and more measures as CSV."),
        Export("Markdown", "md", "text/markdown", lambda: exports.to_markdown(table, against),
               "The table above as Markdown."),
        Export("LaTeX (booktabs)", "tex", "text/x-tex", lambda: exports.to_latex(table, against),
               "The table above as LaTeX (booktabs)."),
        Export("JSON, every measure, digit and seed", "json", "application/json", lambda: exports.to_json(whole()),
               "The table above and more measures as JSON.")],
        "To save a chart as a picture, use the camera in its corner.",
        compare_link.to_query(table.comparison) | compare_link.view_query(replace(_now(), against=against)),
        "This address reopens this comparison, even after a restart:")


# --- the trade-off --------------------------------------------------------------------------


def _tradeoff(comparison: Comparison, runs: Runs, table: Table) -> None:
    attack = courses.ATTACK.get() or next(iter(words.attack_labels()))
    outcomes = compare_runs.outcomes(comparison, runs, attack, table)
    if outcomes:
        metric = metric_of(f"{attack}_gap")
        title = f"distance of the {words.attack_labels()[attack]} from 50%, {metric.unit}"
        chance = table.noise.get(metric.name), table.noise.get("test_accuracy")
        live_chart(charts.plot_tradeoff(outcomes, title, chance), "compare-tradeoff", height=420, revision=attack)
