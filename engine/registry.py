"""Finds components: every module in engine/datasets, models, methods and attacks declares one record.

Adding a component is adding a file that binds ``DATASET``, ``MODEL``, ``METHOD`` or ``ATTACK``.
Modules whose name starts with an underscore are helpers and are skipped.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any

from engine.errors import BadInput
from engine.terms import ROLES
from engine.types import Attack, Dataset, Method, Model

FEATURES = ("loss", "entropy")  # the columns that a read-out keeps for attacks
_KINDS = {"dataset": Dataset, "model": Model, "method": Method, "attack": Attack}


@functools.cache
def _components(kind: str) -> dict[str, Any]:
    package = importlib.import_module(f"engine.{kind}s")
    records: dict[str, Any] = {}
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.startswith("_"):
            continue
        record = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), kind.upper(), None)
        if wrong := _wrong(kind, record, records):
            raise BadInput(f"engine/{kind}s/{module.name}.py {wrong}")
        records[record.name] = record
    order = getattr(package, "FIRST", ())
    first = {name: records[name] for name in order if name in records}
    return first | records


def _wrong(kind: str, record: Any, others: Mapping[str, Any]) -> str | None:
    """What keeps a file's record from being used, to go on after the file's name."""
    wanted = _KINDS[kind].__name__
    if not isinstance(record, _KINDS[kind]):
        return f"binds no {kind.upper()} = {wanted}(...); a helper's name starts with an underscore."
    taken = {name for other in others.values() for name in _names_of(other)}
    for name in _names_of(record):
        if name in taken:
            return f"declares the {kind} {name!r}, and another file does too: give it another name."
    if kind == "method":
        return _wrong_method(record, others)
    if kind == "attack" and record.feature not in FEATURES:
        return (f"declares the feature {record.feature!r}, but an attack sees {' or '.join(FEATURES)}: both are low "
                "for what a model remembers, and score may turn them into something else.")
    if kind == "model" and record.kind == "text" and record.prepare is None:
        return "declares a text model without prepare(data), which gives it the tokens that it reads."
    return None


def _names_of(record: Any) -> tuple[str, ...]:
    """A component's name and its former ones."""
    return (record.name, *getattr(record, "aliases", ()))


def _wrong_method(method: Method, others: Mapping[str, Any]) -> str | None:
    held = next((other.name for other in others.values() if other.role == "reference"), None)
    if method.role == "reference" and held:
        return (f"declares the role 'reference', which {held} has: only one method can be what the others are held "
                "against.")
    terms = [term.name for term in method.terms]
    for term in method.terms:
        if terms.count(term.name) > 1:
            return f"declares the term {term.name!r} twice: each term of a step has one role."
        if term.role not in ROLES:
            return (f"declares the role {term.role!r} for the term {term.name!r}: choose {', '.join(ROLES[:-1])} or "
                    f"{ROLES[-1]}.")
    return None


def names(kind: str) -> tuple[str, ...]:
    """The names of all components of a kind: ``dataset``, ``model``, ``method`` or ``attack``."""
    return tuple(_components(kind))


def all_of(kind: str) -> tuple[Any, ...]:
    """All records of a kind, the usual ones first."""
    return tuple(_components(kind).values())


def get(kind: str, name: str) -> Any:
    """The record of that name, or of that former name, or BadInput with the nearest name."""
    records = _components(kind)
    name = current_name(kind, name)
    if name not in records:
        raise BadInput(unknown(kind, name, tuple(records)))
    return records[name]


def current_name(kind: str, name: Any) -> Any:
    """The present name of a component that once had this one; any other name as it is."""
    return next((record.name for record in all_of(kind) if name in getattr(record, "aliases", ())), name)


def reference() -> Method:
    """The method that all others are measured against."""
    return next(method for method in all_of("method") if method.role == "reference")


def of_the_paper() -> tuple[str, ...]:
    """The names of the paper's methods."""
    return tuple(method.name for method in all_of("method") if method.in_paper)


def is_reference(spec: Mapping[str, Any]) -> bool:
    """Whether a stored spec is a reference: the reference method by its recipe, with no hyperparameter of its own."""
    return current_name("method", spec["method"]) == reference().name and not spec.get("parameters")


def unknown(kind: str, name: object, valid: tuple[str, ...]) -> str:
    """``No method named 'nabla'. Did you mean 'nabla_tau'?``"""
    near = difflib.get_close_matches(str(name), valid, n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]!r}?" if near else f"Valid: {', '.join(valid)}."
    return f"No {kind} named {str(name)!r}. {hint}"


def models_for(dataset: Dataset) -> tuple[Model, ...]:
    """The models that fit a data set, its default first."""
    fitting = [model for model in all_of("model") if model.fits(dataset)]
    return tuple(sorted(fitting, key=lambda model: model.name != dataset.default_model))


def unusual_model(spec: dict[str, Any]) -> str | None:
    """The model of a stored spec where it is not the default of its data set; None also where that is gone."""
    model = spec.get("model")
    usual = next((record.default_model for record in all_of("dataset") if record.name == spec["dataset"]), model)
    return None if model == usual else model
