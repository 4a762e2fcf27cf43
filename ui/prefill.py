"""The launch form filled from the run that is opened: the widgets then hold that run's settings, to be changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.errors import LabError
from engine.jobs import manager
from engine.recorded import find_recorded
from engine.registry import models_for
from engine.spec import Resolved, requested_parameters, resolve
from engine.types import Dataset, Spec, declared
from ui import controls

FILLED, NOTE = "form.filled", "form.note"  # the run that the form was last filled from, and what it could not take


def fill(run_id: str | None, asked: bool) -> None:
    """Puts an opened run's settings into the widgets, once, before they are drawn.

    A run that the address asked for is always taken; one that is only shown because there is nothing else, only
    while the form has not been filled yet. What is changed by hand afterwards stays.
    """
    state = st.session_state
    if run_id is None or state.get(FILLED) == run_id:
        return
    first = FILLED not in state
    state[FILLED], state[NOTE] = run_id, ""
    if not asked and not first:
        return
    try:
        run = find_recorded(run_id) or manager().store.get(run_id)
    except LabError:
        return  # said where the run would be shown
    try:
        resolved = resolve(Spec(**run["spec"]))
    except (LabError, TypeError):
        state[NOTE] = "The settings of the run that is shown are not known to this version: these here are not its own."
        return
    state.update(widgets(resolved))
    if seed := resolved.spec.original_seed:
        state[NOTE] = (f"The run that is shown started from the Original of seed {seed}; one that is launched here "
                       "starts from that of seed 0. **Run again** keeps it.")


def launched(run_id: str) -> None:
    """This run was made from the form: it holds its settings already, and perhaps newer changes."""
    st.session_state[FILLED], st.session_state[NOTE] = run_id, ""


def note() -> str:
    """What the form could not take over from the opened run; empty where it took everything."""
    return st.session_state.get(NOTE, "")


def widgets(resolved: Resolved) -> dict[str, Any]:
    """The form's widgets by key, as they have to stand to make this run."""
    spec, dataset = resolved.spec, resolved.dataset
    values: dict[str, Any] = {"dataset": dataset.name, "method": spec.method, "scenario": spec.scenario,
                              "seed": spec.seed, "profile": spec.profile}
    if spec.scenario == "class":
        values[f"class.{dataset.name}"] = spec.forget_class
    else:
        values["forget"] = round(100 * spec.forget_fraction, 6)
    if len(models_for(dataset)) > 1:
        values[f"model.{dataset.name}"] = spec.model
    values |= {controls.option_key(dataset, option, spec.profile): resolved.options[option.name]
               for option in dataset.options}
    return values | _hyperparameters(resolved, dataset)


def _hyperparameters(resolved: Resolved, dataset: Dataset) -> Mapping[str, Any]:
    spec, method = resolved.spec, resolved.method
    defaults, _ = requested_parameters(Spec(dataset=spec.dataset, method=spec.method, profile=spec.profile), dataset,
                                       method, resolved.model)
    asked, _ = requested_parameters(spec, dataset, method, resolved.model)
    scope = controls.scope_of(controls.scoped(dataset, spec.model), spec.profile, method.name)
    values: dict[str, Any] = {}
    for h in declared(method.parameters):
        key, automatic = controls.key_of(scope, h.name), asked[h.name] == defaults[h.name]
        if h.auto:
            values[controls.auto_key(key)] = automatic
        if not h.auto or not automatic:
            values[key] = resolved.effective[h.name]
    return values
