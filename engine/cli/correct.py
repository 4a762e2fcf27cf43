"""``python -m engine correct``: which methods undo what manipulated samples did, by the share of them that was found.

Resumable: finished runs are used and the rest is computed. A run that fails is reported with its reason.
"""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from engine.cli.computing import compute, say_aside, whole, words
from engine.cli.options import Result, add_option, as_number, assignments
from engine.errors import BadSpec, Problem
from engine.registry import current_name, names
from engine.runs.store import open_store
from engine.studies.comparison import check, find_runs
from engine.studies.correction import SHARES, Correction, rows, summary
from engine.studies.correction_kept import with_shipped
from engine.studies.correction_table import to_markdown, to_text
from engine.studies.reproduction import unfinished

SHIPPED = "Numbers that ship stand in for runs that are missing here."


def add_parser(commands: Any) -> None:
    """Adds the command to the command line's parser."""
    parser = commands.add_parser("correct", help="methods by the share of manipulated samples that was found")
    parser.add_argument("--dataset", default="digits", help="default: digits, whose labels are partly wrong")
    parser.add_argument("--model", help="default: the data set's first model")
    add_option(parser)
    parser.add_argument("--methods", nargs="+", help="separated by spaces or commas (default: all)")
    parser.add_argument("--found", nargs="+", help=f"shares found (default: {' '.join(map(str, SHARES))})")
    parser.add_argument("--seeds", nargs="+", default=["0"], help="default: 0")
    parser.add_argument("--recorded-only", action="store_true",
                        help="compute nothing; use existing runs and the numbers that ship")
    parser.add_argument("--train-original", action="store_true", help="train an Original if none exists for these data")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    shape.add_argument("--markdown", action="store_true", help="print Markdown tables on stdout")
    parser.set_defaults(work=command)


def command(options: Namespace) -> Result:
    """Computes what is missing; returns every number, as text or in the form asked for. Raises BadSpec."""
    asked, store = asked_for(options), open_store()
    status = 0 if options.recorded_only else compute(asked.comparisons(), store, options.train_original, say_aside)
    found, shipped = rows(asked, store), False
    if options.recorded_only:
        found, shipped = with_shipped(asked, found)
    for line in [SHIPPED] if shipped else [line for comparison in asked.comparisons() for line in
                                           unfinished(comparison, find_runs(comparison, store))]:
        say_aside(line)
    if options.json:
        about = {"what": summary(asked), "dataset": asked.dataset, "options": dict(asked.options)}
        numbers = {"seeds": list(asked.seeds), "found": list(asked.found), "rows": [row.to_json() for row in found]}
        return about | numbers, status
    return (to_markdown if options.markdown else to_text)(asked, found).rstrip(), status


def asked_for(options: Namespace) -> Correction:
    """The study with present names; raises BadSpec with every problem."""
    chosen, texts = assignments(options.options, "--option")
    methods = tuple(current_name("method", name) for name in words(options.methods or names("method")))
    asked = Correction(current_name("dataset", options.dataset), methods,
                       {name: as_number(value) for name, value in chosen.items()},
                       tuple(as_number(word) for word in words(options.found or [])) or SHARES,
                       tuple(whole(as_number(word)) for word in words(options.seeds)), options.model)
    problems = [Problem(None, text) for text in texts]
    for comparison in asked.comparisons():
        try:
            check(comparison)
        except BadSpec as error:
            problems += error.problems
    if problems:
        raise BadSpec(list(dict.fromkeys(problems)))
    return asked
