"""The options of a data set, as they are asked for and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import Problem
from engine.registry import unknown
from engine.types import Dataset, Option, Spec


def chosen(spec: Spec, dataset: Dataset) -> tuple[dict[str, Any], list[Problem]]:
    """A value for each option of the data set, and what is wrong with those that were set.

    A later option (``Option.later``) is left out at its default: specs from before it keep their identity.
    """
    known = {option.name: option for option in dataset.options}
    problems = [Problem(f"options.{name}", unknown(f"option of {dataset.name}", name, tuple(known)) if known else
                        f"{dataset.name} has no options, but {name!r} was set.")
                for name in spec.options if name not in known]
    values = dataset.filled(spec.options, spec.profile)
    for name, value in values.items():
        choices = known[name].choices
        if value not in choices:
            said = f"is {value!r}, but must be one of {', '.join(map(str, choices))}."
            problems.append(Problem.about(f"options.{name}", said))
        else:
            values[name] = choices[choices.index(value)]  # 0 means 0.0, with its identity
    unset = {name for name, value in values.items() if value == known[name].default_in(spec.profile)}
    problems = problems or _at_odds([one for one in dataset.options if one.name not in unset], values)
    return {name: value for name, value in values.items() if not (known[name].later and name in unset)}, problems


def _at_odds(chosen: list[Option], values: Mapping[str, Any]) -> list[Problem]:
    """Where an option that is set needs another value of another one."""
    return [Problem.about(f"options.{other}", f"is {values[other]!r}, but {option.name} {values[option.name]!r} needs "
                          f"{value!r}: set {other} to {value!r} as well, or leave {option.name} out.")
            for option in chosen for other, value in option.needs.items() if values[other] != value]
