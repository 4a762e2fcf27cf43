"""A method's declaration -> widgets -> the hyperparameters that differ from their defaults.

No page names a hyperparameter: name, default, range, step, unit and help live beside the method's code.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import streamlit as st

from engine.registry import get
from engine.spec import requested_parameters
from engine.types import Dataset, Hyperparameter, Method, Option, Scenario, Setting, Spec, declared
from ui.common import sample_list
from ui.common.said import plain
from ui.common.state import Slot

MAIN = "main"  # the group that is shown at once; the others are folded away


def method_controls(spec: Spec, dataset: Dataset, method: Method, setting: Setting, more: Any,
                    places: dict[str, Any]) -> dict[str, Any]:
    """Draws the method's widgets, the less usual ones into the container ``more`` while that is open.

    Returns what differs from the defaults of this data set and profile. Each widget leaves an empty place below it in
    ``places``, by its field, for what is wrong with it.
    """
    defaults, scope, fields = _defaults(spec, dataset, method)
    chosen = {h.name: _widget(h, defaults[h.name], setting, scope, places) for h in fields if h.group == MAIN}
    folded = [h for h in fields if h.group != MAIN]
    if not more.open:
        chosen |= {h.name: _kept(h, defaults[h.name], setting, scope) for h in folded}
    elif folded:
        with more:
            for group, members in groupby(sorted(folded, key=lambda h: h.group), key=lambda h: h.group):
                found = list(members)
                if [h.title for h in found] != [group]:  # a group that only repeats its one member needs no heading
                    st.markdown(f"**{group.capitalize()}**")
                chosen |= {h.name: _widget(h, defaults[h.name], setting, scope, places) for h in found}
            st.button("Back to the defaults", key=f"reset.{scope}", icon=":material/restart_alt:",
                      on_click=_reset, args=(scope,))
    return {name: value for name, value in chosen.items() if value != defaults[name]}


def scenario_controls(dataset: Dataset, scenario: Scenario, places: dict[str, Any], form: str = "") -> dict[str, Any]:
    """Draws the scenario's own parameters, each with its place as above; returns what differs from the defaults.

    ``form`` is what the widgets' keys begin with.
    """
    chosen: dict[str, Any] = {}
    for h in declared(scenario.parameters):
        key, field = form + scenario_key(dataset.name, scenario.name, h.name), f"selection.{h.name}"
        if h.kind == "samples":
            chosen[h.name], places[field] = sample_list.box(dataset, key, "Samples to forget", scenario.summary)
        else:
            chosen[h.name] = _value(h, h.default, h.title.capitalize(), key)
            places[field] = st.empty()
    return {h.name: chosen[h.name] for h in declared(scenario.parameters) if chosen[h.name] != h.default}


def scenario_values(dataset: str, spec: Spec, form: str = "") -> dict[str, Any]:
    """The values of these widgets for a spec, by their keys."""
    values = {}
    for h in declared(get("scenario", spec.scenario).parameters):
        chosen = spec.selection.get(h.name, h.default)
        values[form + scenario_key(dataset, spec.scenario, h.name)] = (
            sample_list.written(chosen) if h.kind == "samples" else chosen)
    return values


def scenario_key(dataset: str, scenario: str, name: str) -> str:
    """The key of the widget of a scenario's own parameter: one choice a data set."""
    return f"select.{dataset}.{scenario}.{name}"


def resets(spec: Spec, dataset: Dataset, method: Method) -> dict[str, dict[str, Any]]:
    """By hyperparameter: the widgets' keys with the values that put its default back."""
    defaults, scope, fields = _defaults(spec, dataset, method)
    found: dict[str, dict[str, Any]] = {}
    for h in fields:
        key, usual = key_of(scope, h.name), defaults[h.name]
        found[h.name] = {auto_key(key): True} if h.auto else {key: _typed(h, usual)}
    return found


def _defaults(spec: Spec, dataset: Dataset, method: Method) -> tuple[dict[str, Any], str, Sequence[Hyperparameter]]:
    """The defaults, what the widgets' keys begin with, and the hyperparameters themselves."""
    usual, _ = requested_parameters(replace(spec, parameters={}), dataset, method,
                                    get("model", spec.model or dataset.default_model))
    return usual, scope_of(scoped(dataset, spec.model), spec.profile, method.name), method.hyperparameters


