"""Options that several commands share, and how their values are read."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.checks import LARGEST, SMALLEST
from engine.errors import BadInput, BadSpec, Problem
from engine.registry import current_name, find, names, target
from engine.runs.executors import EXECUTORS
from engine.sample_lists import Asked, keep, read_file
from engine.spec import resolve
from engine.types import Spec, declared

Result = tuple[Any, int]  # what a command prints (text, or with --json a value), and its exit status


def add_training(parser: Any) -> None:
    """The options that choose data, a model and a seed."""
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--model", help="default: the data set's first model")
    parser.add_argument("--seed", default="0")
    add_option(parser)
    add_json(parser, "object")


def add_option(parser: Any) -> None:
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", dest="options",
                        help="set an option of the data set, e.g. label_noise=0")


def add_scenario(parser: Any, usual: str) -> None:
    """The options that say who is forgotten; the values of the fraction and the class are None where not given."""
    parser.add_argument("--scenario", help=f"{' or '.join(names('scenario'))} (default: {usual})")
    parser.add_argument("--forget-fraction", metavar="F",
                        help=f"{SMALLEST:g} to {LARGEST:g} (default: {Spec().forget_fraction})")
    parser.add_argument("--forget-class", metavar="NAME|INDEX", help="the class to forget, where the scenario has one")
    parser.add_argument("--select", action="append", default=[], metavar="NAME=VALUE", dest="selection",
                        help="set a parameter of the scenario; may be repeated")
    parser.add_argument("--forget-list", metavar="FILE",
                        help="the samples to forget, for the scenario listed: numbers as CSV, JSON or text")
    parser.add_argument("--column", metavar="NAME", help="the column of that file that holds the numbers")


def scenario_of(options: Any, usual: str) -> str:
    """The scenario that is asked for: by its name, else by a list."""
    name: str = current_name("scenario", options.scenario or ("listed" if options.forget_list else usual))
    return name


def selection_of(options: Any, scenario: str) -> tuple[dict[str, Any], list[Problem]]:
    """The scenario's parameters, with the list of samples kept under its name, and what is wrong with them."""
    values, texts = assignments(options.selection, "--select")
    problems = [Problem(None, text) for text in texts]
    record, dataset = find("scenario", scenario), find("dataset", options.dataset)
    if options.column is not None and options.forget_list is None:
        problems.append(Problem("selection.list", "--column goes with --forget-list: name the file as well."))
    if options.forget_list is None or record is None or dataset is None:
        return values, problems
    field = next((h.name for h in declared(record.parameters) if h.kind == "samples"), None)
    if field is None:
        return values, [*problems, Problem("scenario", f"--forget-list does not go with the scenario {scenario!r}: use "
                                           "--scenario listed.")]
    chosen = {option.name: option.default for option in dataset.options} | {
        name: as_number(value) for name, value in assignments(options.options, "--option")[0].items()}
    try:
        here = dataset.at(chosen)
        asked = Asked(here.name, here.train_size)
        values[field] = keep(read_file(options.forget_list, asked, options.column))
    except BadSpec as error:
        problems += error.problems
    except BadInput as error:
        problems.append(Problem("selection.list", str(error)))
    return values, problems


def unfit_flags(scenario: str, options: Any) -> list[Problem]:
    """What is wrong with a fraction or a class for a scenario that goes by something else."""
    goes_by, problems = target(scenario), list[Problem]()
    if find("scenario", scenario) is None:
        return problems
    for wrong, right in (("fraction", "class"), ("class", "fraction")):
        if goes_by != wrong and getattr(options, f"forget_{wrong}") is not None:
            remedy = f"use --forget-{right}." if goes_by == right else "leave it out."
            problems.append(Problem(f"forget_{wrong}", f"--forget-{wrong} does not go with the scenario {scenario!r}: "
                                                       f"{remedy}"))
    return problems


@dataclass(frozen=True)
class Who:
    """Who is to be forgotten: fields of a spec, and what is wrong with how they were asked for."""

    fields: dict[str, Any]
    problems: list[Problem]

    def spec(self, spec: Spec, problems: Sequence[str | Problem]) -> Spec:
        """The spec where nothing is wrong. Raises BadSpec with these problems and those of the spec.

        A field that could not be read is not named once more for what it was left at.
        """
        if not problems:
            return spec
        named, found = {problem.field for problem in self.problems if problem.field}, list(problems)
        try:
            resolve(spec)
        except BadSpec as error:
            found += [problem for problem in error.problems if problem.field not in named]
        raise BadSpec(found)


def who_of(options: Any) -> Who:
    """What :func:`add_scenario`'s options come to for one run.

    A class that does not go with the scenario is named when the spec is checked.
    """
    scenario = scenario_of(options, Spec().scenario)
    selection, problems = selection_of(options, scenario)
    fraction = Spec().forget_fraction if options.forget_fraction is None else as_number(options.forget_fraction)
    unfit = [problem for problem in unfit_flags(scenario, options) if problem.field == "forget_fraction"]
    return Who({"scenario": scenario, "forget_fraction": fraction, "forget_class": options.forget_class,
                "selection": selection}, problems + unfit)


def add_executor(parser: Any) -> None:
    parser.add_argument("--executor", default="local", help=f"{' or '.join(EXECUTORS)} (default: local)")


def add_json(parser: Any, what: str) -> None:
    parser.add_argument("--json", action="store_true", help=f"print one JSON {what} on stdout")


def assignments(pairs: list[str], flag: str) -> tuple[dict[str, Any], list[str]]:
    """Values by name from ``NAME=VALUE`` texts, and what is wrong with them."""
    values, problems = {}, []
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if equals and name and name.strip() in values:
            problems.append(f"{flag} {name.strip()} is given twice: give it once.")
        elif equals and name:
            values[name.strip()] = value.strip()
        else:
            problems.append(f"{flag} {pair!r} is not of the form NAME=VALUE.")
    return values, problems


def as_number(text: str) -> Any:
    """The number a text spells, or the text itself, which the spec's check will name."""
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return kind(text)
    return text
