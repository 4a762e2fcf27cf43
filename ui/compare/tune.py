"""The tab Tune of the Compare page: a fair search, its progress, its curves, and what it changed.

The right side comes from the search's record alone, by a fragment that looks again while it runs.
"""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from engine.errors import BadSpec
from engine.runs.queue import manager
from engine.studies import tuning_exports as exports
from engine.studies.comparison import Comparison
from engine.studies.tuning import Tuning, check
from engine.studies.tuning_job import tunings
from engine.studies.tuning_kept import load
from engine.studies.tuning_record import Record, Row
from ui.charts import tuning as charts
from ui.common import job_bar, take_away, words
from ui.common.live_chart import live_chart
from ui.common.take_away import Export
from ui.compare import link as compare_link
from ui.compare import tune_form, tune_link
from ui.compare.race import short_title
from ui.frame import shell

EVERY = 1.0  # seconds between two looks at a search
RUNS = job_bar.Parts("runs", "tune", stop="Stops the current runs; finished ones are kept.", about=True)
NOTHING = ("No search with these settings yet. Press **Tune**: every method gets the same number of trials and of "
           "samples; settings are chosen on validation data, and reported on other seeds with another attack.")
NO_METHODS = "No method to tune is chosen. Pick at least one; retraining is computed anyway."


def show(comparison: Comparison | None) -> None:
    """The search's own controls, its start, and what is known of it; ``comparison`` is what the form beside came to."""
    with st.container(border=True, key="tune-form"):
        asked = tune_form.form()
        tuning, problems = _tuning(comparison, asked)
        kept = load(tuning.name, manager().store.root) if tuning else None
        shell.in_words(lambda: tune_form.start(tuning, kept))
    active = tunings().active is not None
    with st.container(key="view"):
        for sentence in problems:
            st.error(sentence, icon=":material/error:")
        if tuning and asked:
            st.fragment(_look, run_every=EVERY if active else None)(tuning, asked, active)
        elif not problems and comparison is not None:
            st.info(NO_METHODS, icon=":material/arrow_back:")


def _tuning(comparison: Comparison | None, asked: tune_link.Asked | None) -> tuple[Tuning | None, list[str]]:
    """The search that both forms come to, or what is wrong with it."""
    if comparison is None or asked is None:
        return None, []
    tuning = asked.tuning(comparison)
    if not tuning.methods:
        return None, []
    try:
        check(tuning)
    except BadSpec as error:
        return None, list(map(str, error.problems))
    return tuning, []


def _look(tuning: Tuning, asked: tune_link.Asked, was_active: bool) -> None:
    shell.in_words(lambda: _view(tuning, asked, was_active))


def _view(tuning: Tuning, asked: tune_link.Asked, was_active: bool) -> None:
    if was_active and tunings().active is None:
        st.rerun()
    _progress(tuning, asked)
    record = load(tuning.name, manager().store.root)
    if record is None:
        st.info(NOTHING, icon=":material/tune:")
        return
    if said := answer(record):
        st.markdown(f"## {said}")
    st.table(rows(record))
    for line in exports.about(record):
        st.caption(words.plain(line))
    live_chart(charts.plot_best(lines(record), tuning.trials), "compare-tune", height=charts.HEIGHT,
               revision=tuning.name)
    _take_away(record, asked)


# --- what is said ---------------------------------------------------------------------------


def answer(record: Record) -> str:
    """``Tuning helped 1 of 3 methods beyond chance: SCRUB.``; empty before every report is there."""
    known = [row for row in record.rows() if row.gain]
    if not record.complete or not known:
        return ""
    helped = [row for row in known if beyond(row)]
    if not any(row.gain and row.gain.half is not None for row in known):
        return "One report seed cannot tell what tuning changed: report on three or more."
    names = ", ".join(short_title(row.method) for row in helped)
    return (f"Tuning helped {len(helped)} of {len(known)} methods beyond chance: {names}." if helped else
            f"Tuning helped none of {len(known)} methods beyond chance.")


def beyond(row: Row) -> bool:
    """Whether the gain's interval lies above 0."""
    return row.gain is not None and row.gain.half is not None and row.gain.mean - row.gain.half > 0


def rows(record: Record) -> list[dict[str, str]]:
    """A row a method, the nearest tuned one first."""
    return [{"method": short_title(row.method), "own setting, gap": _whole(exports.spread_text(row.published)),
             "tuned, gap": _whole(exports.spread_text(row.tuned)),
             "gain, points": _whole(exports.spread_text(row.gain, sign=True)),
             "chosen": "–" if row.chosen is None else "its own" if not row.chosen else f"trial {row.chosen}",
             "tuned values (own)": exports.values_text(row.values, row.own).replace("_", " ") if row.chosen else "",
             "in the search": _searched(row)} for row in record.rows()]


def _whole(text: str) -> str:
    """A number with its interval on one line."""
    return text.replace(" ", "\u00a0")


def _searched(row: Row) -> str:
    """``3.4 → 2.1, 2 failed``: the own setting's score and the chosen one's, on validation data."""
    scores = " → ".join("–" if one is None else f"{one:.1f}" for one in (row.own_score, row.chosen_score))
    return scores + (f", {row.failures} failed" if row.failures else "")


def lines(record: Record) -> list[charts.Line]:
    """The best score so far of every method, as the chart draws it."""
    return [charts.Line(one.method, short_title(one.method), tuple(one.best_so_far())) for one in record.methods]


# --- progress and what one takes away -------------------------------------------------------


def _progress(tuning: Tuning, asked: tune_link.Asked) -> None:
    """How far the search is, with pause and stop; of one that has ended badly, why."""
    job = tunings().current
    if job is None:
        return
    now = job.view()
    if now.state == "failed" and job.tuning == tuning:
        st.error(f"The search could not continue. {now.reason}", icon=":material/error:")
    if tunings().active is None:
        return
    if job.tuning != tuning:
        st.info("Another search is running: this one shows the runs that it already has.", icon=":material/info:")
    job_bar.show(job, RUNS)


def _take_away(record: Record, asked: tune_link.Asked) -> None:
    tuning = record.tuning
    reopened = compare_link.to_query(_compared(tuning)) | tune_link.to_query(asked)
    take_away.show("tune", f"tuning-{tuning.comparison.dataset}-{tuning.name}", [
        Export("CSV, every run", "csv", "text/csv", lambda: exports.to_csv(record),
               "A row a run: its setting, seed, score and distances."),
        Export("JSON, the whole record", "json", "application/json", lambda: exports.to_json(record),
               "The question, the searched ranges, every trial, both reports, the curves.")],
        "To save the chart as a picture, use the camera in its corner.", reopened,
        "This address reopens this search, even after a restart:")


def _compared(tuning: Tuning) -> Comparison:
    """The comparison whose form this search came from."""
    return replace(tuning.comparison, seeds=tuning.report_seeds)
