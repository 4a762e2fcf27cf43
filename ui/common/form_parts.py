"""The controls that the pages' forms share, each drawn in one place; a form says where its value is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from engine.checks import LARGEST, SMALLEST
from engine.errors import Problem
from engine.registry import get, names, of_the_paper
from engine.runs.executors import EXECUTORS
from engine.system.words import plural
from engine.types import PROFILES, Dataset, Forgotten, Scenario
from ui.common import words
from ui.common.allowed import starts
from ui.common.said import plain
from ui.common.state import Slot

METHOD_HELP = f"The first {len(of_the_paper())} are the paper's; the others come from elsewhere."
PROFILE_HELP = ("corrected: evaluates without augmentation and draws a new forget set for every seed. "
                "paper: follows the published tables, quirks included.")
WAITING = {"running": "running", "queued": "waiting", "failed": "failed"}  # a run's states as the counts name them


def dataset_box(key: str, **more: Any) -> str:
    """The data set's name; ``more`` goes to Streamlit."""
    name: str = st.selectbox("Data", names("dataset"), key=key, persist_state="session", **more,
                             format_func=lambda name: words.title_of("dataset", name),
                             help="What the model was trained on.")
    return name


def method_box(key: str, **more: Any) -> str:
    """The method's name; ``more`` goes to Streamlit."""
    name: str = st.selectbox("Method", names("method"), key=key, persist_state="session", help=METHOD_HELP,
                             format_func=lambda name: words.title_of("method", name), **more)
    return name


def scenario_box(slot: Slot[str], offered: Sequence[Scenario]) -> str:
    """The name of the scenario: who is forgotten. A list, since the names of many do not fit into a row of buttons."""
    said = "\n".join(f"- **{_first_capital(one.title)}**: {one.summary} {one.aim}" for one in offered)
    valid = [one.name for one in offered]
    if slot.get() not in valid:  # chosen for other data
        slot.put(valid[0])
    name: str = st.selectbox("Forget", valid, key=slot.key, help=said, persist_state="session",
                             format_func=lambda name: _first_capital(get("scenario", name).title))
    with st.container(key=f"{slot.key}-about"):
        st.caption(plain(get("scenario", name).summary))
    return name


def _first_capital(title: str) -> str:
    return title[:1].upper() + title[1:]


def class_box(dataset: Dataset, key: str, more_help: str = "") -> int | tuple[int, ...]:
    """The number of the class to forget, several as a sorted tuple."""
    known = range(len(dataset.classes))
    one: int = st.selectbox("Class", known, format_func=lambda i: dataset.classes[i], key=key, persist_state="session",
                            help="Forgets every training sample with this label; the "
                                 f"test set excludes the class{more_help}.")
    more = st.multiselect("More classes", known, format_func=lambda i: dataset.classes[i], key=more_classes(key),
                          persist_state="session", placeholder="only this one",
                          help="Other classes to forget together with it.")
    return _classes(one, more)


def chosen_classes(slot: Slot[int]) -> int | tuple[int, ...]:
    """What both widgets of :func:`class_box` hold, before they are drawn."""
    more: Slot[list[int]] = Slot(more_classes(slot.key), [])
    return _classes(slot.get(), more.get())


def _classes(one: int, more: Sequence[int]) -> int | tuple[int, ...]:
    chosen = tuple(sorted({one, *more}))
    return one if len(chosen) == 1 else chosen


def more_classes(key: str) -> str:
    """The key of the further classes beside the one of ``key``."""
    return f"{key}.more"


def class_values(key: str, asked: Any) -> dict[str, Any]:
    """The values of both widgets for a resolved spec's class or classes."""
    first, *more = asked if isinstance(asked, tuple) else (asked,)
    return {key: first, more_classes(key): more}


def share_slider(label: str, slot: Slot[float], scenario: Scenario) -> float:
    """The fraction to forget, chosen and kept in percent."""
    share: float = st.slider(label, 100 * SMALLEST, 100 * LARGEST, step=0.1, format="%.1f%%", key=slot.key,
                      persist_state="session", help=plain(scenario.summary), **slot.given("value"))
    return round(share / 100, 6)


def forget_box(dataset: Dataset, scenario: Scenario, class_key: str, share: Slot[float]) -> Forgotten:
    """A share, or classes; None where the scenario's own parameters say who."""
    if scenario.target == "selection":
        return None
    return class_box(dataset, class_key) if scenario.by_class else share_slider("Share of the training set", share,
                                                                                scenario)


def profile_box(slot: Slot[str]) -> str:
    """The profile's name."""
    name: str = st.segmented_control("Profile", PROFILES, required=True, key=slot.key, help=PROFILE_HELP,
                                     persist_state="session", **slot.given("default"))
    return name


def executor_box(key: str) -> tuple[str, bool]:
    """Where to compute, by the executor's name, and whether it can be used here; a warning says why it cannot."""
    name: str = st.segmented_control("Where", list(EXECUTORS), key=key, default="local", required=True,
                                     format_func=lambda name: EXECUTORS[name].title, persist_state="session",
                                     help=" ".join(f"{one.title}: {one.help}" for one in EXECUTORS.values()))
    if problem := EXECUTORS[name].problem():
        st.warning(plain(problem), icon=":material/cloud_off:")
    return name, not problem


def beside(problems: Sequence[Problem], places: Mapping[str, Any]) -> list[Problem]:
    """Says each problem in the place of its field; returns those whose field has none here."""
    elsewhere = []
    for problem in problems:
        if problem.field is not None and problem.field in places:
            places[problem.field].error(plain(problem), icon=":material/error:")
        else:
            elsewhere.append(problem)
    return elsewhere


@dataclass(frozen=True)
class StartButton:
    """The one button that a form leads to."""

    key: str
    icon: str
    help: str | None = None

    def pressed(self, label: str, disabled: bool) -> bool:
        """Draws it; whether it was pressed."""
        return st.button(label, type="primary", icon=f":material/{self.icon}:", key=self.key, width="stretch",
                         **starts(disabled, self.help))


def counted(total: int, states: Mapping[str, int], recorded: int, todo: int) -> str:
    """``**432 runs**: 144 done (12 recorded), 4 running, 1 failed, **284 to compute**``."""
    mark = f" ({recorded:,} recorded)" if recorded else ""
    runs, done = f"{total:,} {plural(total, 'run')}", states.get("finished", 0)
    if done == total:
        return f"**{runs}, all done**{mark}"
    parts = [f"{done:,} done{mark}"]
    parts += [f"{states[state]:,} {word}" for state, word in WAITING.items() if states.get(state)]
    parts += [f"**{todo:,} to compute**"] if todo else []
    return f"**{runs}**: {', '.join(parts)}"
