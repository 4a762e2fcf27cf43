"""The left side of the Robustness page: the grid, what of it is there, what the rest takes, and its start."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import streamlit as st

from engine.errors import BadSpec, LabError, Problem
from engine.registry import get
from engine.runs import estimates
from engine.runs.queue import manager
from engine.spec import resolve
from engine.studies.intensity import strengths
from engine.studies.shipped import shipped_presets
from engine.studies.sweep import FRACTION, PRESETS, TRAINING, Axis, Sweep, axes_of, check, suggested
from engine.studies.sweep_job import estimate, sweeps
from engine.studies.sweep_runs import Runs, counts, find_runs, missing
from engine.system.words import numbered
from engine.types import declared
from ui.common import form_parts, switched
from ui.common.linked_form import LinkedForm
from ui.common.state import Slot
from ui.compare import link as compare_link
from ui.robustness import found
from ui.robustness import link as robustness_link
from ui.unlearn import form as launch

USUAL, TEXT = PRESETS[robustness_link.RECORDED], robustness_link.text_of
DATA, METHOD, PROFILE = (Slot(f"robustness.{name}", first) for name, first in (
    ("data", USUAL.dataset), ("method", USUAL.method), ("profile", USUAL.profile)))
ACROSS, DOWN = Slot("robustness.across", USUAL.across.name), Slot("robustness.down", USUAL.down.name)
XS, YS = Slot("robustness.xs", TEXT(USUAL.across.values)), Slot("robustness.ys", TEXT(USUAL.down.values))
SEEDS, HELD = Slot("robustness.seeds", TEXT(USUAL.seeds)), Slot("robustness.held", "")
START = form_parts.StartButton("sweep", "grid_on", "Computes every missing run and "
                               "reuses finished ones. It continues when you leave this page.")
FILL = "Run sweep"
SWITCHED: Slot[tuple[str, switched.Query]] = Slot("robustness.switched", ("", {}))
PRESET_HELP = {"small": "3 by 3", "medium": "6 by 6", "authors": "the paper's: 12 by 12, three seeds"}
VALUES_HELP = "Enter numbers separated by spaces, such as 0.05 0.25 0.5."
SEEDS_HELP = "Cells show the mean over seeds; three seeds show the spread."
HELD_HELP = ("Set the same values in every cell, as NAME=VALUE separated by spaces. The authors cap the passes over "
             "the smallest forget sets: max_forget_epochs=80.")


def fill(sweep: Sweep) -> None:
    """Makes the widgets show a grid."""
    for slot, value in ((DATA, sweep.dataset), (METHOD, sweep.method), (PROFILE, sweep.profile),
                        (ACROSS, sweep.across.name), (XS, TEXT(sweep.across.values)), (DOWN, sweep.down.name),
                        (YS, TEXT(sweep.down.values)), (SEEDS, TEXT(sweep.seeds)),
                        (HELD, robustness_link.held_text(sweep.parameters))):
        slot.put(value)
    if sweep.model:
        _model(sweep.dataset).put(sweep.model)


FORM: LinkedForm[Sweep] = LinkedForm("robustness", "Robustness", robustness_link.NAMES, robustness_link.from_query,
                                     robustness_link.to_query, fill, beside=robustness_link.LOOK)


def form() -> tuple[Sweep | None, list[Problem]]:
    """Draws the controls; the grid they come to, also in the address, or None and what is wrong with it."""
    FORM.restore()
    try:
        sweep = _choices()
        check(sweep)
    except BadSpec as error:
        return None, error.problems
    except LabError as error:
        return None, [Problem(None, str(error))]
    FORM.mirror(sweep)
    return sweep, []


# --- the grid -------------------------------------------------------------------------------


def _fill_preset(name: str) -> None:
    fill(replace(PRESETS[name], dataset=DATA.get(), profile=PROFILE.get()))


def _choices() -> Sweep:
    keep: dict[str, Any] = {"persist_state": "session"}
    dataset = form_parts.dataset_box(DATA.key, on_change=_fit_data)
    changed, shipped = st.empty(), shipped_presets(dataset)
    st.caption("Preset grids")
    with st.container(horizontal=True, gap="small"):
        for name in PRESETS:
            st.button(name.capitalize(), key=f"robustness.preset.{name}", on_click=_fill_preset, args=(name,),
                      width="content", help=f"{PRESET_HELP.get(name, '')}: {PRESETS[name].size:,} runs of ∇τ, alpha by "
                                            f"forget fraction{', recorded for these data' * (name in shipped)}.")
        found.offer()
    xs = st.text_input(f"{axis_title(ACROSS.get())}, across", key=XS.key, help=VALUES_HELP, **keep)
    ys = st.text_input(f"{axis_title(DOWN.get())}, down", key=YS.key, help=VALUES_HELP, **keep)
    seeds = st.text_input("Seeds", key=SEEDS.key, help=SEEDS_HELP, **keep)
    with st.expander("Other quantities, method, profile", icon=":material/tune:"):
        method = form_parts.method_box(METHOD.key, on_change=_fit_method)
        axes = axes_of(method)
        across, down = (st.selectbox(side, axes, key=axis.key, format_func=axis_title, on_change=_fit_values, **keep,
                                     args=(axis, values), help="Forget fraction, or a hyperparameter of the method.")
                        for side, axis, values in (("Across", ACROSS, XS), ("Down", DOWN, YS)))
        held = st.text_input("Held the same", key=HELD.key, help=HELD_HELP, **keep)
        profile = form_parts.profile_box(PROFILE)
        model = launch.model_unless_usual(get("dataset", dataset), _model(dataset).key)
    sweep = Sweep(dataset=dataset, model=model, method=method, across=Axis(across, robustness_link.parse_values(xs)),
                  down=Axis(down, robustness_link.parse_values(ys)), seeds=compare_link.parse_seeds(seeds),
                  profile=profile, parameters=robustness_link.held_of(held))
    with changed:
        switched.show(SWITCHED, robustness_link.to_query(sweep))
    return sweep


def _fit_data() -> None:
    """After other data were chosen: a grid that ships with them, or the small one, where there is nothing of this one.

    A grid of one's own stays, but for a profile that belongs to the former data.
    """
    now = _held()
    if now is not None and find_runs(now, manager().store):
        return
    dataset = DATA.get()
    new = next(iter(shipped_presets(dataset).values()), replace(PRESETS[robustness_link.USUAL], dataset=dataset))
    new = replace(now, profile=USUAL.profile) if now and not preset_of(now) else new
    before = robustness_link.to_query(now) if now else {}
    fill(new)
    grid = f"grid {preset_of(new).capitalize()}, {len(new.across.values)} by {len(new.down.values)}"
    held = robustness_link.held_text(new.parameters)
    switched.note(SWITCHED, dataset, before, robustness_link.to_query(new), {
        "xs": grid, "ys": grid, "seeds": numbered("seed", new.seeds),
        "set": f"{held} held the same" if held else "nothing held the same", "profile": f"profile {new.profile}"})


def _held() -> Sweep | None:
    """The grid that the widgets hold; None where it makes no sense."""
    try:
        sweep = Sweep(dataset=DATA.get(), method=METHOD.get(), model=_model(DATA.get()).get(),
                      across=Axis(ACROSS.get(), robustness_link.parse_values(XS.get())),
                      down=Axis(DOWN.get(), robustness_link.parse_values(YS.get())),
                      seeds=compare_link.parse_seeds(SEEDS.get()), profile=PROFILE.get(),
                      parameters=robustness_link.held_of(HELD.get()))
        check(sweep)
    except LabError:
        return None
    return sweep


def preset_of(sweep: Sweep) -> str:
    """The name of the preset that a grid is, whatever its data and profile; empty for one of one's own."""
    return next((name for name, preset in PRESETS.items()
                 if replace(preset, dataset=sweep.dataset, profile=sweep.profile, model=sweep.model) == sweep), "")


