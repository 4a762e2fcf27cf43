"""The form of the tab Tune: how many trials, on which seeds, by which attacks, what it takes, and its start."""

from __future__ import annotations

from typing import Any

import streamlit as st

from engine.errors import LabError, Problem
from engine.registry import get
from engine.runs import estimates
from engine.runs.queue import manager
from engine.spec import resolve
from engine.studies.tuning import MOST_TRIALS, Tuning, selectable
from engine.studies.tuning_job import estimate, tunings
from engine.studies.tuning_record import Record
from engine.studies.tuning_sampler import TITLES
from engine.system.words import numbered
from ui.common import form_parts
from ui.common.linked_form import LinkedForm
from ui.common.state import Slot
from ui.compare import link as compare_link
from ui.compare import tune_link
from ui.unlearn import form as launch

TAB, TRIALS = Slot("compare.tab", tune_link.USUAL.tab), Slot("compare.tune.trials", tune_link.USUAL.trials)
SEEDS = Slot("compare.tune.seeds", tune_link.seeds_text(tune_link.USUAL.seeds))
ATTACK, REPORTED = Slot("compare.tune.attack", selectable()[0]), Slot("compare.tune.reported", selectable()[1])
START = form_parts.StartButton("tune", "tune", "Computes every missing run and reuses finished ones. It continues "
                               "when you leave this page.")
TAB_HELP = "Compare: methods side by side with their default settings. Tune: what a fair search of settings changes."
SEEDS_HELP = "Settings are chosen on these seeds, and reported on the form's seeds: no seed may be in both."
ATTACK_HELP = "Part of the score by which settings are chosen, on validation data."
REPORTED_HELP = "Another attack, for the report on test data."


def _fill(asked: tune_link.Asked) -> None:
    TAB.put(asked.tab)
    TRIALS.put(asked.trials)
    SEEDS.put(tune_link.seeds_text(asked.seeds))
    ATTACK.put(asked.attack or ATTACK.first)
    REPORTED.put(asked.report_attack or next(name for name in selectable() if name != ATTACK.get()))


FORM: LinkedForm[tune_link.Asked] = LinkedForm(
    "compare.tune", "Compare", compare_link.TUNED, tune_link.from_query, tune_link.to_query, _fill,
    beside=(*compare_link.NAMES, *compare_link.LOOK))


def tabs() -> str:
    """The switch between both tabs; which one is open."""
    FORM.restore()
    titles = {tune_link.COMPARE: "Compare", tune_link.TUNE: "Tune"}
    tab: str = st.segmented_control("Tab", list(titles), format_func=titles.__getitem__, key=TAB.key, required=True,
                                    persist_state="session", label_visibility="collapsed", help=TAB_HELP,
                                    **TAB.given("default"))
    return tab


def problems() -> list[Problem]:
    """What was wrong with the link's own parameters; what nobody knows is named by the comparison's form."""
    return [one for one in FORM.problems() if one.field]


def form() -> tune_link.Asked | None:
    """Draws the controls; what they come to, also in the address, or None where the seeds make no sense."""
    first, second, third, fourth = st.columns(4)
    trials = first.number_input("Trials for each method", 1, MOST_TRIALS, key=TRIALS.key, persist_state="session",
                                help="Settings tried, the method's own first.", **TRIALS.given("value"))
    text = second.text_input("Tuning seeds", key=SEEDS.key, persist_state="session", help=SEEDS_HELP,
                             **SEEDS.given("value"))
    attack, reported = (_attack_box(*box) for box in ((third, "Choose by", ATTACK, ATTACK_HELP),
                                                      (fourth, "Report with", REPORTED, REPORTED_HELP)))
    try:
        seeds = compare_link.parse_seeds(text)
    except LabError as error:
        st.error(str(error), icon=":material/error:")
        return None
    asked = tune_link.Asked(tune_link.TUNE, int(trials), seeds, *_unusual(attack, reported))
    FORM.mirror(asked)
    return asked


def _attack_box(place: Any, label: str, slot: Slot[str], help: str) -> str:
    chosen: str = place.selectbox(label, selectable(), key=slot.key, persist_state="session", help=help,
                                  format_func=attack_title)
    return chosen


def attack_title(name: str) -> str:
    """``Loss attack``."""
    attack = get("attack", name)
    return (attack.short or attack.title).capitalize()


def _unusual(attack: str, reported: str) -> tuple[str, str]:
    """Both attacks, empty where they are the usual ones."""
    return ("", "") if (attack, reported) == (ATTACK.first, REPORTED.first) else (attack, reported)


def _original(tuning: Tuning) -> str:
    """Which Original a search is of, where it is not the usual one."""
    seeds = tuning.comparison.training_seeds
    said = f", from the Original of {numbered('training seed', seeds)}"
    return "" if seeds == compare_link.USUAL.training_seeds else said


def start(tuning: Tuning | None, record: Record | None) -> None:
    """What the search takes, where it runs, and [Tune]."""
    active = tunings().active
    if active:
        st.caption("A search is running: stop it, or wait until it ends, before you start another.")
    if tuning is None or active or (record and record.complete):
        return
    store, first = manager().store, resolve(tuning.spec(tuning.methods[0], tuning.seeds[0]))
    about, where, button = st.columns([5, 3, 2], vertical_alignment="bottom")
    about.markdown(f"**At most {tuning.most_runs:,} runs**, {estimates.around(estimate(tuning, store))} on this "
                   "machine where none is there yet.")
    about.caption(f"Reported on {numbered('seed', tuning.report_seeds)}, the form's{_original(tuning)}. Proposed by: "
                  f"{TITLES[tuning.sampler]}.")
    with where:
        executor, usable = form_parts.executor_box("compare.tune.executor")
    launch.download(first.dataset)
    allowed = launch.original(first)
    with button:
        pressed = START.pressed("Resume" if record else "Tune", disabled=allowed is None or not usable)
    if pressed:
        try:
            tunings().launch(tuning, executor, train_original=bool(allowed))
        except LabError as error:
            st.error(str(error), icon=":material/error:")
            return
        st.rerun()
