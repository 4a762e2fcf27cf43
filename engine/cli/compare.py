"""``python -m engine compare``: methods side by side on one forget set, as on the page Compare.

Resumable: what is missing is computed in this process, one run after another. A run that fails is reported with its
reason and the rest continues.
"""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from engine.cli.computing import by_number, compute, say_aside, whole, words
from engine.cli.options import (
    Result,
    add_option,
    add_scenario,
    as_number,
    assignments,
    scenario_of,
    selection_of,
    unfit_flags,
)
from engine.errors import BadInput, BadSpec, Problem
from engine.evaluation.metrics import all_metrics
from engine.originals.checkpoints import open_checkpoints
from engine.registry import all_of, current_name, target
from engine.runs.store import Store, open_store
from engine.studies import exports, training_seeds
from engine.studies.comparison import Comparison, Runs, check, find_runs
from engine.studies.notes import ORIGINAL
from engine.studies.reproduction import unfinished
from engine.studies.strata import Strata, as_text, by_memorisation
from engine.studies.table import Table, build_table, columns_of
from engine.studies.training_seeds import Row
from engine.system.files import to_json
from engine.types import PROFILES, Spec

LEGEND = "^ or ↑ best, ties within the chance range shared."
FORMS = {"json": ("one JSON array of cells, every measure and seed", exports.to_json),
         "csv": ("CSV, every measure and seed", exports.to_csv),
         "markdown": ("a Markdown table", exports.to_markdown),
         "latex": ("a LaTeX table (booktabs)", exports.to_latex)}
EVERY_MEASURE = ("json", "csv")


def add_parser(commands: Any) -> None:
    """Adds the command to the command line's parser."""
    parser = commands.add_parser("compare", help="methods side by side on one forget set: compute, or resume")
    parser.add_argument("--dataset", default=Spec().dataset)
    parser.add_argument("--model", help="default: the data set's first model")
    parser.add_argument("--methods", nargs="+", required=True, help="separated by spaces or commas")
    parser.add_argument("--seeds", nargs="+", default=["0"], help="default: 0")
    parser.add_argument("--training-seeds", nargs="+", default=["0"], metavar="T",
                        help="seeds of Originals; with several, how far they move each number (default: 0)")
    parser.add_argument("--unlearning-seeds", metavar="K", default="1",
                        help="how many unlearning seeds each forget set has: with two or more, what either contributes "
                             "(default: 1)")
    parser.add_argument("--forget-seed", metavar="N", help="one forget set for all seeds (default: each draws its own)")
    add_scenario(parser, "by what is forgotten")
    parser.add_argument("--profile", default=PROFILES[0], help=f"{' or '.join(PROFILES)} (default: {PROFILES[0]})")
    add_option(parser)
    parser.add_argument("--recorded-only", action="store_true", help="compute nothing; use only existing runs")
    parser.add_argument("--train-original", action="store_true", help="train an Original if none exists for these data")
    parser.add_argument("--strata", action="store_true",
                        help="also by how memorised the forgotten samples are; with --json one object of both")
    shape = parser.add_mutually_exclusive_group()
    for name, (what, _) in FORMS.items():
        shape.add_argument(f"--{name}", action="store_const", const=name, dest="form", help=f"print {what} on stdout")
    parser.set_defaults(work=command)


def command(options: Namespace) -> Result:
    """Computes what the comparison lacks; returns its table as text in the form asked for. Raises BadSpec."""
    if options.strata and options.form not in (None, "json"):
        raise BadInput(f"--strata does not go with --{options.form}: use --json, or no form for text.")
    comparison = comparison_of(options)
    store, said = open_store(), list[str]()

    def say(text: str) -> None:
        said.append(text)
        say_aside(text)

    each = comparison.of_each_seed()
    status = 0 if options.recorded_only else compute(each, store, options.train_original, say)
    runs = find_runs(comparison, store)
    shown = build_table(comparison, runs, _columns(comparison, options.form))
    lines = [line for one in each for line in unfinished(one, find_runs(one, store))]
    if options.form:
        for line in lines:
            if line not in said:  # when the run ended
                say_aside(line)
        text = _in_form(options.form, shown, comparison, store)
        return _with_strata(text, comparison, runs, store) if options.strata else text, status
    strata = ["", as_text(_strata(comparison, runs, store))] if options.strata else []
    if alone := training_seeds.only_one(comparison):
        return "\n".join([exports.to_text(shown), alone, LEGEND, *lines, *strata]), status
    return "\n".join([exports.to_text(shown), LEGEND, *lines, "",
                      training_seeds.text(comparison, _over(comparison, store, shown.columns)), *strata]), status


