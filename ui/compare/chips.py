"""The methods of a comparison as chips: those computed already are ticked, whole groups come at one click."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from engine.errors import LabError
from engine.registry import get, names, of_the_paper
from engine.runs.queue import manager
from engine.studies.comparison import Comparison, find_runs
from engine.types import Dataset
from ui.common.said import plain
from ui.common.state import Slot
from ui.compare import link as compare_link
from ui.compare import needs
from ui.compare import race as compare_runs

METHODS: Slot[list[str]] = Slot("compare.methods", list(compare_link.USUAL.methods))
DONE = " •"
METHODS_HELP = (f"Each with its default settings. The first {len(of_the_paper())} are the paper's. A dot "
                "marks what is already computed, with the seeds where these are not all; it is reused.")


def read_as(dataset: Dataset, profile: str) -> Dataset:
    """The data set as a profile reads it."""
    return dataset.at({option.name: option.default_in(profile) for option in dataset.options})


def methods(comparison: Comparison) -> tuple[str, ...]:
    """The methods as chips, those with finished runs marked.

    A chip's state is kept as its text, which changes with every tick: so the choice is read and set by name first.
    """
    left = unfit(comparison)
    titles = {name: compare_runs.short_title(name) for name in names("method") if name not in left}
    wanted = [name for name in chosen() if name in titles]
    METHODS.put(wanted)
    ticks = _ticks(replace(comparison, methods=tuple(titles)))
    st.pills("Methods", list(titles), selection_mode="multi", key=METHODS.key, persist_state="session",
             help=METHODS_HELP, format_func=lambda name: titles[name] + ticks.get(name, ""))
    _pick(tuple(titles))
    if left:
        left_out = ", ".join(compare_runs.short_title(name) for name in left)
        with st.expander(f"Left out here: {left_out}"):
            for sentence in dict.fromkeys(left.values()):
                st.caption(plain(sentence))
    return tuple(name for name in titles if name in wanted)


def chosen() -> tuple[str, ...]:
    """The methods of the chips by name."""
    names_of = {compare_runs.short_title(name): name for name in names("method")}
    return tuple(names_of.get(str(value).partition(DONE)[0], str(value)) for value in METHODS.get())


def _pick(here: tuple[str, ...]) -> None:
    """Whole groups of methods at one click."""
    groups = {"All": here, "The paper's": of_the_paper(), "Source-free": needs.kept(here, "source_free"), "None": ()}
    with st.container(key="compare-pick", horizontal=True, gap="small"):
        for title, those in groups.items():
            st.button(title, key=f"compare.pick.{title}", on_click=METHODS.put, width="content", type="tertiary",
                      args=([name for name in here if name in those],))


def unfit(comparison: Comparison) -> dict[str, str]:
    """The methods that cannot work on these data as this profile reads them, each with the reason."""
    dataset = get("dataset", comparison.dataset)
    here, model = read_as(dataset, comparison.profile), get("model", comparison.model or dataset.default_model)
    return {name: why for name in names("method") if (why := get("method", name).why_not(here, model))}


def _ticks(comparison: Comparison) -> dict[str, str]:
    """`` •`` for a method with all its runs finished, `` • 0 1`` where these seeds are."""
    try:
        runs = find_runs(comparison, manager().store)
    except LabError:
        return {}  # said below, where it matters
    done: dict[str, list[str]] = {}
    for method, seed in comparison.grid():
        if (run := runs.get((method, seed))) and run.status == "finished":
            done.setdefault(method, []).append(str(seed))
    return {method: DONE if len(seeds) == len(comparison.seeds) else f"{DONE} {' '.join(seeds)}"
            for method, seeds in done.items()}
