"""``python -m engine tune``: a fair search of hyperparameters, the same number of trials and samples for every method.

Resumable: the same command continues a search and computes nothing twice.
"""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from dataclasses import replace
from typing import Any

from engine.cli.compare import comparison_of
from engine.cli.computing import say_aside, whole, words
from engine.cli.options import Result, add_executor, add_option, add_scenario, as_number
from engine.cli.terminal import ProgressLine, ctrl_c
from engine.errors import BadSpec
from engine.runs import estimates, leftovers
from engine.runs.executors import Control
from engine.runs.here import heartbeat
from engine.runs.store import Store, open_store
from engine.studies import tuning_exports as exports
from engine.studies.comparison import Comparison
from engine.studies.job import executor_problems
from engine.studies.tuning import REPORT_SEEDS, TRIALS, TUNING_SEEDS, Tuning, check, filled, selectable, tunable
from engine.studies.tuning_job import carry_out
from engine.studies.tuning_race import Race
from engine.studies.tuning_record import Record
from engine.studies.tuning_sampler import SAMPLERS
from engine.types import PROFILES, Spec

FAILED, INTERRUPTED = 1, 130
FORMS = {"json": ("one JSON object: the whole record", exports.to_json),
         "csv": ("CSV, a row a run", exports.to_csv)}


def add_parser(commands: Any) -> None:
    """Adds the command to the command line's parser."""
    parser = commands.add_parser("tune", help="a fair search of hyperparameters for several methods, or resume it")
    parser.add_argument("--dataset", default=Spec().dataset)
    parser.add_argument("--model", help="default: the data set's first model")
    parser.add_argument("--methods", nargs="+", help="separated by spaces or commas (default: all but the reference)")
    parser.add_argument("--trials", default=str(TRIALS),
                        help=f"settings tried for each method, its own first (default: {TRIALS})")
    parser.add_argument("--seeds", nargs="+", default=list(map(str, TUNING_SEEDS)),
                        help=f"seeds to choose by (default: {' '.join(map(str, TUNING_SEEDS))})")
    parser.add_argument("--report-seeds", nargs="+", default=list(map(str, REPORT_SEEDS)), metavar="SEED",
                        help=f"other seeds to report on (default: {' '.join(map(str, REPORT_SEEDS))})")
    parser.add_argument("--attack", default="", help=f"attack to choose by, on validation data: "
                                                     f"{' or '.join(selectable())} (default: {selectable()[0]})")
    parser.add_argument("--report-attack", default="", help="another one to report, on test data")
    parser.add_argument("--sampler", default="", help=f"{' or '.join(SAMPLERS)} (default: {SAMPLERS[0]} where Optuna "
                                                      f"is installed, else {SAMPLERS[1]})")
    add_scenario(parser, "by what is forgotten")
    parser.add_argument("--profile", default=PROFILES[0], help=f"{' or '.join(PROFILES)} (default: {PROFILES[0]})")
    add_option(parser)
    add_executor(parser)
    parser.add_argument("--recorded-only", action="store_true", help="compute nothing; show what is there")
    parser.add_argument("--train-original", action="store_true", help="train an Original if none exists for these data")
    shape = parser.add_mutually_exclusive_group()
    for name, (what, _) in FORMS.items():
        shape.add_argument(f"--{name}", action="store_const", const=name, dest="form", help=f"print {what} on stdout")
    parser.set_defaults(work=command, training_seeds=["0"], unlearning_seeds="1", forget_seed=None)


def command(options: Namespace) -> Result:
    """Computes what the search lacks; returns its record as text in the form asked for. Raises BadSpec."""
    tuning = tuning_of(options)
    race, status = Race(tuning, open_store()), 0
    if options.recorded_only:
        race.missing()
        record = race.refresh()
    else:
        record, status = _searched(race, options)
    return FORMS[options.form][1](record).rstrip() if options.form else exports.to_text(record), status


def _searched(race: Race, options: Namespace) -> tuple[Record, int]:
    store: Store = race.store
    leftovers.settle(store)
    line, began, ended = ProgressLine(), time.monotonic(), 0

    def tell(progress: dict[str, Any]) -> None:
        left = race.left()
        seconds = (time.monotonic() - began) / ended * left if ended else None
        line({"stage": progress["stage"], "note": f"{ended} runs done, {left} left" + (
            "" if seconds is None else f", {estimates.duration(seconds)}")})

    with ctrl_c() as cancel, heartbeat(store):
        for run in carry_out(race, options.executor, options.train_original, Control(cancel), tell):
            ended += 1
            if run.status == "failed":
                line.end()
                print(f"{run.spec.method}, seed {run.spec.seed}: failed: {run.reason}", file=sys.stderr)
        line.end()
        stopped = cancel.is_set()
    say_aside(f"{ended} runs computed in {time.monotonic() - began:.1f} s")
    record = race.record
    return record, INTERRUPTED if stopped else 0 if record.complete else FAILED


def tuning_of(options: Namespace) -> Tuning:
    """The search that the command line asks for. Raises BadSpec with every problem."""
    options.methods = options.methods or list(tunable())
    problems: list[Any] = list(executor_problems(options.executor))
    report, trials = (tuple(whole(as_number(word)) for word in words(options.report_seeds)),
                      whole(as_number(options.trials)))
    rest = Tuning(Comparison(methods=(tunable()[0],), seeds=TUNING_SEEDS), report, trials, options.attack,
                  options.report_attack, options.sampler)
    try:
        rest = replace(rest, comparison=comparison_of(options))
    except BadSpec as error:
        problems += error.problems
    tuning = filled(rest)
    try:
        check(tuning)
    except BadSpec as error:
        problems += error.problems
    if problems:
        raise BadSpec(list(dict.fromkeys(problems)))
    return tuning
