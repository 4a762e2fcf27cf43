"""``python -m engine reproduce table1``: a table of the paper, computed here and printed beside the paper's numbers.

Resumable: what is missing is computed in this process, one run after another. A run that fails is reported with its
reason and the rest continues.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from engine import registry
from engine.cli.options import Result, as_number
from engine.cli.terminal import ProgressLine, ctrl_c
from engine.errors import BadInput, BadSpec
from engine.registry import names
from engine.runs import estimates
from engine.runs.here import heartbeat, run_here
from engine.runs.store import Store, open_store
from engine.spec import resolve
from engine.studies.comparison import Comparison, check
from engine.studies.exports import cells_of, to_markdown, to_text
from engine.studies.notes import ORIGINAL
from engine.studies.paper import TABLES, PaperTable
from engine.studies.reproduction import Todo, all_runs, elsewhere, forecast, missing, state, unfinished
from engine.studies.table import build_table
from engine.system.known import all_known

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
        _say(text)

    status = 0 if options.recorded_only else _compute(comparisons, store, options.train_original, say)
    found = [(comparison, all_runs(comparison, table, store)) for comparison in comparisons]
    tables = [build_table(comparison, runs, table.metrics) for comparison, runs in found]
    told = [line for comparison, runs in found for line in unfinished(comparison, runs)]
    for line in told if options.json else ():
        if line not in said:  # when the run ended
            say(line)
    for line in elsewhere(comparisons, store) if options.recorded_only else ():
        _say(line)
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
    methods = tuple(_words(options.methods)) if options.methods else table.methods
    methods = tuple(method for method in methods if method != ORIGINAL)
    if not methods:
        problems.append(f"--methods names no method: the row {ORIGINAL!r} is always shown.")
    seeds = tuple(_whole(as_number(word)) for word in _words(options.seeds))
    made = [Comparison(table.dataset, table.scenario, forget, methods or table.methods[1:], seeds, options.profile,
                        options.model) for forget in forgets]
    for comparison in made:
        try:
            check(comparison if known else replace(comparison, dataset=STAND_IN))
        except BadSpec as error:
            problems += [problem for problem in error.problems if problem not in problems]
    if problems:
        raise BadSpec(problems)
    made = [_by_number(comparison) for comparison in made] if known else made
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
    chosen = [as_number(word) for word in _words(mine)] if mine else list(table.forgets)
    return chosen, problems


def _words(texts: Sequence[str]) -> list[str]:
    """The values of a flag, separated by spaces or by commas."""
    return [word for text in texts for word in text.split(",") if word]


def _whole(number: Any) -> Any:
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _by_number(comparison: Comparison) -> Comparison:
    """The comparison with its class as a number and its fraction as one."""
    spec = resolve(comparison.spec(comparison.methods[0], comparison.seeds[0])).spec
    return replace(comparison, forget=spec.forgotten)


# --- computing ------------------------------------------------------------------------------


def _compute(comparisons: Sequence[Comparison], store: Store, train_original: bool,
             say: Callable[[str], None] | None = None) -> int:
    """Carries out what is missing, one run after another; returns 130 where it was stopped, else 0."""
    store.mark_interrupted()
    say = say or _say
    line, tried = ProgressLine(), set()
    with ctrl_c() as cancel, heartbeat(store):
        while todo := [item for item in missing(comparisons, store) if item.key not in tried]:
            item = todo[0]
            tried.add(item.key)
            if item.queued and store.claim(item.queued) is None:
                continue  # somebody else has taken it
            tell = _teller(line, todo, len(tried), store)
            run = run_here(item.resolved, store, train_original, cancel, tell, item.queued)
            line.end()
            for text in filter(None, (run.notice, state(item.comparison, item.method, item.seed, run))):
                say(text)
            if cancel.is_set() or run.status == "cancelled":
                return 130
    return 0


# --- how long it will take ------------------------------------------------------------------


def _teller(line: ProgressLine, todo: Sequence[Todo], number: int, store: Store) -> Any:
    """Progress of the first of these runs, with the time that all of them will take."""
    seconds = forecast(todo, store)
    label = f"[{number} of {number + len(todo) - 1}] {todo[0].label}"
    others = all_known(seconds[1:])
    rest = None if others is None else sum(others)

    def tell(progress: dict[str, Any]) -> None:
        now = progress.get("eta", seconds[0])
        left = None if rest is None or now is None else now + rest
        line({**progress, "stage": f"{label}: {progress['stage']}", "note": f"all: {estimates.duration(left)} left"})

    return tell


def _say(text: str) -> None:
    print(text, file=sys.stderr)


