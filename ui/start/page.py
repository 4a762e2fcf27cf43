"""The state of things, for the Start page: machine, data, Originals, the latest and the interrupted runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from engine.errors import LabError
from engine.originals.checkpoints import original_key
from engine.own.folder import bad
from engine.registry import KINDS, all_of, get, names, ships
from engine.runs.queue import manager
from engine.runs.recorded import recorded_runs
from engine.runs.records import Run
from engine.runs.remembered import Latest
from engine.spec import resolve
from engine.studies.comparison import Comparison
from engine.studies.intensity import of_a_knob
from engine.studies.sweep import Sweep
from engine.studies.sweep_runs import grids
from engine.system.machine import machine
from engine.system.same import Same
from engine.system.words import spaced
from engine.types import PROFILES, Spec
from ui.common import damaged, words
from ui.common.allowed import starts
from ui.common.said import code, plain
from ui.common.state import Slot
from ui.compare import link as compare_link
from ui.compare.race import short_title
from ui.frame import shell
from ui.robustness import link as robustness_link
from ui.runs.columns import verdict


@dataclass(frozen=True)
class Shelves:
    """The recorded runs as they are shown: lines by title, grids, and the data sets whose knobs have a page."""

    groups: Mapping[str, list[Run]]
    sweeps: Sequence[Sweep]
    mapped: Sequence[str]


_shelves: Latest[Shelves] = Latest(1)  # until a recorded run or a component is another one
DISMISSED: Slot[frozenset[str]] = Slot("dismissed", frozenset())  # interrupted runs that were run again
WHERE = {"embedded": "ready (comes with the app)", "folder": "ready (in $UNLEARN_DATA_DIR)",
         "cache": "ready (downloaded before)", "own": "ready (your own data)",
         None: "not on this machine; downloaded on first use"}


def interrupted_runs() -> None:
    """Runs that a killed process left behind, each with a button that runs it again."""
    jobs = manager()
    dismissed = DISMISSED.get()
    lost = [run for run in jobs.store.list(status=("interrupted",), newest_first=True, limit=5)
            if run.id not in dismissed]
    for run in lost:
        text, again = st.columns([5, 1], vertical_alignment="center")
        text.warning(f"Interrupted: {plain(words.run_title(run))} ({words.when(run.started)}). {plain(run.reason)}",
                     icon=":material/power_off:")
        if again.button("Run again", key=f"rerun-{run.id}", icon=":material/replay:", width="stretch", **starts()):
            again_id = jobs.rerun(run.id)  # it may be refused: then the line stays
            DISMISSED.put(dismissed | {run.id})
            st.switch_page(shell.UNLEARN, query_params={"run": again_id})


def machine_and_data() -> None:
    """A line on the machine, and a table of data sets with their Originals."""
    here = machine()
    st.markdown(f"**{plain(here.device)}** with {here.processor_cores} and {here.memory_total:.0f} GiB of memory. "
                f"Results are kept in {code(manager().store.root)}.")
    st.dataframe([_row(dataset) for dataset in all_of("dataset")], hide_index=True, width="stretch")
    for sentence in bad():
        st.warning(plain(sentence), icon=":material/error:")


def _row(dataset: Any) -> dict[str, str]:
    model = get("model", dataset.default_model)
    try:
        found = manager().checkpoints.find(original_key(resolve(Spec(dataset.name))))
        original = "not trained yet" if found is None else (
            f"{found.sidecar['metrics']['train_accuracy']:.1f}% on its training set, "
            f"{found.sidecar['metrics']['heldout_accuracy']:.1f}% on all held-out samples")
    except LabError as error:
        original = str(error)
    return {"Data": dataset.title, "Status": _status(dataset), "Model": model.title, "Original": original}


def _status(dataset: Any) -> str:
    """Where the data would come from; what a person's own file holds does not come with the app."""
    found = dataset.available()
    if found is None and dataset.absent:
        return "no longer where they were"
    if found == "embedded" and not ships("dataset", dataset.name):
        return "ready (your own component)"
    return WHERE.get(found, f"ready ({found})")


def latest_runs() -> None:
    """The five newest runs as links."""
    store = manager().store
    runs = store.list(newest_first=True, limit=5)
    damaged.show(store, [(one.id, one.reason) for one in store.unreadable(newest=20)])
    if not runs:
        st.caption("None yet: press the button above.")
    _links(runs)


VERDICTS = {"forgotten": "green", "not forgotten": "orange", "over-forgotten": "orange", "damaged": "red"}  # colours
MOST_LINKS = 10  # in a line: of more methods, those of the paper are linked


