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
    if record.name in others:
        return f"declares the {kind} {record.name!r}, and another file does too: give it another name."
    if kind == "attack" and record.feature not in FEATURES:
        return (f"declares the feature {record.feature!r}, but an attack sees {' or '.join(FEATURES)}: both are low "
                "for what a model remembers, and score may turn them into something else.")
    if kind == "model" and record.kind == "text" and record.prepare is None:
        return "declares a text model without prepare(data), which gives it the tokens that it reads."
    return None


def names(kind: str) -> tuple[str, ...]:
    """The names of all components of a kind: ``dataset``, ``model``, ``method`` or ``attack``."""
    return tuple(_components(kind))


def all_of(kind: str) -> tuple[Any, ...]:
    """All records of a kind, the usual ones first."""
    return tuple(_components(kind).values())


def get(kind: str, name: str) -> Any:
    """The record of that name, or BadInput with the nearest name."""
    records = _components(kind)
    if name not in records:
        raise BadInput(unknown(kind, name, tuple(records)))
    return records[name]


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
