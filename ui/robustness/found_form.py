"""The left side of the map of methods by share found: the study, what of it is there, what the rest takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from engine.errors import BadSpec, LabError, Problem
from engine.evaluation.metrics import metric_title
from engine.registry import get, names
from engine.runs import estimates
from engine.runs.queue import manager
from engine.spec import resolve
from engine.studies.comparison import find_runs, missing, queue_missing
from engine.studies.correction import Correction, Row, correctable, manipulations, to_compute
from engine.types import Spec
from ui.common import form_parts, words
from ui.common.linked_form import LinkedForm
from ui.common.said import plain
from ui.common.state import Slot
from ui.compare.link import parse_seeds
from ui.robustness import found_link, found_map
from ui.robustness.found_link import Asked
from ui.robustness.link import parse_values, text_of
from ui.unlearn import form as launch

USUAL = found_link.usual()
DATA = Slot("robustness.found.data", USUAL.study.dataset)
METHODS: Slot[Any] = Slot("robustness.found.methods", USUAL.study.methods)
SHARES, SEEDS = (Slot(f"robustness.found.{name}", text_of(values)) for name, values in (
    ("shares", USUAL.study.found), ("seeds", USUAL.study.seeds)))
MEASURE = Slot("robustness.found.measure", USUAL.measure)
START = form_parts.StartButton("correct", "grid_on", "Computes every missing run and reuses finished ones. It "
                               "continues when you leave this page.")
KEEP: dict[str, Any] = {"persist_state": "session"}


def _manipulation(dataset: str) -> Slot[int]:
    """Which of the data's manipulations, by its place."""
    return Slot(f"robustness.found.with.{dataset}", len(manipulations(dataset)) - 1)


def fill(asked: Asked) -> None:
    """Makes the widgets show a study."""
    study = asked.study
    for slot, value in ((DATA, study.dataset), (SHARES, text_of(study.found)), (SEEDS, text_of(study.seeds)),
                        (MEASURE, asked.measure)):
        slot.put(value)
    METHODS.put(list(study.methods))
    here = get("dataset", study.dataset)
    wanted = here.filled(study.options, Spec().profile)
    known = [here.filled(options, Spec().profile) for options in manipulations(study.dataset)]
    _manipulation(study.dataset).put(known.index(wanted))


FORM: LinkedForm[Asked] = LinkedForm("robustness.found", "Robustness", found_link.NAMES, found_link.from_query,
                                     found_link.to_query, fill)


def form() -> tuple[Asked | None, list[Problem]]:
    """Draws the controls; the study they come to, or None and what is wrong with it."""
    FORM.restore()
    try:
        study = _choices()
        found_link.checked(study)
    except BadSpec as error:
        return None, error.problems
    except LabError as error:
        return None, [Problem(None, str(error))]
    return Asked(study, MEASURE.get()), []


def _choices() -> Correction:
    dataset = st.selectbox("Data", correctable(), key=DATA.key, help="Data of which samples can be manipulated.",
                           format_func=lambda name: words.title_of("dataset", name), **KEEP)
    options = manipulations(dataset)
    which = _manipulation(dataset)
    place = st.selectbox("Manipulation", range(len(options)), key=which.key, help="What was done to the training set.",
                         format_func=lambda at: found_map.named(options[at]), **KEEP, **which.given("index"))
    shares = st.text_input("Shares found", key=SHARES.key, **KEEP,
                           help="What part of the manipulated samples was found and is forgotten: numbers from 0.01 "
                                "to 1, separated by spaces.")
    seeds = st.text_input("Seeds", key=SEEDS.key, help="Cells show the mean over seeds.", **KEEP)
    with st.expander("Methods", icon=":material/tune:"):
        methods = st.multiselect("Methods", names("method"), key=METHODS.key, help=form_parts.METHOD_HELP,
                                 format_func=lambda name: words.title_of("method", name), **KEEP)
    return Correction(dataset, tuple(name for name in names("method") if name in methods), options[place],
                      parse_values(shares), parse_seeds(seeds))


def start(study: Correction | None, rows: list[Row], shipped: bool) -> None:
    """What of the study is there, what the rest takes, and the button."""
    if study is None:
        START.pressed("Run study", disabled=True)
        return
    jobs = manager()
    st.markdown(found_map.progress(*found_map.counted(rows, study), shipped))
    parts = to_compute(study, rows)
    todo = [spec for part in parts for spec in missing(part, find_runs(part, jobs.store))]
    if not todo:
        START.pressed("Run study", disabled=True)
        return
    resolved = [resolve(spec) for spec in todo]
    cost = estimates.together(resolved, jobs.checkpoints, estimates.measured(jobs.store))
    st.markdown(f"**Takes {estimates.around(cost.seconds)}** on this machine.")
    launch.download(resolved[0].dataset)
    allowed = launch.original(resolved[0])
    if START.pressed("Run study", disabled=allowed is None):
        try:
            jobs.store.check_room(len(todo))  # the whole study or nothing of it
            for part in parts:
                queue_missing(part, jobs, train_original=bool(allowed))
        except LabError as error:
            st.error(plain(error), icon=":material/error:")
            return
        st.rerun()


def with_measure(asked: Asked, measures: list[str]) -> Asked:
    """Draws the choice of the measure; the study with the one that is shown, which the address keeps."""
    if asked.measure not in measures:
        MEASURE.put(measures[0])
    measure = st.segmented_control("Measure", measures, format_func=metric_title, required=True, key=MEASURE.key,
                                   width="content", **KEEP) if len(measures) > 1 else measures[0]
    asked = replace(asked, measure=measure)
    FORM.mirror(asked)
    return asked
