"""Who is to be forgotten, as it is asked for: the class by its number, and the scenario's own parameters, checked."""

from __future__ import annotations

import dataclasses
from typing import Any

from engine import registry
from engine.checks import checked
from engine.errors import BadSpec, Problem
from engine.naming import class_range
from engine.types import Dataset, Scenario, Spec, declared


def selected(spec: Spec, dataset: Dataset) -> tuple[Spec, list[Problem]]:
    """The spec with its class as a number and its ``selection`` in its own types, without defaults; what is wrong."""
    scenario = registry.find("scenario", spec.scenario)
    if scenario is None:  # named already
        return spec, []
    if why := scenario.why_not and scenario.why_not(dataset):
        return spec, [Problem("scenario", why)]
    spec, class_problems = _with_class(spec, scenario, dataset)
    spec, problems = with_selection(spec, scenario)
    problems += class_problems
    if scenario.problems and not problems:
        problems += scenario.problems(spec, dataset)
    return spec, problems


def with_selection(spec: Spec, scenario: Scenario) -> tuple[Spec, list[Problem]]:
    """The spec with the scenario's parameters in their own types, those at the default left out; what is wrong."""
    known = {h.name: h for h in declared(scenario.parameters)}
    problems, values = [_unknown(name, scenario, tuple(known)) for name in spec.selection if name not in known], {}
    for name, h in known.items():
        try:
            values[name] = checked(h, spec.selection.get(name, h.default), of="selection")
        except BadSpec as error:
            problems += error.problems
    chosen = {name: value for name, value in values.items() if value != known[name].default}
    return dataclasses.replace(spec, selection=chosen), problems


def lists_of(spec: Spec) -> tuple[str, ...]:
    """The names of the kept lists of samples that a spec goes by; none where its scenario is not known here."""
    scenario = registry.find("scenario", spec.scenario)
    known = declared(scenario.parameters) if scenario else ()
    return tuple(str(spec.selection[h.name]) for h in known if h.kind == "samples" and spec.selection.get(h.name))


def _unknown(name: str, scenario: Scenario, known: tuple[str, ...]) -> Problem:
    said = (registry.unknown(f"parameter of the scenario {scenario.name!r}", name, known) if known else
            f"The scenario {scenario.name!r} has no parameters, but {name!r} was set.")
    return Problem(f"selection.{name}", said)


def _with_class(spec: Spec, scenario: Scenario, dataset: Dataset) -> tuple[Spec, list[Problem]]:
    """The spec with the forgotten class as its number, given by number or by name; several as a sorted tuple."""
    asked = spec.forget_class
    if not scenario.by_class:
        said = f"is {asked!r}, but the scenario {spec.scenario!r} forgets no class."
        return spec, [] if asked is None else [Problem.about("forget_class", said)]
    if asked is None or (isinstance(asked, tuple) and not asked):
        return spec, [Problem.about("forget_class", f"is missing: the scenario {spec.scenario!r} needs the class to "
                                    f"forget, a name such as {dataset.classes[0]!r} or a number from 0 to "
                                    f"{len(dataset.classes) - 1}.")]
    numbers, problems = list[int](), list[Problem]()
    for one in _apart(asked, dataset):
        try:
            numbers.append(_number(one, dataset))
        except BadSpec as error:
            problems += error.problems
    problems += [Problem.about("forget_class", f"names {dataset.classes[one]!r} twice: once is enough.")
                 for one in sorted(set(numbers)) if numbers.count(one) > 1]
    if problems:
        return spec, problems
    return dataclasses.replace(spec, forget_class=numbers[0] if len(numbers) == 1 else tuple(sorted(numbers))), []


def _apart(asked: Any, dataset: Dataset) -> list[Any]:
    """Each class of what was asked for; a text is split at its commas unless it is a class's name as a whole."""
    if isinstance(asked, tuple):
        return list(asked)
    if isinstance(asked, str) and "," in asked and asked not in dataset.classes:
        return [part.strip() for part in asked.split(",") if part.strip()] or [asked]
    return [asked]


def _number(asked: Any, dataset: Dataset) -> int:
    """A class by its name or number, as its number. Raises BadSpec."""
    last = len(dataset.classes) - 1
    if str(asked) in dataset.classes:
        return dataset.classes.index(str(asked))
    try:
        number = float("a truth value" if isinstance(asked, bool) else asked)
    except (TypeError, ValueError):
        said = registry.unknown(f"class of {dataset.name}", asked, dataset.classes)
        raise BadSpec([Problem("forget_class", said)]) from None
    if number != number or not 0 <= number <= last or number != int(number):
        raise BadSpec([Problem.about("forget_class", f"is {asked}, but {dataset.name} has the "
                                     f"{class_range(dataset)}.")])
    return int(number)


def no_own_forget_set(spec: Spec) -> list[Problem]:
    """What is wrong with a seed of the forget set where the profile has one set for all seeds."""
    if spec.forget_seed is None or spec.profile != "paper":
        return []
    return [Problem.about("forget_seed", f"is {spec.forget_seed}, but the profile 'paper' has one forget set for all "
                          "seeds: leave it out, or take the profile 'corrected'.")]