def recorded_results() -> None:
    """The runs that ship with the app, a line of links for each thing that was forgotten: no data or GPU needed.

    A method's other seeds are in the comparison, and so are other training seeds; the settings of each method's knob
    are on one page.
    """
    recorded = recorded_runs()
    made_from = Same(recorded), Same(record for kind in KINDS for record in all_of(kind))
    shelves = _shelves.get("recorded", made_from, lambda: _sorted(recorded))
    groups, sweeps, mapped = shelves.groups, shelves.sweeps, shelves.mapped
    if groups or sweeps:
        st.subheader("Recorded results")
        st.caption("Computed earlier, on the devices they name; they open without the data.")
    for title, runs in groups.items():
        about, links = st.columns([1, 2], vertical_alignment="center")
        about.markdown(title)
        with links.container(horizontal=True):
            if comparison := _comparison(runs):
                st.page_link(shell.COMPARE, label="**Side by side**", width="content", icon=":material/leaderboard:",
                             query_params=compare_link.to_query(comparison))
            first = _first_seeds(runs)
            shown = [run for run in first if len(first) <= MOST_LINKS or get("method", run.spec.method).in_paper]
            for run in shown:
                st.page_link(shell.UNLEARN, label=plain(_label(run)), query_params={"run": run.id}, width="content")
            if len(shown) < len(first):
                st.caption(f"and {len(first) - len(shown)} more, side by side")
    for sweep in sweeps:
        about, links = st.columns([1, 2], vertical_alignment="center")
        about.markdown(f"**{plain(words.title_of('dataset', sweep.dataset))}**, a grid")
        across, down = (axis.title for axis in (sweep.across, sweep.down))
        links.page_link(shell.ROBUSTNESS, query_params=robustness_link.to_query(sweep), width="content",
                        label=f"{plain(short_title(sweep.method))}: {across} by {down}, {sweep.size:,} runs")
    for dataset in mapped:
        about, links = st.columns([1, 2], vertical_alignment="center")
        about.markdown(f"**{plain(words.title_of('dataset', dataset))}**, maps")
        links.page_link(shell.ROBUSTNESS, query_params={"data": dataset, robustness_link.SIDE: robustness_link.ALL},
                        width="content", label="Every method by its own knob, side by side")


def _sorted(recorded: Sequence[Run]) -> Shelves:
    """Which grid and which line each finished run belongs to; a second of work for all that ship."""
    groups: dict[str, list[Run]] = {}
    finished = [run for run in recorded if run.status == "finished" and not run.spec.original_seed]
    knobs = [run for run in finished if of_a_knob(run.spec)]
    mapped = [name for name in dict.fromkeys(run.spec.dataset for run in knobs)
              if len({run.spec.method for run in knobs if run.spec.dataset == name}) > 1]
    apart = {run.id for run in knobs if run.spec.dataset in mapped}
    sweeps, runs = grids(run for run in finished if run.id not in apart)
    for run in sorted(runs, key=_order):
        groups.setdefault(_group(run), []).append(run)
    return Shelves(groups, sweeps, mapped)


def _comparison(runs: list[Run]) -> Comparison | None:
    """All methods and seeds of a line on the page Compare; None where there is one method only, or options."""
    alike = [run.spec for run in sorted(runs, key=_place) if not run.spec.parameters]
    methods = tuple(dict.fromkeys(spec.method for spec in alike))
    if len(methods) < 2 or any(spec.options for spec in alike):
        return None
    first, by_seed = alike[0], {seed: {spec.method for spec in alike if spec.seed == seed} for seed in
                                {spec.seed for spec in alike}}
    most = max(map(len, by_seed.values()))  # a seed that ships for one picture is no part of the race
    return Comparison(first.dataset, first.scenario, first.forgotten, methods,
                      tuple(sorted(seed for seed, those in by_seed.items() if 2 * len(those) >= most)), first.profile,
                      words.unusual_model(first))


def _first_seeds(runs: list[Run]) -> list[Run]:
    """A run for each method and setting, by method."""
    found: dict[str, Run] = {}
    for run in sorted(runs, key=_place):
        found.setdefault(_label(replace(run, spec=replace(run.spec, seed=0))), run)
    return list(found.values())


def _order(run: Run) -> tuple[Any, ...]:
    """Lines go by data set, the usual model and profile first, then from the smallest share to the largest."""
    order, spec = names("dataset"), run.spec
    return (order.index(spec.dataset) if spec.dataset in order else len(order), words.unusual_model(spec) or "",
            spec.profile != PROFILES[0], spec.scenario, spec.forget_fraction or 0, str(spec.forget_class))


def _group(run: Run) -> str:
    """``**CIFAR-10**, forget 15%, paper profile``: what the runs of one line share."""
    spec = run.spec
    model = words.unusual_model(spec)
    parts = [f"**{plain(words.title_of('dataset', spec.dataset))}**",
             *([plain(words.title_of("model", model))] if model else []), f"forget {plain(words.forgotten(spec))}",
             *(plain(f"{spaced(name)} {value}") for name, value in spec.options.items())]
    return ", ".join(parts + ([f"{plain(spec.profile)} profile"] if spec.profile != PROFILES[0] else []))


def _place(run: Run) -> tuple[int, int]:
    """Methods in the registry's order, then seeds; one that is gone comes last."""
    order, spec = names("method"), run.spec
    return order.index(spec.method) if spec.method in order else len(order), spec.seed


def _label(run: Run) -> str:
    """``SSD``, ``SSD, seed 2``; with the hyperparameters and the outcome where they are not the usual ones."""
    spec = run.spec
    parts = [short_title(spec.method)] + ([f"seed {spec.seed}"] if spec.seed else [])
    parts += [f"{spaced(name)} {value}" for name, value in spec.parameters.items()]
    return ", ".join(parts + ([run.status] if run.status != "finished" else []))


def _links(runs: Any) -> None:
    for run in runs:
        name, state = st.columns([4, 1], vertical_alignment="center")
        name.page_link(shell.UNLEARN, label=plain(words.run_title(run)), query_params={"run": run.id},
                       icon=words.ICONS[run.status])
        state.markdown(_state(run))


def _state(run: Run) -> str:
    """As a badge: the verdict of a finished run, which its page shows first too; else where the run is."""
    word = verdict(run) if run.finished else ""
    return f":{VERDICTS.get(word, 'gray')}-badge[{word}]" if word else words.badge(run.status)