def scoped(dataset: Dataset, model: str | None) -> str:
    """The data set's name, with the model's where it is not the default one: it may have other defaults."""
    return dataset.name if model in (None, dataset.default_model) else f"{dataset.name}.{model}"


def scope_of(dataset: str, profile: str, method: str) -> str:
    """What the keys of a method's widgets begin with; another one after every "Back to the defaults"."""
    scope = f"{dataset}.{profile}.{method}"
    return f"{scope}.{_resets(scope).get()}"


def option_key(dataset: Dataset, option: Option, profile: str) -> str:
    """The key of an option's widget: one a profile where the profile changes the default."""
    return f"option.{dataset.name}.{option.name}" + (f".{profile}" if option.profiles else "")


def key_of(scope: str, name: str) -> str:
    """The key of a hyperparameter's widget."""
    return f"p.{scope}.{name}"


def auto_key(key: str) -> str:
    """The key of the toggle that leaves the hyperparameter to its rule."""
    return f"{key}.auto"


def _widget(h: Hyperparameter, default: Any, setting: Setting, scope: str, places: dict[str, Any]) -> Any:
    value = _drawn(h, default, setting, scope)
    places[f"parameters.{h.name}"] = st.empty()
    return value


def _drawn(h: Hyperparameter, default: Any, setting: Setting, scope: str) -> Any:
    key, label = key_of(scope, h.name), h.title if h.group == MAIN else h.title[0].upper() + h.title[1:]
    if h.auto is None:
        return _value(h, default, label, key)
    automatic = h.auto.value(setting) if default is None else default
    shown = f"{automatic:.3g}" if isinstance(automatic, float) else automatic
    rule = h.auto.rule if default is None else "this data set's setting"
    auto = st.toggle(f"{label}: automatic ({shown})", value=True, key=auto_key(key),
                     help=f"{plain(h.help)} Automatic: {rule}.", persist_state="session")
    if h.group == MAIN:
        st.caption(f"{label} = {rule}" if auto else "set by hand")
    return default if auto else _value(h, automatic, label, key)


def _kept(h: Hyperparameter, default: Any, setting: Setting, scope: str) -> Any:
    """What :func:`_drawn` returns, of widgets that nobody sees."""
    key = key_of(scope, h.name)
    if h.auto is None:
        return Slot(key, _typed(h, default)).get()
    if Slot(auto_key(key), True).get():
        return default
    return Slot(key, _typed(h, h.auto.value(setting) if default is None else default)).get()


def _typed(h: Hyperparameter, value: Any) -> Any:
    """A number as its widget gives it."""
    number = {"int": int, "float": float}.get(h.kind)
    return number(value) if number else value


def _value(h: Hyperparameter, default: Any, label: str, key: str) -> Any:
    # No bounds on the boxes: a browser only turns one red and keeps the old value; the engine says what is wrong.
    unit = f" ({h.unit})" if h.unit and h.unit not in label else ""
    common: dict[str, Any] = {"label": f"{label}{unit}", "key": key, "help": h.help, "persist_state": "session"}
    if h.kind == "choice":
        return st.selectbox(options=h.choices, index=h.choices.index(default), **common)
    if h.kind == "text":
        return st.text_input(value=default, **common)
    if h.kind == "bool":
        return st.toggle(value=default, **common)
    if h.kind == "int":
        return st.number_input(value=_typed(h, default), step=None if h.step is None else int(h.step), **common)
    if h.group == MAIN and h.low is not None and h.high is not None and h.step is not None:
        digits = max(2, -math.floor(math.log10(h.step)))
        return st.slider(min_value=float(h.low), max_value=float(h.high), value=float(default), step=float(h.step),
                         format=f"%.{digits}f", **common)
    step = None if h.step is None else float(h.step)
    return st.number_input(value=float(default), step=step, format="%.6g", **common)


def _reset(scope: str) -> None:
    """New names make new widgets: with the old ones the browser would keep showing what was typed."""
    base, count = scope.rsplit(".", 1)
    _resets(base).put(int(count) + 1)


def _resets(scope: str) -> Slot[int]:
    """How often a method's widgets went back to the defaults."""
    return Slot(f"resets.{scope}", 0)
