"""What keeps a declared record from being used as a component."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping
from typing import Any

from engine.checks import refused
from engine.hyperparameters import declared
from engine.kind import kind_of
from engine.kind import names as kind_names
from engine.method import NEEDS
from engine.system.words import unknown
from engine.terms import ROLES, Term
from engine.types import PROFILES, Attack, Dataset, Method, Model, Scenario

COLUMNS = ("loss", "entropy", "correct", "phi")  # of a read-out, that an attack may need
TABLES = ("samples", "population", "retrained", "shadows", "ensemble")  # that an attack beside other models may need
KINDS: dict[str, type[Any]] = {
    "dataset": Dataset, "model": Model, "scenario": Scenario, "method": Method, "attack": Attack}


def wrong(kind: str, record: Any, others: Mapping[str, Any]) -> str | None:
    """What keeps a file's record from being used, to follow the file's name."""
    wanted = KINDS[kind].__name__
    if not isinstance(record, KINDS[kind]):
        return f"binds no {kind.upper()} = {wanted}(...); a helper's name starts with an underscore."
    taken = {name for other in others.values() for name in _names_of(other)}
    for name in _names_of(record):
        if name in taken:
            return f"declares the {kind} {name!r}, and another file does too: rename one of them."
    if kind == "method":
        return _wrong_method(record, others) or _wrong_hyperparameters(record) or _wrong_needs(record)
    if kind == "scenario" and (unfit := _wrong_scenario(record)):
        return unfit
    if kind in ("dataset", "model") and (unfit := _wrong_tuning(record)):
        return unfit
    if kind == "dataset" and (unfit := _wrong_counts(record)):
        return unfit
    if kind == "attack" and (strange := [name for name in record.needs if name not in (*COLUMNS, *TABLES)]):
        return f"needs {strange[0]!r}, but an attack can see {', '.join(COLUMNS)} or {', '.join(TABLES)}."
    if kind == "attack" and (unfit := _unfit_arguments(record)):
        return f"needs {', '.join(record.needs)}, but score_samples cannot be called with these by name: {unfit}."
    if kind == "attack" and record.needs_retrained and set(record.needs) & set(COLUMNS):
        return "needs columns and tables: a column is in the table of its samples, such as samples['loss']."
    if kind in ("dataset", "model") and record.kind not in kind_names():
        return f"declares the kind {record.kind!r}, but the kinds of data are {', '.join(kind_names())}."
    return kind_of(record).wrong_model(record) if kind == "model" else None


def _unfit_arguments(attack: Attack) -> str | None:
    """Why ``score_samples`` cannot be called with what an attack needs, None where it can."""
    try:
        inspect.signature(attack.score_samples).bind(**dict.fromkeys(attack.needs))
    except TypeError as error:
        return str(error)
    return None


def _names_of(record: Any) -> tuple[str, ...]:
    """A component's name and its former ones."""
    return (record.name, *record.aliases)


def _wrong_method(method: Method, others: Mapping[str, Any]) -> str | None:
    held = next((other.name for other in others.values() if other.role == "reference"), None)
    if method.role == "reference" and held:
        return (f"declares the role 'reference', which {held} has: only one method can be the "
                "reference for the others.")
    for term in method.terms:
        if not isinstance(term, Term):
            return f"declares the term {term!r}, but a term is a record: Term(name, title, role, ...)."
    terms = [term.name for term in method.terms]
    for term in method.terms:
        if terms.count(term.name) > 1:
            return f"declares the term {term.name!r} twice: each term of a step has one role."
        if term.role not in ROLES:
            return (f"declares the role {term.role!r} for the term {term.name!r}: choose {', '.join(ROLES[:-1])} or "
                    f"{ROLES[-1]}.")
    return None


