"""The launch form filled from the run that an address names: the widgets then hold its settings, to be changed.

Where the address names none, the last run's picture is shown, and the form stands at the defaults. What is changed by
hand stays until another run is opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import LabError, Problem
from engine.registry import by_class, models_for
from engine.runs import library
from engine.runs.queue import manager
from engine.spec import Resolved, requested_parameters
from engine.types import PROFILES, Dataset, Spec, declared
from ui.common import controls, form_parts
from ui.common.linked_form import LinkedForm
from ui.common.state import Slot

RUN = "run"  # the address's parameter
DATASET, METHOD, SCENARIO = (Slot(name, getattr(Spec(), name)) for name in ("dataset", "method", "scenario"))
SHARE, SEED, PROFILE = Slot("forget", 15.0), Slot("seed", 0), Slot("profile", PROFILES[0])
STRANGE = "This version does not know the settings of the run shown: the form shows its own instead."


@dataclass(frozen=True)
class Prefill:
    """The run that the page shows, and its settings where this version knows them."""

    run_id: str = ""
    resolved: Resolved | None = None


def current_run() -> str | None:
    """The run to show where the address names none: one that is running or waiting, else the newest."""
    store = manager().store
    runs = store.list(status=("running", "queued"), limit=1) or store.list(newest_first=True, limit=1)
    return runs[0].id if runs else None


def _read(asked: Mapping[str, str]) -> tuple[Prefill, list[Problem]]:
    run_id = asked.get(RUN)
    if not run_id:
        return Prefill(current_run() or ""), []  # its picture, not its settings
    try:
        run = library.get(run_id, manager().store).run
    except LabError:
        return Prefill(run_id), []  # said where the run would be shown
    try:
        resolved = run.resolved()
    except LabError:
        return Prefill(run_id), [Problem(RUN, STRANGE)]
    return Prefill(run_id, resolved), _left_out(resolved)


def _left_out(resolved: Resolved) -> list[Problem]:
    """What the form cannot take over from a run."""
    seed, named = resolved.spec.original_seed, resolved.spec.named_seeds
    problems = [Problem(RUN, f"The run shown started from the Original of seed {seed}; a run started "
                             "here uses that of seed 0. **Run again** keeps it.")] if seed else []
    if resolved.spec.original:
        problems.append(Problem(RUN, f"The run shown started from the imported Original {resolved.spec.original!r}; a "
                                     "run started here uses the trained one. **Run again** keeps it."))
    if resolved.spec.start:
        problems.append(Problem(RUN, "The run shown continues another one, whose forget set stays forgotten; a run "
                                     "started here starts from the Original. **Run again** keeps it."))
    seeds = " and ".join(f"{name} {value}" for name, value in named.items())
    return problems + ([Problem(RUN, f"The run shown has seeds of its own ({seeds}); a run started here uses one seed "
                                     "for all. **Run again** keeps them.")] if named else [])


def _write(opened: Prefill) -> dict[str, str]:
    return {RUN: opened.run_id} if opened.run_id else {}


def _fill(opened: Prefill) -> None:
    if opened.resolved:
        for key, value in widgets(opened.resolved).items():
            Slot(key, value).put(value)


# A run that the address names is always taken over, one that is shown because there is nothing else only at first.
FORM: LinkedForm[Prefill] = LinkedForm("form", "Unlearn", (RUN,), _read, _write, _fill,
                                       beside=("at", "present", "hide", "relearn", "likeness"))


def take_over(resolved: Resolved) -> None:
    """Puts the settings of the run that is shown into the form."""
    _fill(Prefill(resolved=resolved))


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
    values |= {controls.option_key(dataset, option, spec.profile): resolved.options[option.name]
               for option in dataset.options}
    return values | _hyperparameters(resolved, dataset)


def _hyperparameters(resolved: Resolved, dataset: Dataset) -> dict[str, Any]:
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
