"""The launch form filled from the run that an address names: the widgets then hold its settings, to be changed.

Where the address names none, the last run's picture is shown, and the form stands at the defaults. What is changed by
hand stays until another run is opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from engine.errors import LabError, Problem
from engine.registry import by_class, models_for
from engine.runs import library
from engine.runs.continued import start_from
from engine.runs.queue import manager
from engine.runs.records import Run
from engine.spec import Resolved, requested_parameters, resolve
from engine.types import PROFILES, Dataset, Spec
from ui.common import controls, form_parts
from ui.common.address import Marked
from ui.common.linked_form import LinkedForm
from ui.common.state import Slot

RUN, FROM, ORIGINAL_NAME = "run", "from", "original"  # the address's parameters
DATASET, METHOD, SCENARIO = (Slot(name, getattr(Spec(), name)) for name in ("dataset", "method", "scenario"))
SHARE, SEED, PROFILE = Slot("forget", 15.0), Slot("seed", 0), Slot("profile", PROFILES[0])
ORIGINAL = Slot("original", "")  # the name of an imported one, else it is the one that the recipe trained
START: Slot[Mapping[str, Any] | None] = Slot("start", None)  # the spec of the run that is continued
CONTINUED = Slot("continued", "")  # that run's id, where the address asked for it
STRANGE = "This version does not know the settings of the run shown: the form shows its own instead."


@dataclass(frozen=True)
class Prefill:
    """The run that the page shows, and the settings to fill in where this version knows them.

    ``continued`` is the run that the form continues and ``start`` its spec, ``original`` an imported Original, each
    where the run shown does not say so itself.
    """

    run_id: str = ""
    resolved: Resolved | None = None
    continued: str = ""
    start: Mapping[str, Any] | None = None
    original: str = ""


def current_run() -> str | None:
    """The run to show where the address names none: one that is running or waiting, else the newest."""
    store = manager().store
    runs = store.list(status=("running", "queued"), limit=1) or store.list(newest_first=True, limit=1)
    return runs[0].id if runs else None


def waiting_for() -> str:
    """The imported Original that the address opens the form with, where it names no run; empty otherwise."""
    opened = str(st.query_params.get(ORIGINAL_NAME, ""))
    return opened if opened and RUN not in st.query_params and ORIGINAL.get() == opened else ""


def _read(asked: Mapping[str, str]) -> tuple[Prefill, list[Problem]]:
    run_id = asked.get(RUN, "")
    if before := asked.get(FROM):
        return _continuing(run_id or before, before)
    if name := asked.get(ORIGINAL_NAME):
        return _imported(run_id, name)
    if not run_id:
        return Prefill(current_run() or ""), []  # its picture, not its settings
    try:
        run = library.run_of(run_id, manager().store)
    except LabError:
        return Prefill(run_id), []  # said where the run would be shown
    try:
        resolved = run.resolved()
    except LabError:
        return Prefill(run_id), [Problem(RUN, STRANGE)]
    return Prefill(run_id, resolved, start=resolved.spec.start), _left_out(resolved)


def _continuing(run_id: str, before: str) -> tuple[Prefill, list[Problem]]:
    """The settings of a run, to forget more from where it ended."""
    try:
        run = library.run_of(before, manager().store)
        return Prefill(run_id, run.resolved(), before, start_from(run, FROM)), []
    except LabError as error:
        return Prefill(run_id), [Problem(RUN, f"{error} The form starts from the Original.")]


def _imported(run_id: str, name: str) -> tuple[Prefill, list[Problem]]:
    """The usual settings for the data and the model that an Original was imported for."""
    found = manager().checkpoints.of_name(name)
    if found is None:
        said = f"No Original named {name!r} has been imported here: the form uses the trained one. Import it on Start."
        return Prefill(run_id), [Problem(RUN, said)]
    try:
        spec = Spec(dataset=found["dataset"], model=found["model"], options=found["options"], original=name)
        return Prefill(run_id, resolve(spec), original=name), []
    except LabError as error:
        return Prefill(run_id), [Problem(RUN, f"The Original {name!r} cannot be used: {error}")]


def _left_out(resolved: Resolved) -> list[Problem]:
    """What the form cannot take over from a run."""
    seed, named = resolved.spec.original_seed, resolved.spec.named_seeds
    problems: list[Problem] = [
        Marked(RUN, f"The run shown started from the Original of seed {seed}; a run started here uses that of seed 0. "
                    "**Run again** keeps it.")] if seed else []
    seeds = " and ".join(f"{name} {value}" for name, value in named.items())
    return problems + ([Marked(RUN, f"The run shown has seeds of its own ({seeds}); a run started here uses one seed "
                                    "for all. **Run again** keeps them.")] if named else [])


def _write(opened: Prefill) -> dict[str, str]:
    named = {RUN: opened.run_id, FROM: opened.continued, ORIGINAL_NAME: opened.original}
    return {name: value for name, value in named.items() if value}


def _fill(opened: Prefill) -> None:
    START.put(opened.start)
    CONTINUED.put(opened.continued)
    if opened.resolved:
        ORIGINAL.put(opened.resolved.spec.original or "")
        for key, value in widgets(opened.resolved).items():
            Slot(key, value).put(value)


# A run that the address names is always taken over, one that is shown because there is nothing else only at first.
FORM: LinkedForm[Prefill] = LinkedForm("form", "Unlearn", (RUN, FROM, ORIGINAL_NAME), _read, _write, _fill,
                                       beside=("at", "present", "hide", "relearn", "likeness"))


def take_over(resolved: Resolved) -> None:
    """Puts the settings of the run that is shown into the form."""
    _fill(Prefill(resolved=resolved, start=resolved.spec.start))


def now(run_id: str) -> Prefill:
    """What the address has to hold: the run shown, and where the form starts otherwise than that run."""
    try:
        shown: Run | None = library.run_of(run_id, manager().store)
    except LabError:
        shown = None
    start, original = (shown.spec.start, shown.spec.original) if shown else (None, None)
    other = START.get() != start
    return Prefill(run_id, continued=CONTINUED.get() if other else "",
                   original=ORIGINAL.get() if ORIGINAL.get() != (original or "") and START.get() is None else "")


def class_slot(dataset: str) -> Slot[int]:
    """The class to forget: one choice a data set."""
    return Slot(f"class.{dataset}", 0)


def model_slot(dataset: str) -> Slot[str | None]:
    """The network: one choice a data set."""
    return Slot(f"model.{dataset}", None)


def widgets(resolved: Resolved) -> dict[str, Any]:
    """The form's widgets by key, as they have to stand to make this run."""
    spec, dataset = resolved.spec, resolved.dataset
    values: dict[str, Any] = {DATASET.key: dataset.name, METHOD.key: spec.method, SCENARIO.key: spec.scenario,
                              SEED.key: spec.seed, PROFILE.key: spec.profile}
    if by_class(spec.scenario):
        values |= form_parts.class_values(class_slot(dataset.name).key, spec.forget_class)
    elif spec.forget_fraction is not None:
        values[SHARE.key] = round(100 * spec.forget_fraction, 6)
    values |= controls.scenario_values(dataset.name, spec)
    if len(models_for(dataset)) > 1:
        values[model_slot(dataset.name).key] = spec.model
    values |= {controls.option_key(dataset, option, spec.profile): resolved.options.get(option.name, option.default)
               for option in dataset.options}
    return values | _hyperparameters(resolved, dataset)


def _hyperparameters(resolved: Resolved, dataset: Dataset) -> dict[str, Any]:
    spec, method = resolved.spec, resolved.method
    defaults, _ = requested_parameters(Spec(dataset=spec.dataset, method=spec.method, profile=spec.profile), dataset,
                                       method, resolved.model)
    asked, _ = requested_parameters(spec, dataset, method, resolved.model)
    scope = controls.scope_of(controls.scoped(dataset, spec.model), spec.profile, method.name)
    values: dict[str, Any] = {}
    for h in method.hyperparameters:
        key, automatic = controls.key_of(scope, h.name), asked[h.name] == defaults[h.name]
        if h.auto:
            values[controls.auto_key(key)] = automatic
        if not h.auto or not automatic:
            values[key] = resolved.effective.get(h.name, h.default)
    return values
