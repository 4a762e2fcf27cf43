"""``python -m engine sweep``: a grid of alpha by forget fraction (or of any two hyperparameters), resumable.

Finished cells are used, the rest is computed; a cell that fails is reported with its reason and the rest continues.
"""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from engine.cli.options import Result, add_executor, add_json, add_option, as_number, assignments
from engine.cli.terminal import ProgressLine, ctrl_c
from engine.errors import BadSpec
from engine.registry import names
from engine.runs import estimates, leftovers
from engine.runs.executors import EXECUTORS, Control
from engine.runs.here import heartbeat
from engine.runs.records import Run
from engine.runs.store import open_store
from engine.spec import resolve
from engine.studies.intensity import intensity_map
from engine.studies.job import executor_problems
from engine.studies.sweep import FRACTION, PRESETS, Axis, Cell, Sweep, check, preset
from engine.studies.sweep_runs import Runs, cell_of, counts, find_runs, missing
from engine.types import PROFILES, Spec

FAILED, INTERRUPTED = 1, 130
INTENSITY = "intensity"  # the preset that depends on the method


def add_parser(commands: Any) -> None:
    """Adds the command to the command line's parser."""
    parser = commands.add_parser("sweep", help="compute a grid of alpha by forget fraction, or resume it")
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--method", default=Spec().method)
    parser.add_argument("--model", help="default: the data set's first model")
    parser.add_argument("--preset", default="small",
                        help=f"{', '.join(PRESETS)}, or {INTENSITY}: the method's own knob by the forget fraction "
                             "(default: small)")
    parser.add_argument("--alphas", nargs="+", help="instead of the preset's, separated by spaces or commas")
    parser.add_argument("--forget-fractions", nargs="+", help="instead of the preset's")
    parser.add_argument("--axis", action="append", default=[], metavar="NAME=V,V,..",
                        help="put another hyperparameter across; given twice, the second one goes down")
    parser.add_argument("--seeds", nargs="+", help="instead of the preset's")
    parser.add_argument("--original-seed", default="0", help="seed of the Original (default: 0); several: --axis "
                                                             "original_seed=0,1,2")
    parser.add_argument("--profile", default=PROFILES[0], help=f"{' or '.join(PROFILES)} (default: {PROFILES[0]})")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="assignments",
                        help="set a hyperparameter for every cell")
    add_option(parser)
    add_executor(parser)
    parser.add_argument("--train-original", action="store_true", help="train an Original if none exists for these data")
    parser.add_argument("--keep-weights", action="store_true", help="keep the unlearned weights of every run")
    add_json(parser, "object")
    parser.set_defaults(work=command)


def command(options: Namespace) -> Result:
    """Computes what is missing of a grid; returns counts, seconds and the cells. Raises BadInput."""
    sweep = sweep_of(options)
    store, began = open_store(), time.monotonic()
    leftovers.settle(store)
    before = find_runs(sweep, store)
    todo = missing(sweep, before)
    with ctrl_c() as cancel, heartbeat(store):
        line = ProgressLine()
        done = 0
        for cell, run in _carried_out(sweep, todo, options, store, cancel, line):
            done += run.finished
            if run.status == "failed":
                line.end()
                print(f"{_label(sweep, cell)}: failed: {run.reason}", file=sys.stderr)
        line.end()
        stopped = cancel.is_set()
    found = find_runs(sweep, store)
    result = _result(sweep, found, done, before, time.monotonic() - began)
    status = INTERRUPTED if stopped else FAILED if result["counts"].get("failed") else 0
    return (result if options.json else _as_text(result)), status


