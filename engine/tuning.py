"""The settings that data sets and models declare for methods, held against the methods that there are.

This waits until a run is asked for, because a method may be registered after the data set that names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.checks import refused
from engine.errors import Problem
from engine.registry import find, names
from engine.system.words import unknown
from engine.types import Dataset, Method, Model, declared

Tuning = Mapping[str, Mapping[str, Any]]


def wrongly_tuned(dataset: Dataset, model: Model | None, method: Method | None) -> list[Problem]:
    """Data sets and methods that ``unlearning`` names in vain, and what is wrong with the values for this run's."""
    problems = _problems("dataset", f"the data set {dataset.name}", dataset.unlearning, method)
    if model:
        own = model.unlearning.get(dataset.name, {})
        problems += _problems("model", f"the model {model.name} for {dataset.name}", own, method)
        problems += [Problem("model", f"unlearning[{name!r}] of the model {model.name} is not valid: "
                             f"{unknown('data set', name, names('dataset'))}")
                     for name in model.unlearning if find("dataset", name) is None]
    return problems


def _problems(field: str, whose: str, tuning: Tuning, method: Method | None) -> list[Problem]:
    found = [(name, unknown("method", name, names("method"))) for name in tuning if find("method", name) is None]
    if method:
        found += [(name, text) for name in (*method.aliases, method.name)
                  for text in _unfit(method, tuning.get(name, {}))]
    return [Problem(field, f"unlearning[{name!r}] of {whose} is not valid: {text}") for name, text in found]


def _unfit(method: Method, values: Mapping[str, Any]) -> Iterator[str]:
    known = {h.name: h for h in declared(method.parameters)}
    for name, value in values.items():
        if name not in known:
            yield unknown(f"hyperparameter of {method.name}", name, tuple(known))
        elif problem := refused(known[name], value):
            yield problem
