"""The left side of the Robustness page: the grid, what of it is there, what the rest takes, and its start."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import streamlit as st

from engine import estimates
from engine.errors import BadSpec, LabError
from engine.executors import EXECUTORS
from engine.jobs import manager
from engine.registry import get, names
from engine.spec import resolve
from engine.sweep_jobs import estimate, sweeps
from engine.sweep_runs import Runs, counts, missing
from engine.sweeps import FRACTION, PRESETS, Axis, Sweep, axes_of, check, suggested
from engine.types import PROFILES, declared
from ui import compare_link, launch, robustness_link, words

DATA, METHOD, ACROSS, XS, DOWN, YS, SEEDS, PROFILE, HELD, EXECUTOR = (f"robustness.{name}" for name in (
    "data", "method", "across", "xs", "down", "ys", "seeds", "profile", "held", "executor"))
LINK, PROBLEMS = "robustness.link", "robustness.problems"
PRESET_HELP = {"small": "3 by 3", "medium": "6 by 6", "authors": "the paper's: 12 by 12, three seeds"}
VALUES_HELP = "Numbers with spaces between, such as 0.05 0.25 0.5."
HELD_HELP = ("The same in every square, as NAME=VALUE with spaces between. The authors cap the passes over the "
             "smallest forget sets: max_forget_epochs=80.")


def form() -> tuple[Sweep | None, list[str]]:
    """Draws the controls; the grid they come to, also in the address, or None and what is wrong with it."""
    _restore()
    try:
        sweep = _choices()
        check(sweep)
    except BadSpec as error:
        return None, error.problems
    except LabError as error:
        return None, [str(error)]
    query = robustness_link.to_query(sweep)
    st.session_state[LINK] = query
    if {name: st.query_params.get(name) for name in robustness_link.NAMES if name in st.query_params} != query:
        look = {name: st.query_params[name] for name in robustness_link.LOOK if name in st.query_params}
        st.query_params.from_dict(query | look)
    return sweep, []


def problems() -> list[str]:
    """What was wrong with the link that this view came from, until something is chosen by hand."""
    told, address = st.session_state.get(PROBLEMS, ([], None))
    return told if address == st.session_state.get(LINK) else []


# --- the grid -------------------------------------------------------------------------------


def _restore() -> None:
    """Puts what the address asks for into the widgets, before they are drawn, unless it is what they wrote there."""
    asked = {name: st.query_params[name] for name in robustness_link.NAMES if name in st.query_params}
    if asked and asked != st.session_state.get(LINK):
        sweep, told = robustness_link.from_query(asked)
        fill(sweep)
        st.session_state[PROBLEMS] = (told, robustness_link.to_query(sweep))
    elif XS not in st.session_state:
        fill(PRESETS[robustness_link.USUAL])


def fill(sweep: Sweep) -> None:
    """Makes the widgets show a grid."""
    text = robustness_link.text_of
    st.session_state.update({
        DATA: sweep.dataset, METHOD: sweep.method, ACROSS: sweep.across.name, XS: text(sweep.across.values),
        DOWN: sweep.down.name, YS: text(sweep.down.values), SEEDS: text(sweep.seeds), PROFILE: sweep.profile,
        HELD: robustness_link.held_text(sweep.parameters)})
    if sweep.model:
        st.session_state[_model_key(sweep.dataset)] = sweep.model


def _fill_preset(name: str) -> None:
    chosen = PRESETS[name]
    fill(replace(chosen, dataset=st.session_state.get(DATA, chosen.dataset),
                 profile=st.session_state.get(PROFILE, chosen.profile)))


def _choices() -> Sweep:
    keep: dict[str, Any] = {"persist_state": "session"}
    dataset = st.selectbox("Data", names("dataset"), key=DATA, help="What the model was trained on.", **keep,
                           format_func=lambda name: words.title_of("dataset", name))
    st.caption("Grids to begin with")
    with st.container(horizontal=True, gap="small"):
        for name in PRESETS:
            st.button(name.capitalize(), key=f"robustness.preset.{name}", on_click=_fill_preset, args=(name,),
                      width="content", help=f"{PRESET_HELP.get(name, '')}: {PRESETS[name].size:,} runs of ∇τ, alpha by "
                                            "forget fraction.")
    method = st.session_state[METHOD] if st.session_state[METHOD] in names("method") else names("method")[0]
    sides = {name: st.session_state[key] for name, key in (("across", ACROSS), ("down", DOWN))}
    xs = st.text_input(f"{axis_title(sides['across'])}, across", key=XS, help=VALUES_HELP, **keep)
    ys = st.text_input(f"{axis_title(sides['down'])}, down", key=YS, help=VALUES_HELP, **keep)
    seeds = st.text_input("Seeds", key=SEEDS, help="Squares show the mean over them. Three show the spread.", **keep)
    with st.expander("Other quantities, method, profile", icon=":material/tune:"):
        method = st.selectbox("Method", names("method"), key=METHOD, help=launch.METHOD_HELP, on_change=_fit_method,
                              format_func=lambda name: words.title_of("method", name), **keep)
        axes = axes_of(method)
        across, down = (st.selectbox(side, axes, key=key, format_func=axis_title, on_change=_fit_values, **keep,
                                     args=(key, values), help="Forget fraction, or a hyperparameter of the method.")
                        for side, key, values in (("Across", ACROSS, XS), ("Down", DOWN, YS)))
        held = st.text_input("Held the same", key=HELD, help=HELD_HELP, **keep)
        profile = st.segmented_control("Profile", PROFILES, key=PROFILE, required=True, help=launch.PROFILE_HELP,
                                       **keep)
        model = launch.model_unless_usual(get("dataset", dataset), _model_key(dataset))
    return Sweep(dataset=dataset, model=model, method=method, across=Axis(across, robustness_link.parse_values(xs)),
                 down=Axis(down, robustness_link.parse_values(ys)), seeds=compare_link.parse_seeds(seeds),
                 profile=profile, parameters=robustness_link.held_of(held))


def _model_key(dataset: str) -> str:
    return f"robustness.model.{dataset}"


def _fit_method() -> None:
    """After another method was chosen: an axis that it lacks gives way to one it has, held values that it lacks go."""
    axes = axes_of(st.session_state[METHOD])
    for key, values, other in ((ACROSS, XS, axes[1] if len(axes) > 1 else FRACTION), (DOWN, YS, FRACTION)):
        if st.session_state[key] not in axes:
            st.session_state[key] = other
            _fit_values(key, values)
    with contextlib.suppress(LabError):  # what is no NAME=VALUE stays, to be told
        held = robustness_link.held_of(st.session_state[HELD])
        known = {h.name for h in declared(get("method", st.session_state[METHOD]).parameters)}
        st.session_state[HELD] = robustness_link.held_text({k: v for k, v in held.items() if k in known})


def _fit_values(key: str, values: str) -> None:
    """After another quantity was chosen for an axis: values that suit it."""
    chosen = suggested(st.session_state[key], st.session_state[DATA], st.session_state[METHOD])
    st.session_state[values] = robustness_link.text_of(chosen)


def axis_title(name: str) -> str:
    """An axis as people read it."""
    return "Forget fraction" if name == FRACTION else name.replace("_", " ").capitalize()


# --- start ----------------------------------------------------------------------------------


def start(sweep: Sweep | None, runs: Runs) -> None:
    """What of the grid is there, what the rest takes, where it runs, and [Fill in the map]."""
    if sweep is None:
        _button("Fill in the map", True)
        return
    todo, there = missing(sweep, runs), counts(sweep, runs)
    st.markdown(_counted(sweep, runs, there, len(todo)))
    active = sweeps().active
    if not todo or active:
        if active:
            st.caption("A sweep goes on: stop it beside its progress, or wait, before the next one starts.")
        _button("Fill in the map", True)
        return
    store = manager().store
    st.markdown(f"**Takes {estimates.duration(estimate(sweep, todo, store))}** on this machine.")
    executor = st.segmented_control("Where", list(EXECUTORS), key=EXECUTOR, default="local", required=True,
                                    format_func=lambda name: EXECUTORS[name].title, persist_state="session",
                                    help=" ".join(f"{one.title}: {one.help}" for one in EXECUTORS.values()))
    problem = EXECUTORS[executor].problem()
    if problem:
        st.warning(problem, icon=":material/cloud_off:")
    resolved = resolve(sweep.spec(*todo[0]))
    launch.download(resolved.dataset)
    allowed = launch.original(resolved)
    again = any(runs[cell]["status"] in ("cancelled", "interrupted", "failed") for cell in todo if cell in runs)
    if _button("Go on" if again else "Fill in the map", allowed is None or bool(problem)):
        try:
            sweeps().launch(sweep, executor, train_original=bool(allowed))
        except LabError as error:
            st.error(str(error), icon=":material/error:")
            return
        st.rerun()


def _button(label: str, disabled: bool) -> bool:
    return st.button(label, type="primary", icon=":material/grid_on:", key="sweep", width="stretch",
                     disabled=disabled, help="Computes every run that is missing; what is there is not computed again. "
                                             "It goes on when you leave this page.")


def _counted(sweep: Sweep, runs: Runs, there: dict[str, int], todo: int) -> str:
    """``432 runs: 144 there (12 recorded), 4 running, 1 failed, 284 to compute``."""
    recorded = sum(bool(run.get("recorded")) for run in runs.values())
    mark = f" ({recorded:,} recorded)" if recorded else ""
    total = f"{sweep.size:,} run{'s' if sweep.size != 1 else ''}"
    if there.get("finished") == sweep.size:
        return f"**{total}, all there**{mark}"
    told = [f"{there.get('finished', 0):,} there{mark}"]
    told += [f"{there[state]:,} {word}" for state, word in (("running", "running"), ("queued", "waiting"),
                                                            ("failed", "failed")) if there.get(state)]
    return f"**{total}**: {', '.join([*told, f'**{todo:,} to compute**'] if todo else told)}"
