"""Finds components: every module in engine/datasets, models, methods and attacks declares one record.

Adding a component is adding a file that binds ``DATASET``, ``MODEL``, ``METHOD`` or ``ATTACK``.
Modules whose name starts with an underscore are helpers and are skipped.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import pkgutil
from typing import Any

from engine.errors import BadInput
from engine.types import Attack, Dataset, Method, Model

_KINDS = {"dataset": Dataset, "model": Model, "method": Method, "attack": Attack}


@functools.cache
def _components(kind: str) -> dict[str, Any]:
    package = importlib.import_module(f"engine.{kind}s")
    records: dict[str, Any] = {}
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.startswith("_"):
            continue
        record = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), kind.upper())
        if not isinstance(record, _KINDS[kind]):
            raise TypeError(f"engine/{kind}s/{module.name}.py: {kind.upper()} is not a {_KINDS[kind].__name__}")
        if record.name in records:
            raise ValueError(f"engine/{kind}s/{module.name}.py: a {kind} named {record.name!r} exists already")
        records[record.name] = record
    order = getattr(package, "FIRST", ())
    first = {name: records[name] for name in order if name in records}
    return first | records


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