def _model(dataset: str) -> Slot[str | None]:
    return Slot(f"robustness.model.{dataset}", None)


def _fit_method() -> None:
    """After another method was chosen: an axis that it lacks gives way to its knob, held values that it lacks go."""
    axes = axes_of(METHOD.get())
    knob = get("method", METHOD.get()).intensity or (axes[1] if len(axes) > 1 else FRACTION)
    for axis, values, other in ((ACROSS, XS, knob), (DOWN, YS, FRACTION)):
        if axis.get() not in axes:
            axis.put(other)
            _fit_values(axis, values)
    with contextlib.suppress(LabError):  # what is no NAME=VALUE stays, to be told
        held = robustness_link.held_of(HELD.get())
        known = {TRAINING, *(h.name for h in declared(get("method", METHOD.get()).parameters))}
        HELD.put(robustness_link.held_text({k: v for k, v in held.items() if k in known}))


def _fit_values(axis: Slot[str], values: Slot[str]) -> None:
    """After another quantity was chosen for an axis: values that suit it."""
    dataset, method = DATA.get(), METHOD.get()
    own = axis.get() == get("method", method).intensity and axis.get() != USUAL.across.name
    values.put(TEXT(strengths(method, dataset) if own else suggested(axis.get(), dataset, method)))


def axis_title(name: str) -> str:
    """An axis as people read it."""
    return Axis(name, ()).title.capitalize()


# --- start ----------------------------------------------------------------------------------


def start(sweep: Sweep | None, runs: Runs) -> None:
    """What of the grid is there, what the rest takes, where it runs, and [Run sweep]."""
    if sweep is None:
        START.pressed(FILL, disabled=True)
        return
    todo, recorded = missing(sweep, runs), sum(bool(run.recorded) for run in runs.values())
    st.markdown(form_parts.counted(sweep.size, counts(sweep, runs), recorded, len(todo)))
    active = sweeps().active
    if not todo or active:
        if active:
            st.caption("A sweep is running: stop it, or wait until it ends, before you start another.")
        START.pressed(FILL, disabled=True)
        return
    store = manager().store
    st.markdown(f"**Takes {estimates.around(estimate(sweep, todo, store))}** on this machine.")
    executor, usable = form_parts.executor_box("robustness.executor")
    resolved = resolve(sweep.spec(*todo[0]))
    launch.download(resolved.dataset)
    allowed = launch.original(resolved)
    again = any(runs[cell].status in ("cancelled", "interrupted", "failed") for cell in todo if cell in runs)
    if START.pressed("Resume" if again else FILL, disabled=allowed is None or not usable):
        try:
            sweeps().launch(sweep, executor, train_original=bool(allowed))
        except LabError as error:
            st.error(str(error), icon=":material/error:")
            return
        st.rerun()
