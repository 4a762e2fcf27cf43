"""``python -m engine reproduce table1``: a table of the paper, computed here and printed beside the paper's numbers.

Resumable: what is missing is computed in this process, one run after another. A run that fails is reported with its
reason and the rest continues.
"""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from typing import Any

from engine import registry
from engine.cli.computing import by_number, compute, say_aside, whole, words
from engine.cli.options import Result, as_number
from engine.errors import BadInput, BadSpec
from engine.registry import names
from engine.runs.store import open_store
from engine.studies.comparison import Comparison, check
from engine.studies.exports import cells_of, to_markdown, to_text
from engine.studies.notes import ORIGINAL
from engine.studies.paper import TABLES, PaperTable
from engine.studies.reproduction import all_runs, elsewhere, unfinished
from engine.studies.table import build_table

SEEDS = ("0", "1", "2")  # as many as the paper's
STAND_IN = "cifar10"  # numbers are checked against it where the table's own data set is not known here
LEGEND = ("* differs from the paper's value by more than two standard deviations; ^ or ↑ best; differences within "
          "the chance range are ties.")


def add_parser(commands: Any) -> None:
    """Adds the command to the command line's parser."""
    parser = commands.add_parser("reproduce", help="compute a table of the paper, or resume it")
    parser.add_argument("table", metavar="|".join(TABLES))
    for flag, what in (("--forget-fractions", "sizes of a random subset (default: the table's)"),
                       ("--classes", "classes to forget, by name or number (default: the table's)"),
                       ("--methods", "methods, also beyond the table (default: the table's)")):
        parser.add_argument(flag, nargs="+", help=what)
    parser.add_argument("--model", help="default: the data set's first model")
    parser.add_argument("--seeds", nargs="+", default=list(SEEDS), help=f"default: {' '.join(SEEDS)}")
    parser.add_argument("--profile", default="paper", help="paper or corrected (default: paper)")
    parser.add_argument("--recorded-only", action="store_true", help="compute nothing; use only existing runs")
    parser.add_argument("--train-original", action="store_true", help="train an Original if none exists for these data")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print one JSON array of cells on stdout")
    shape.add_argument("--markdown", action="store_true", help="print one Markdown table per size or class")
    parser.set_defaults(work=command)


def command(options: Namespace) -> Result:
    """Computes what a table lacks; returns its cells (``--json``), Markdown or plain text. Raises BadInput."""
    table = _table_of(options.table)
    comparisons = _comparisons(options, table)
    store = open_store()
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        say_aside(text)

    status = 0 if options.recorded_only else compute(comparisons, store, options.train_original, say)
    found = [(comparison, all_runs(comparison, table, store)) for comparison in comparisons]
    tables = [build_table(comparison, runs, table.metrics) for comparison, runs in found]
    told = [line for comparison, runs in found for line in unfinished(comparison, runs)]
    for line in told if options.json else ():
        if line not in said:  # when the run ended
            say(line)
    for line in elsewhere(comparisons, store) if options.recorded_only else ():
        say_aside(line)
    if options.json:
        return [cell for built in tables for cell in cells_of(built)], status
    if options.markdown:
        return "\n".join([*map(to_markdown, tables), *(f"- {line}" for line in told)]).rstrip(), status
    return "\n".join([f"{table.title}\n", *(to_text(built) for built in tables), LEGEND, *told]), status


# --- what was asked for ---------------------------------------------------------------------


def _table_of(name: str) -> PaperTable:
    key = name.lower().replace(" ", "")
    if key not in TABLES:
        raise BadInput(f"No table named {name!r}. Valid: {', '.join(TABLES)}.")
    return TABLES[key]


def _comparisons(options: Namespace, table: PaperTable) -> list[Comparison]:
    """One comparison per size or class; raises BadInput, with every problem."""
    known = table.dataset in names("dataset")
    if not known and not options.recorded_only:
        raise BadInput(f"{table.title} needs the data set {table.dataset!r}, which is not on this "
                       "machine, so it cannot be computed. With --recorded-only the paper's numbers are shown "
                       "without ours.")
    forgets, problems = _forgets(options, table)
    methods = tuple(words(options.methods)) if options.methods else table.methods
    methods = tuple(method for method in methods if method != ORIGINAL)
    if not methods:
        problems.append(f"--methods names no method: the row {ORIGINAL!r} is always shown.")
    seeds = tuple(whole(as_number(word)) for word in words(options.seeds))
    made = [Comparison(table.dataset, table.scenario, forget, methods or table.methods[1:], seeds, options.profile,
                        options.model) for forget in forgets]
    for comparison in made:
        try:
            check(comparison if known else replace(comparison, dataset=STAND_IN))
        except BadSpec as error:
            problems += [problem for problem in error.problems if problem not in problems]
    if problems:
        raise BadSpec(problems)
    made = [by_number(comparison) for comparison in made] if known else made
    sizes = [comparison.forget for comparison in made]
    twice = [size for size in dict.fromkeys(sizes) if sizes.count(size) > 1]
    if twice:
        what = "forget_class" if registry.by_class(table.scenario) else "forget_fraction"
        raise BadSpec([f"{what} {size} is chosen twice: once is enough." for size in twice])
    return made


def _forgets(options: Namespace, table: PaperTable) -> tuple[list[Any], list[str]]:
    """What to forget, by the table or as asked, and what is wrong with it."""
    by_class = registry.by_class(table.scenario)
    sizes = [("--forget-fractions", options.forget_fractions), ("--classes", options.classes)]
    (flag, mine), (wrong, others) = reversed(sizes) if by_class else sizes
    problems = []
    if others:
        what = "an entire class" if by_class else "a random subset"
        problems.append(f"{wrong} does not go with {table.name}, which forgets {what}: use {flag}.")
    chosen = [as_number(word) for word in words(mine)] if mine else list(table.forgets)
    return chosen, problems
