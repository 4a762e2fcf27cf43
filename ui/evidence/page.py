"""The Evidence page: many models of every method, attacked sample by sample, beside what retrained models attain.

The form is on the left (ui/evidence/form.py). The right comes from what is kept or ships, so that a reload, another tab
or another process shows the same; while an ensemble is computed, it is drawn again each time there are clearly more
models.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from engine.errors import NotMeasurable, Problem
from engine.evaluation.ensembles.draws import ORIGINAL
from engine.evaluation.ensembles.memorisation import Scores
from engine.studies import ensemble_exports as exports
from engine.studies.ensemble import Ensemble
from engine.studies.ensemble_answer import answer, methods_of, ranking
from engine.studies.ensemble_job import ensembles
from engine.studies.ensemble_shelves import AtHand, at_hand_of, memorisation_of
from engine.studies.ensemble_views import Evidence, Findings, findings
from engine.system.files import to_json
from engine.system.paths import home
from ui.common import address as link
from ui.common import job_bar, take_away, words
from ui.common.linked_form import LinkedForm
from ui.common.state import Slot
from ui.common.take_away import Export
from ui.evidence import drawn, memory, report, samples, table
from ui.evidence import form as evidence_form
from ui.evidence import link as evidence_link
from ui.frame import drawer, shell

EVERY = 1.0  # seconds between two looks at a job
STEPS = 8  # times that the view is drawn while an ensemble is computed
MODELS = job_bar.Parts("models", "ensemble", "Starts no new model until you resume.", "Stops the current models; "
                       "finished ones are kept, and the rest can be computed later.")
FEWEST = 6  # models from which on there is anything to see
CHOSEN = Slot("evidence.method", "")


def show() -> None:
    """Form and view, side by side."""
    settings, view = st.columns([2, 7], gap="medium")
    with settings.container(key="settings"):
        ensemble, problems = evidence_form.form()
    active = ensembles().active is not None
    with view.container(key="view"):
        link.warn(evidence_form.FORM.problems())
        for sentence in problems:
            st.error(sentence, icon=":material/error:")
        if ensemble:
            st.fragment(_progress, run_every=EVERY if active else None)(ensemble, active, _stage(ensemble))
            shell.in_words(lambda: _view(ensemble))
    drawer.button()
    with settings, st.container(key="ensemble-start"):
        st.fragment(_start, run_every=EVERY if active else None)(ensemble)


def _start(ensemble: Ensemble | None) -> None:
    """What is there and the button, in step with the job."""
    shell.in_words(lambda: evidence_form.start(ensemble))


# --- progress -------------------------------------------------------------------------------


def _stage(ensemble: Ensemble) -> int:
    """A number that grows a few times while an ensemble is computed: when the view is drawn again."""
    found = at_hand_of(ensemble)
    have, step = len(found.numbers) if found else 0, max(1, ensemble.models // STEPS)
    return 0 if have < FEWEST else have // step


def _progress(ensemble: Ensemble, was_active: bool, drawn: int) -> None:
    """How far the job is, with pause and stop; of one that has ended badly, why."""
    job = ensembles().current
    if (was_active and ensembles().active is None) or (was_active and _stage(ensemble) != drawn):
        st.rerun()
    if job is None:
        return
    now, mine = job.view(), job.design.ensemble == ensemble
    if mine and now.state == "failed":
        st.error(f"The ensemble could not continue. {now.reason}", icon=":material/error:")
    if mine and now.failed:
        st.warning(f"{now.failed:,} of {now.todo:,} models failed. The last: {now.stage}", icon=":material/warning:")
    if ensembles().active is None:
        return
    if not mine:
        st.info("Another ensemble is being computed: this one shows the models that it already has.",
                icon=":material/info:")
        st.markdown(f"[Show that ensemble]({link.to(evidence_link.to_query(job.design.ensemble))})")
    job_bar.show(job, MODELS)


# --- the view -------------------------------------------------------------------------------


def _view(ensemble: Ensemble) -> None:
    found = at_hand_of(ensemble)
    have = len(found.numbers) if found else 0
    if found is None or have < FEWEST:
        _nothing(ensemble, have)
        return
    evidence = _findings(found)
    said = answer(evidence)
    st.markdown(f"## {said[0]}")
    st.markdown(" ".join([*said[1:], _what(found, evidence)]))
    drawn.show(table.main(evidence), "evidence-table")
    _ranking(evidence)
    memorised = _memorised(found)
    _near(found, evidence, memorised)
    st.markdown("### Memorisation: who is hard to forget")
    if isinstance(memorised, Scores):
        memory.show(found, evidence, memorised)
    else:
        st.info(memorised, icon=":material/info:")
    _take_away(found, evidence, memorised if isinstance(memorised, Scores) else None)


def _nothing(ensemble: Ensemble, have: int) -> None:
    """That there is nothing to see yet, and what brings it about."""
    job = ensembles().active
    waiting = f"{have} of at least {FEWEST} models are there." if have else "No model of this ensemble exists yet."
    ships = evidence_form.USUAL
    way = ("The table appears with the first six." if job and job.design.ensemble == ensemble else
           f"Press **Start** and the table fills in. **Digits** with {ships.models} models of {len(ships.methods)} "
           "methods ships finished.")
    st.info(f"{waiting} {way}", icon=":material/groups:")


def _what(found: AtHand, evidence: Findings) -> str:
    """Which models these are, in a sentence."""
    ensemble, base = found.design.ensemble, found.design.base
    share = f"{100 * base.sizes.forget_fraction:.0f}%"
    where = ", recorded" if found.shelf.recorded else ""
    return (f"{words.title_of('dataset', ensemble.dataset)}: {evidence.models} models of each method{where}; each "
            f"forgets {share} of what its Original saw, on another draw.")


def _findings(found: AtHand) -> Findings:
    with st.spinner("Measuring the models …", show_time=True):
        return _kept(_identity(found), found)


@st.cache_resource(max_entries=4, show_spinner=False)
def _kept(key: str, _found: AtHand) -> Findings:
    """The measures of an ensemble of this identity, which take seconds."""
    return findings(_found.shelf, _found.design)


def _identity(found: AtHand) -> str:
    parts = [found.design.key(part) for part in (ORIGINAL, *found.design.parts)]
    where = "" if found.shelf.recorded else str(home())
    return to_json([where, found.shelf.about, parts, found.numbers])


def _memorised(found: AtHand) -> Scores | str:
    try:
        return memorisation_of(found.shelf)
    except NotMeasurable as error:
        return str(error)


def _ranking(evidence: Findings) -> None:
    if not (sentence := ranking(evidence)):
        return
    st.markdown("### What changes against the population attack")
    text, picture = st.columns([2, 3], gap="medium")
    text.markdown(sentence)
    with picture:
        drawn.show(table.slope(evidence), "evidence-ranking")


def _near(found: AtHand, evidence: Findings, memorised: Scores | str) -> None:
    """The chosen method, also in the address."""
    rows = {row.name: row for row in evidence.rows if row.ulira}
    usual = next((row.name for row in methods_of(evidence) if row.ulira), ORIGINAL)
    if not rows:
        return
    form = _look_of(list(rows), usual)
    form.restore()
    if CHOSEN.get() not in rows:
        CHOSEN.put(usual)
    st.markdown("### Sample by sample")
    link.warn(form.problems(CHOSEN.get()))
    name = st.selectbox("Method", list(rows), key=CHOSEN.key, persist_state="session", width=320,
                        format_func=table.title_of, help="The Original shows what there was to forget, the retrained "
                                                         "models what chance looks like.")
    form.mirror(name)
    row: Evidence = rows[name]
    samples.show(found, evidence, row, memorised if isinstance(memorised, Scores) else None)


def _look_of(valid: list[str], usual: str) -> LinkedForm[str]:
    def read(asked: Mapping[str, str]) -> tuple[str, list[Problem]]:
        return evidence_link.view_of(asked, valid, usual)

    return LinkedForm("evidence.view", "Evidence", evidence_link.LOOK, read,
                      lambda name: evidence_link.view_query(name, usual), CHOSEN.put, beside=evidence_link.NAMES)


def _take_away(found: AtHand, evidence: Findings, memorised: Scores | None) -> None:
    usual = next((row.name for row in methods_of(evidence) if row.ulira), ORIGINAL)
    take_away.show("evidence", "evidence", [
        Export(take_away.REPORT, "html", "text/html", lambda: report.write(found, evidence, memorised),
               "The answer, the table, both rankings and the command that computes it. Opens anywhere."),
        Export("CSV, a row a method", "csv", "text/csv", lambda: exports.to_csv(evidence), "At full precision."),
        Export("JSON, every measure", "json", "application/json", lambda: to_json(exports.as_json(evidence)),
               "As ensemble --json prints it."),
        Export("Markdown", "md", "text/markdown", lambda: exports.to_markdown(evidence),
               "The answer and both tables as text.")],
        "Charts are vectors: the report keeps them sharp on paper.",
        evidence_link.to_query(found.design.ensemble) | evidence_link.view_query(CHOSEN.get() or usual, usual))
