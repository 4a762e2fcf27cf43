"""The left side of the Compare page: what to compare, what is there, what the rest costs, and the race's start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from engine import estimates
from engine.comparison import REFERENCE, Comparison, Runs, find_runs, missing, queue_missing
from engine.errors import LabError
from engine.jobs import Jobs, manager
from engine.registry import get, names, of_the_paper
from engine.spec import LARGEST, SMALLEST, resolve
from engine.splits import SCENARIOS
from engine.types import PROFILES
from ui import compare_link, compare_runs, launch, words

DATA, SCENARIO, SHARE, METHODS, SEEDS, PROFILE = (f"compare.{name}" for name in (
    "data", "scenario", "share", "methods", "seeds", "profile"))
LINK, PROBLEMS = "compare.link", "compare.problems"
DONE = " ✓ "
METHODS_HELP = ("Each with its default settings. The first {papers} are the paper's. A tick names the seeds that "
                "are there already; they are not computed again.")
SEEDS_HELP = ("Every method runs once a seed: it draws the forget set (profile corrected), the test/validation split "
              "and the batch order. Whole numbers with spaces between, such as 0 1 2; three show the spread.")
SCENARIO_HELP = launch.FORGET_HELP


def form() -> Comparison | None:
    """Draws the controls; what they come to, also in the address, or None where the seeds make no sense."""
    _restore()
    comparison = _choices()
    if comparison is not None:
        _mirror(comparison)
    return comparison


def problems() -> list[str]:
    """What was wrong with the link that this view came from, until something is chosen by hand."""
    told, address = st.session_state.get(PROBLEMS, ([], None))
    return told if address == st.session_state.get(LINK) else []


# --- the address ----------------------------------------------------------------------------


def _restore() -> None:
    """Puts what the address asks for into the widgets, before they are drawn, unless it is what they wrote there."""
    asked = {name: st.query_params[name] for name in compare_link.NAMES if name in st.query_params}
    state = st.session_state
    if asked and asked != state.get(LINK):
        comparison, told = compare_link.from_query(asked)
        state[DATA], state[SCENARIO], state[PROFILE] = comparison.dataset, comparison.scenario, comparison.profile
        state[METHODS], state[SEEDS] = list(comparison.methods), " ".join(map(str, comparison.seeds))
        if comparison.model:
            state[_model_key(comparison.dataset)] = comparison.model
        if comparison.scenario == "class":
            state[_class_key(comparison.dataset)] = comparison.forget
        else:
            state[SHARE] = 100 * comparison.forget
        state[PROBLEMS] = (told, compare_link.to_query(comparison))


def _mirror(comparison: Comparison) -> None:
    query = compare_link.to_query(comparison)
    st.session_state[LINK] = query
    if dict(st.query_params) != query:
        st.query_params.from_dict(query)


# --- the controls ---------------------------------------------------------------------------


def _choices() -> Comparison | None:
    state = st.session_state
    dataset = get("dataset", st.selectbox("Data", names("dataset"), key=DATA, persist_state="session",
                                          format_func=lambda name: words.title_of("dataset", name),
                                          help="What the model was trained on."))
    model = launch.model_unless_usual(dataset, _model_key(dataset.name))
    scenario = st.segmented_control("Forget", list(SCENARIOS), format_func=lambda name: SCENARIOS[name].title,
                                    required=True, key=SCENARIO, persist_state="session", help=SCENARIO_HELP,
                                    **({} if SCENARIO in state else {"default": "random"}))
    if scenario == "class":
        forget: float | int = st.selectbox(
            "Class", range(len(dataset.classes)), format_func=lambda i: dataset.classes[i],
            key=_class_key(dataset.name), persist_state="session",
            help="Every training sample with this label is forgotten; the test set leaves the class out.")
    else:
        share = st.slider("Share of the training set", 100 * SMALLEST, 100 * LARGEST, step=0.1, format="%.1f%%",
                          key=SHARE, persist_state="session", help="A random subset of the training samples.",
                          **({} if SHARE in state else {"value": 100 * compare_link.usual().forget}))
        forget = round(share / 100, 6)
    size, methods_here = st.empty(), st.container()
    text = st.text_input("Seeds", key=SEEDS, persist_state="session", help=SEEDS_HELP,
                         **({} if SEEDS in state else {"value": "0"}))
    profile = st.segmented_control("Profile", PROFILES, required=True, key=PROFILE, help=launch.PROFILE_HELP,
                                   persist_state="session", **({} if PROFILE in state else {"default": PROFILES[0]}))
    comparison = Comparison(dataset.name, scenario, forget, (), compare_link.usual().seeds, profile, model)
    if scenario == "class":
        here = dataset.at({option.name: option.default_in(profile) for option in dataset.options})
        size.caption(launch.class_size(here, comparison.spec(REFERENCE, 0)))
    try:
        comparison = replace(comparison, seeds=compare_link.parse_seeds(text))
    except LabError as error:
        st.error(str(error), icon=":material/error:")
        with methods_here:
            _methods(comparison)
        return None
    with methods_here:
        return replace(comparison, methods=_methods(comparison))


def _model_key(dataset: str) -> str:
    return f"compare.model.{dataset}"


def _class_key(dataset: str) -> str:
    return f"compare.class.{dataset}"


def _methods(comparison: Comparison) -> tuple[str, ...]:
    """The methods as chips, those with finished runs ticked.

    A chip's state is kept as its text, which changes with every tick: so the choice is read and set by name first.
    """
    unfit = _unfit(comparison)
    titles = {name: compare_runs.short_title(name) for name in names("method") if name not in unfit}
    names_of = {title: name for name, title in titles.items()}
    kept = st.session_state.get(METHODS, list(compare_link.usual().methods))
    chosen = [name for value in kept if (name := names_of.get(str(value).partition(DONE)[0], value)) in titles]
    st.session_state[METHODS] = chosen
    ticks = _ticks(replace(comparison, methods=tuple(titles)))
    st.pills("Methods", list(titles), selection_mode="multi", key=METHODS, persist_state="session",
             help=METHODS_HELP.format(papers=len(of_the_paper())),
             format_func=lambda name: titles[name] + ticks.get(name, ""))
    if unfit:
        left_out = ", ".join(compare_runs.short_title(name) for name in unfit)
        st.caption(f"Left out: {left_out}. They need exactly one label a sample, and under this profile samples have "
                   "several.")
    return tuple(name for name in titles if name in chosen)


def _unfit(comparison: Comparison) -> list[str]:
    """The methods that cannot work on these data as this profile reads them."""
    dataset = get("dataset", comparison.dataset)
    here = dataset.at({option.name: option.default_in(comparison.profile) for option in dataset.options})
    return [name for name in names("method") if get("method", name).why_not(here)]


def _ticks(comparison: Comparison) -> dict[str, str]:
    """``✓ 0 1`` for every method with finished runs."""
    try:
        runs = find_runs(comparison, manager().store)
    except LabError:
        return {}  # said below, where it matters
    done: dict[str, list[str]] = {}
    for method, seed in comparison.grid():
        if (run := runs.get((method, seed))) and run["status"] == "finished":
            done.setdefault(method, []).append(str(seed))
    return {method: DONE + " ".join(seeds) for method, seeds in done.items()}


# --- cost, start and stop -------------------------------------------------------------------


def start(comparison: Comparison | None, runs: Runs) -> None:
    """What of the comparison is there, what the rest takes, [Race], and [Stop] while it goes on."""
    if comparison is None or not comparison.methods:  # said beside it
        _race_button(disabled=True)
        return
    jobs, todo = manager(), missing(comparison, runs)
    st.markdown(_counts(comparison, runs, len(todo)))
    allowed: bool | None = False
    if todo:
        _cost(comparison, todo, jobs)
        resolved = resolve(todo[0])
        fewest = min(resolved.sizes.forget, resolved.sizes.nonmembers)
        if fewest < launch.NOISY:
            st.caption(launch.noise(fewest))
        launch.download(resolved.dataset)
        allowed = launch.original(resolved)
    if REFERENCE not in comparison.methods:
        _offer_reference(comparison, jobs)
    if _race_button(disabled=not todo or allowed is None):
        queue_missing(comparison, jobs, train_original=bool(allowed))
        st.rerun()
    active = [run["id"] for run in runs.values() if run["status"] in ("queued", "running")]
    if active and st.button(f"Stop {_runs(len(active))}", icon=":material/stop:", key="compare.stop", width="stretch",
                            help="Takes the waiting runs of this race out of the queue and stops the one that runs, "
                                 "which keeps what was measured until then."):
        for run_id in active:
            jobs.cancel(run_id)
        st.rerun()


def _race_button(disabled: bool) -> bool:
    return st.button("Race", type="primary", icon=":material/sports_score:", key="race", width="stretch",
                     disabled=disabled, help="Queues every run that is missing; what is there is not computed again. "
                                             "They go on when you leave this page.")


def _counts(comparison: Comparison, runs: Runs, todo: int) -> str:
    """``12 runs: 5 done (2 recorded), 1 running, 6 missing``."""
    total = len(comparison.grid())
    states = [runs[cell]["status"] for cell in comparison.grid() if cell in runs]
    recorded = sum(bool(run.get("recorded")) for run in runs.values())
    done = states.count("finished")
    if done == total:
        return f"**{_runs(total)}, all there**" + (f" ({recorded} recorded)" if recorded else "")
    told = [f"{done} there" + (f" ({recorded} recorded)" if recorded else "")]
    told += [f"{states.count(state)} {word}" for state, word in (("running", "running"), ("queued", "waiting"))
             if state in states]
    told += [f"**{todo} to compute**"] if todo else []
    return f"**{_runs(total)}**: {', '.join(told)}"


def _cost(comparison: Comparison, todo: list[Any], jobs: Jobs) -> None:
    cost = estimates.together([resolve(spec) for spec in todo], jobs.checkpoints, _finished(jobs))
    measuring = "measuring included" if cost.measuring else "plus measuring"
    told = f"**Takes {estimates.duration(cost.seconds)}**, {measuring}"
    if cost.unknown and cost.seconds is not None:
        told += f", and {_runs(cost.unknown)} more that nothing is known about yet"
    if cost.trainings:
        shared = ", which serves all seeds" if comparison.profile == "paper" else ""
        told += (f". Of that the retrained reference: {estimates.duration(cost.retraining)} for {cost.trainings} "
                 f"training{'s' if cost.trainings > 1 else ''} from scratch{shared}")
    st.markdown(f"{told}.")


def _offer_reference(comparison: Comparison, jobs: Jobs) -> None:
    """Without retraining nothing can be held against it: say so, with what it would take."""
    alone = replace(comparison, methods=(REFERENCE,))
    try:
        todo = missing(alone, find_runs(alone, jobs.store))
        cost = estimates.together([resolve(spec) for spec in todo], jobs.checkpoints, _finished(jobs))
    except LabError:
        return
    time = estimates.duration(cost.seconds) if todo else "no time, it is there"
    st.caption(f"Without a retrained reference there is nothing to match. It takes {time}.")
    st.button("Add the retrained reference", icon=":material/add:", key="compare.reference", on_click=_add_reference,
              help="Trains a model from scratch without the forget set, once a seed: the truth to match.",
              width="stretch")


def _add_reference() -> None:
    st.session_state[METHODS] = [*st.session_state[METHODS], REFERENCE]


def _finished(jobs: Jobs) -> list[Mapping[str, Any]]:
    return jobs.store.list(status=("finished",), newest_first=True, limit=200)


def _runs(count: int) -> str:
    return f"{count} run{'s' if count != 1 else ''}"