def _wrong_needs(method: Method) -> str | None:
    """What is wrong with what a method says of itself: its needs, and its knob."""
    if strange := [name for name in method.needs if name not in NEEDS]:
        return f"needs {strange[0]!r}, but a method can look at {', '.join(NEEDS[:-1])} or {NEEDS[-1]}."
    known = [h.name for h in declared(method.parameters) if h.kind in ("int", "float")]
    if method.intensity and method.intensity not in known:
        return (f"declares the intensity {method.intensity!r}, but it must be one of its hyperparameters that are "
                f"numbers: {', '.join(known) or 'it has none'}.")
    return None


def _wrong_scenario(scenario: Scenario) -> str | None:
    if scenario.target == "selection" and scenario.sizes is None:
        return (f"declares {scenario.name!r} with target='selection' but without sizes(spec, dataset): nobody else can "
                "say how many samples it forgets.")
    if unfit := _wrong_parameters("scenario", scenario):
        return unfit
    automatic = [h.name for h in declared(scenario.parameters) if h.auto]
    return (f"declares the parameter {automatic[0]!r} of {scenario.name} with auto=, which only methods' may have: "
            "give it a default." if automatic else None)


def _wrong_parameters(kind: str, record: Method | Scenario) -> str | None:
    """What is wrong with the parameters that a method or a scenario declares."""
    what = "hyperparameter" if kind == "method" else "parameter"
    if not dataclasses.is_dataclass(record.parameters):
        return (f"declares {record.name!r} with parameters = {record.parameters!r}, which is no dataclass: decorate it "
                "with @dataclass.")
    for field in dataclasses.fields(record.parameters):
        if "choices" not in field.metadata:
            return (f"declares the {what} {field.name!r} of {record.name} without its range and help: write "
                    f"{field.name} = parameter(default, help=..., low=..., high=...).")
    for h in declared(record.parameters):
        if problem := refused(h, h.default):
            return f"declares the {kind} {record.name!r} with a default that is not valid: {problem}"
    return None


def _wrong_hyperparameters(method: Method) -> str | None:
    """What is wrong with a method's own defaults, and with those of its profiles."""
    if unfit := _wrong_parameters("method", method):
        return unfit
    known = {h.name: h for h in declared(method.parameters)}
    for profile, values in method.profiles.items():
        if profile not in PROFILES:
            return (f"declares the method {method.name!r} with a profile that does not exist: "
                    f"{unknown('profile', profile, PROFILES)}")
        for name, value in values.items():
            problem = refused(known[name], value) if name in known else unknown("hyperparameter", name, tuple(known))
            if problem:
                return (f"declares the method {method.name!r} with a value that is not valid for the profile "
                        f"{profile!r}: {problem}")
    return None


def _wrong_tuning(record: Dataset | Model) -> str | None:
    """Where ``unlearning`` is not nested as it must be: by method and, in a model, by data set before."""
    shape = "{'finetune': {'batch_size': 32}}"
    shape = f"{{'digits': {shape}}}" if isinstance(record, Model) else shape
    level: dict[str, Any] = {"unlearning": record.unlearning}
    for _ in range(3 if isinstance(record, Model) else 2):
        for place, value in level.items():
            if not isinstance(value, Mapping):
                return (f"declares {record.name!r} with {place} = {value!r}, but unlearning must be nested as in "
                        f"{shape}.")
        level = {f"{place}[{name!r}]": value for place, values in level.items() for name, value in values.items()}
    return None


def _wrong_counts(dataset: Dataset) -> str | None:
    """Where ``class_counts`` contradict the classes or the sizes; None without any."""
    counts, classes = dataset.class_counts, len(dataset.classes)
    if not counts:
        return None
    if len(counts) != 3 or any(len(row) != classes for row in counts):
        return (f"declares class_counts of {dataset.name!r} with {', '.join(str(len(row)) for row in counts)} numbers, "
                f"but three rows of {classes} are needed: training set, test set, all held out.")
    sizes = {"train_size": dataset.train_size, "test_size": dataset.test_size, "heldout_size": dataset.heldout_size}
    for (name, size), row in zip(sizes.items(), counts, strict=True):
        if size is not None and sum(row) != size:
            return (f"declares class_counts of {dataset.name!r} that add up to {sum(row):,}, but {name} is {size:,}: "
                    "correct one of them.")
    return None