def _strata(comparison: Comparison, runs: Runs, store: Store) -> Strata:
    return by_memorisation(comparison, runs, store, open_checkpoints(store.root))


def _with_strata(cells: str, comparison: Comparison, runs: Runs, store: Store) -> str:
    """The cells of ``--json`` and the strata, as one object."""
    return to_json({"cells": json.loads(cells), "strata": _strata(comparison, runs, store).to_json()})


def _over(comparison: Comparison, store: Store, columns: Sequence[str]) -> list[Row]:
    return training_seeds.rows(comparison, training_seeds.find_runs(comparison, store), columns)


def _in_form(form: str, shown: Table, comparison: Comparison, store: Store) -> str:
    """The table of the first Original; JSON has the variation over training seeds with each cell where there is one."""
    alone = training_seeds.only_one(comparison)
    if alone or form != "json":
        if not alone:
            say_aside(f"The {form} table is of the Original of seed {comparison.training_seeds[0]}: the variation over "
                      "training seeds is in the text and with --json.")
        return FORMS[form][1](shown).rstrip()
    found = {(row.method, row.metric): row.to_json() for row in _over(comparison, store, shown.columns)}
    cells = json.loads(exports.to_json(shown))
    return to_json([cell | {"over_training_seeds": found[cell["method"], cell["metric"]]} for cell in cells])


def _columns(comparison: Comparison, form: str | None) -> tuple[str, ...]:
    """The paper's measures for the scenario; in a form for programs all others after them."""
    usual = columns_of(comparison.scenario)
    return (*usual, *(m.name for m in all_metrics() if m.name not in usual and form in EVERY_MEASURE))


# --- what was asked for ---------------------------------------------------------------------


def comparison_of(options: Namespace) -> Comparison:
    """The comparison with present names and a class by its number; raises BadSpec with every problem."""
    chosen, texts = assignments(options.options, "--option")
    problems = [Problem(None, text) for text in texts]
    scenario, forget = _forgotten(options, problems)
    selection, more = selection_of(options, scenario)
    problems += more
    asked = words(options.methods)
    methods = tuple(current_name("method", name) for name in asked if name != ORIGINAL)
    if asked and not methods:
        problems.append(Problem("method", f"--methods names no method: the row {ORIGINAL!r} is always shown."))
    comparison = Comparison(current_name("dataset", options.dataset), scenario, forget, methods,
                            tuple(whole(as_number(word)) for word in words(options.seeds)), options.profile,
                            options.model, {name: as_number(value) for name, value in chosen.items()},
                            tuple(whole(as_number(word)) for word in words(options.training_seeds)),
                            None if options.forget_seed is None else whole(as_number(options.forget_seed)), selection,
                            whole(as_number(options.unlearning_seeds)))
    try:
        check(comparison)
    except BadSpec as error:
        named = {problem.field for problem in more if problem.field}  # why the list could not be read
        problems += [one for one in error.problems if one.field not in named] if methods or not asked else ()
    if problems:
        raise BadSpec(problems)
    return by_number(comparison)


def _forgotten(options: Namespace, problems: list[Problem]) -> tuple[str, Any]:
    """The scenario and what it forgets; a flag that does not go with the scenario becomes a problem."""
    fraction, label = options.forget_fraction, options.forget_class
    scenario = scenario_of(options, _usual_scenario(by_class=label is not None))
    problems += unfit_flags(scenario, options)
    if (goes_by := target(scenario)) == "class":
        return scenario, label
    usual = Spec().forget_fraction if goes_by == "fraction" else None
    return scenario, usual if fraction is None else as_number(fraction)


def _usual_scenario(by_class: bool) -> str:
    """The first scenario that forgets a class, or the usual one."""
    return next(one.name for one in all_of("scenario") if one.by_class) if by_class else Spec().scenario