def sweep_of(options: Namespace) -> Sweep:
    """The sweep that the command line asks for. Raises BadSpec with every problem."""
    problems = executor_problems(options.executor)
    fixed, wrong = assignments(options.assignments, "--set")
    chosen, more = assignments(options.options, "--option")
    axes, bad_axes = assignments(options.axis, "--axis")
    problems += [*wrong, *more, *bad_axes]
    common = {"dataset": options.dataset, "method": options.method, "model": options.model,
              "profile": options.profile, "original_seed": as_number(options.original_seed),
              "options": {name: as_number(value) for name, value in chosen.items()}}
    sweep = _own_knob(options, common) if options.preset == INTENSITY else preset(options.preset, **common)
    fixed = {name: as_number(value) for name, value in fixed.items()}
    sweep = replace(sweep, parameters={**sweep.parameters, **fixed})
    across = Axis("alpha", _values(options.alphas)) if options.alphas else sweep.across
    down = Axis(FRACTION, _values(options.forget_fractions)) if options.forget_fractions else sweep.down
    sides = [Axis(name, _values([values])) for name, values in axes.items()]
    across, down = [*sides, *((across, down) if not sides else (down,)[: 2 - len(sides)])][:2]
    sweep = replace(sweep, across=across, down=down, seeds=_values(options.seeds) if options.seeds else sweep.seeds)
    try:
        check(sweep)
    except BadSpec as error:
        problems += error.problems
    if problems:
        raise BadSpec(problems)
    return sweep


def _own_knob(options: Namespace, common: dict[str, Any]) -> Sweep:
    """The map of the method's own knob. Raises BadSpec where a name is unknown, BadInput where it has no knob."""
    resolve(Spec(options.dataset, options.method, model=options.model, profile=options.profile))
    return replace(intensity_map(options.method, options.dataset, profile=options.profile, model=options.model),
                   **common)


def _values(texts: Sequence[str]) -> tuple[Any, ...]:
    return tuple(as_number(word) for text in texts for word in text.split(",") if word)


def _carried_out(sweep: Sweep, todo: Sequence[Cell], options: Namespace, store: Any, cancel: Any,
                 line: ProgressLine) -> Iterator[tuple[Cell, Run]]:
    """Runs what is missing; yields each cell with its run, and reports how far the whole is."""
    began, ended = time.monotonic(), 0

    def tell(progress: dict[str, Any]) -> None:
        left = (time.monotonic() - began) / ended * (len(todo) - ended) if ended else None
        line({"stage": progress["stage"], "note": f"{ended} of {len(todo)} done" + (
            "" if left is None else f", {estimates.duration(left)} left")})

    specs = [resolve(sweep.spec(*cell)) for cell in todo]
    executor = EXECUTORS[options.executor]
    control = Control(cancel, keep_weights=options.keep_weights)
    for position, run in executor.run_all(specs, store, options.train_original, control, tell):
        ended += 1
        yield todo[position], run


def _label(sweep: Sweep, cell: Cell) -> str:
    return f"{sweep.across.name} {cell[0]}, {sweep.down.name} {cell[1]}, seed {cell[2]}"


def _result(sweep: Sweep, found: Runs, computed: int, before: Runs, seconds: float) -> dict[str, Any]:
    reused = sum(run.finished for run in before.values())
    return {"runs": sweep.size, "counts": counts(sweep, found), "computed": computed, "reused": reused,
            "seconds": round(seconds, 3), "cells": [cell_of(sweep, cell, found.get(cell)) for cell in sweep.cells()]}


def _as_text(result: dict[str, Any]) -> str:
    counted = ", ".join(f"{number} {status}" for status, number in result["counts"].items())
    left_out = ("run_id", "reason", "seconds", "forget_accuracy", "retain_accuracy", *names("attack"))
    columns = [name for name in result["cells"][0] if name not in left_out]
    rows = ["  ".join(f"{name:>15}" for name in columns)]
    rows += ["  ".join(f"{_short(cell[name]):>15}" for name in columns) for cell in result["cells"]]
    return "\n".join([*rows, f"{counted}; {result['computed']} computed, {result['reused']} reused, "
                             f"{result['seconds']:.1f} s"])


def _short(value: Any) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
