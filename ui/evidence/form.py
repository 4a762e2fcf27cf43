"""The left side of the Evidence page: which ensemble, what it can support, how long the rest takes, and its start."""

from __future__ import annotations

from typing import Any

import streamlit as st

from engine.errors import BadSpec, LabError, Problem
from engine.evaluation.ensembles.draws import BLOCK
from engine.registry import get
from engine.runs import estimates
from engine.runs.queue import manager
from engine.studies.ensemble import Ensemble, design
from engine.studies.ensemble_job import ensembles
from engine.studies.ensemble_request import Task
from engine.studies.ensemble_shelves import AtHand, at_hand_of, estimate, to_compute, usual_ensemble
from engine.studies.ensemble_views import notes
from engine.system.words import plural
from ui.common import form_parts, words
from ui.common.linked_form import LinkedForm
from ui.common.state import Slot
from ui.evidence import link as evidence_link
from ui.unlearn import form as launch

USUAL = usual_ensemble()
DATA, METHODS = Slot("evidence.data", USUAL.dataset), Slot("evidence.methods", list(USUAL.methods))
MODELS, SEED = Slot("evidence.models", USUAL.models), Slot("evidence.seed", USUAL.seed)
CANDIDATES = Slot("evidence.candidates", "")
START = form_parts.StartButton("ensemble", "groups", "Trains every missing model and reuses finished ones. It "
                               "continues when you leave this page.")
MODELS_HELP = ("How many Originals are trained, each on another random part of the data. For each of them one model is "
               "retrained and one is unlearned a method. 64 make a ranking of methods; 8 only show the way.")
CANDIDATES_HELP = ("A number, or all. Each of these samples is left out of a third of the models, kept in a third and "
                   "forgotten in a third; the others are in every model. Empty: so many that 15% of what a model saw "
                   "is forgotten. With all it is half, which is harder.")


def fill(ensemble: Ensemble) -> None:
    """Makes the widgets show an ensemble."""
    DATA.put(ensemble.dataset)
    METHODS.put(list(ensemble.methods))
    MODELS.put(ensemble.models)
    CANDIDATES.put(str(ensemble.candidates or ""))
    SEED.put(ensemble.seed)
    if ensemble.model:
        _model(ensemble.dataset).put(ensemble.model)


FORM: LinkedForm[Ensemble] = LinkedForm("evidence", "Evidence", evidence_link.NAMES, evidence_link.from_query,
                                        evidence_link.to_query, fill, beside=evidence_link.LOOK)


def form() -> tuple[Ensemble | None, list[Problem]]:
    """Draws the controls; the ensemble they come to, also in the address, or None and what is wrong elsewhere.

    What is wrong with a field is said below it.
    """
    FORM.restore()
    choices, places = _choices()
    try:
        ensemble = _ensemble(choices)
        design(ensemble)
        at_hand_of(ensemble)
    except BadSpec as error:
        return None, form_parts.beside(error.problems, places)
    except LabError as error:
        return None, [Problem(None, str(error))]
    FORM.mirror(ensemble)
    return ensemble, []


def _choices() -> tuple[dict[str, Any], dict[str, Any]]:
    """What the widgets hold, and an empty place below each for what is wrong with it, both by field."""
    keep: dict[str, Any] = {"persist_state": "session"}
    places: dict[str, Any] = {}
    dataset = form_parts.dataset_box(DATA.key)
    places["dataset"] = st.empty()
    methods = st.multiselect("Methods", evidence_link.choosable(), key=METHODS.key, **keep,
                             format_func=lambda name: words.title_of("method", name),
                             help="Retrained models are always trained: they are the reference.")
    places["methods"] = st.empty()
    # No bounds on the boxes: a browser only turns one red and keeps the old value; the engine says what is wrong.
    models = st.number_input("Models", step=1, key=MODELS.key, help=MODELS_HELP, **keep)
    places["models"] = st.empty()
    with st.expander("Samples, seed, network", icon=":material/tune:"):
        candidates = st.text_input("Samples that take part", key=CANDIDATES.key, placeholder="15% are forgotten",
                                   help=CANDIDATES_HELP, **keep)
        places["candidates"] = st.empty()
        seed = st.number_input("Seed", step=1, key=SEED.key, help="What the seeds of all models come from.", **keep)
        places["seed"] = st.empty()
        model = launch.model_unless_usual(get("dataset", dataset), _model(dataset).key)
        places["model"] = st.empty()
    return {"dataset": dataset, "methods": methods, "models": models, "model": model, "seed": seed,
            "candidates": candidates}, places


def _ensemble(chosen: dict[str, Any]) -> Ensemble:
    """Raises BadSpec for a number that is none."""
    return Ensemble(chosen["dataset"], tuple(chosen["methods"]), int(chosen["models"] or 0), chosen["model"],
                    seed=int(chosen["seed"] or 0), candidates=evidence_link.candidates_of(chosen["candidates"]))


def _model(dataset: str) -> Slot[str | None]:
    return Slot(f"evidence.model.{dataset}", None)


# --- start ----------------------------------------------------------------------------------


def start(ensemble: Ensemble | None) -> None:
    """What is there, what so many models support, how long the rest takes, where it runs, and the button."""
    if ensemble is None:
        START.pressed("Start", disabled=True)
        return
    found = at_hand_of(ensemble)
    have, todo = len(found.numbers) if found else 0, to_compute(ensemble, found)
    st.markdown(_counted(ensemble, have, found))
    st.caption(next(notes(ensemble.models, ensemble.models // BLOCK)))
    if not todo or ensembles().active:
        if ensembles().active:
            st.caption("An ensemble is being computed: stop it, or wait until it ends, before you start another.")
        START.pressed("Start", disabled=True)
        return
    _offer(ensemble, found, have, todo)


def _counted(ensemble: Ensemble, have: int, found: AtHand | None) -> str:
    """``**64 models, all done** (recorded)`` or ``**9 models**: 5 done, **4 to compute**``."""
    models = f"{ensemble.models:,} {plural(ensemble.models, 'model')}"
    if have >= ensemble.models:
        return f"**{models}, all done**{' (recorded)' if found and found.shelf.recorded else ''}"
    if found and found.shelf.recorded:
        return f"**{models}**: {have:,} are recorded without their weights, so **all are to compute**"
    return f"**{models}**: {have:,} done, **{ensemble.models - have:,} to compute**"


def _offer(ensemble: Ensemble, found: AtHand | None, have: int, todo: list[Task]) -> None:
    asked, jobs = found.design if found else design(ensemble), manager()
    seconds = estimate(asked, todo, jobs.checkpoints, estimates.measured(jobs.store))
    st.markdown(f"**Takes {estimates.around(seconds)}** on this machine.")
    executor, usable = form_parts.executor_box("evidence.executor")
    launch.download(asked.base.dataset)
    resumed = bool(have) and not (found and found.shelf.recorded)
    if START.pressed("Resume" if resumed else "Start", disabled=not usable):
        try:
            with st.spinner("Loading the data …"):
                ensembles().launch(ensemble, executor)
        except LabError as error:
            st.error(str(error), icon=":material/error:")
            return
        st.rerun()
