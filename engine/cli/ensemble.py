"""``python -m engine ensemble``: many Originals, retrained and unlearned models, and the measures that need many.

What is there is used, the rest is computed; Ctrl-C stops it, and the same command continues.
"""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from engine.cli.computing import words
from engine.cli.options import Result, add_executor, add_json, add_option, as_number, assignments
from engine.cli.terminal import ProgressLine, ctrl_c
from engine.errors import BadSpec, Problem
from engine.registry import names, reference
from engine.runs import estimates
from engine.runs.ensembles.kept import Kept
from engine.runs.executors import Control
from engine.studies.ensemble import Design, Ensemble
from engine.studies.ensemble_exports import as_json, problems, to_markdown
from engine.studies.ensemble_recorded import at_hand, pack
from engine.studies.ensemble_request import Task
from engine.studies.ensemble_views import CANNOT_TELL, Evidence, Findings, findings, numbers_of
from engine.studies.ensemble_work import located, missing, run_all
from engine.studies.job import executor_problems

FAILED, INTERRUPTED = 1, 130
WIDTHS = (5, 7, 12, 8, 13, 8, 8, 9, 8, 9)  # of the table's columns after the name


def add_parser(commands: Any) -> None:
    """Adds the command to the command line's parser."""
    parser = commands.add_parser("ensemble", help="train many models on random thirds and take the measures that need "
                                                  "many, or resume it")
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--model", help="default: the data set's first model")
    parser.add_argument("--methods", nargs="+", default=list(Ensemble().methods),
                        help="separated by spaces or commas, or 'all' (default: %(default)s)")
    parser.add_argument("--models", type=int, default=Ensemble().models,
                        help="how many Originals (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="what the seeds of all models come from")
    parser.add_argument("--candidates", metavar="N",
                        help="samples that take part, a number or 'all'; the others are in all models' data (default: "
                             "so many that 15%% is forgotten, 390 of digits; with all it is half)")
    add_option(parser)
    add_executor(parser)
    parser.add_argument("--export", metavar="FILE", help="also write the outputs as one file, without weights")
    parser.add_argument("--recorded-only", action="store_true", help="compute nothing: only what is there")
    shape = parser.add_mutually_exclusive_group()
    add_json(shape, "object")
    shape.add_argument("--markdown", action="store_true", help="print a Markdown table, with what it answers")
    parser.set_defaults(work=command)


def command(options: Namespace) -> Result:
    """Computes what is missing of an ensemble and returns its evidence. Raises BadInput."""
    ensemble = ensemble_of(options)
    line, began = ProgressLine(), time.monotonic()
    design, kept = located(ensemble, line)
    shelf = at_hand(design, kept)
    todo = [] if shelf.recorded or options.recorded_only else missing(design, kept)
    stopped, errors = computed(design, kept, todo, options.executor, line)
    seconds = time.monotonic() - began
    if stopped:
        have = len(numbers_of(kept, design))
        result: dict[str, Any] = {"status": "cancelled", "models": have, "of": ensemble.models, "seconds": seconds}
        text = f"Stopped: {have} of {ensemble.models} models are there. The same command continues."
        return (result if options.json else text), INTERRUPTED
    if options.export:
        pack(shelf, design, Path(options.export))
    found = findings(shelf, design)
    if options.markdown:
        return to_markdown(found), FAILED if errors else 0
    if options.json:
        return as_json(found) | {"computed": len(todo), "errors": errors, "seconds": round(seconds, 3),
                                 "recorded": shelf.recorded, "about": shelf.about}, FAILED if errors else 0
    return "\n".join([*as_text(found), f"{len(todo)} models computed, {seconds:.1f} s"]), FAILED if errors else 0


def ensemble_of(options: Namespace) -> Ensemble:
    """The ensemble that the command line asks for. Raises BadSpec with every problem of its form."""
    chosen, problems = assignments(options.options, "--option")
    problems += executor_problems(options.executor)
    if problems:
        raise BadSpec(problems)
    methods = words(options.methods)
    if methods == ["all"]:
        methods = [name for name in names("method") if name != reference().name]
    return Ensemble(options.dataset, tuple(methods), options.models, options.model,
                    {name: as_number(value) for name, value in chosen.items()}, options.seed,
                    candidates=_candidates(options.candidates))


def _candidates(asked: str | None) -> int | Literal["all"] | None:
    if asked is None:
        return None
    if asked == "all":
        return "all"
    try:
        return int(asked)
    except ValueError:
        raise BadSpec([Problem.about("candidates", f"is {asked!r}, but must be a number or 'all'.")]) from None


def computed(design: Design, kept: Kept, todo: Sequence[Task], executor: str,
              line: ProgressLine) -> tuple[bool, dict[int, str]]:
    """Carries out the tasks; whether it was stopped, and what failed."""
    errors: dict[int, str] = {}
    began, ended = time.monotonic(), 0
    with ctrl_c() as cancel:
        def tell(progress: dict[str, Any]) -> None:
            left = (time.monotonic() - began) / ended * (len(todo) - ended) if ended else None
            rest = "" if left is None else f", {estimates.duration(left)} left"
            line({"stage": progress["stage"], "note": f"{ended} of {len(todo)} models{rest}"})

        for task, error in run_all(design, kept, todo, executor, Control(cancel), tell) if todo else ():
            ended += 1
            if error:
                errors[task.number] = error
                line.end()
                print(f"model {task.number} failed: {error}", file=sys.stderr)
        line.end()
        return cancel.is_set() and ended < len(todo), errors


def as_text(found: Findings) -> list[str]:
    """The evidence as a table, with what it can support."""
    head = ("", "N", "test", "population", "U-LiRA", "95%", "KLoM", "p95", "quality", "share", "")
    rows = [head, *(_cells(row) for row in (*found.rows[:2], found.attainable, *found.rows[2:]))]
    lines = [f"{name:<17}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()
             for name, *cells in rows]
    if found.cannot_tell:
        lines.append(f"U-LiRA: {CANNOT_TELL}. The retrained models themselves do not look like chance.")
    lines += [f"{name}: {reason}" for name, reason in found.failed.items()]
    return [*lines, *problems(found), *found.notes]


def _cells(row: Evidence) -> tuple[str, ...]:
    attack, klom, quality = row.ulira, row.klom, row.quality
    return (row.name, str(row.models), f"{row.test_accuracy:.1f}",
            f"{row.population.value:.3f}" if row.population else "",
            *((f"{attack.area.value:.3f}", f"{attack.area.low:.3f}-{attack.area.high:.3f}") if attack else ("", "")),
            *((f"{klom.mean:.3f}", f"{klom.percentile_95:.3f}") if klom else ("", "")),
            f"{quality.score:.3f}" if quality else "", "" if row.share is None else f"{100 * row.share:.0f}%",
            "damaged" if row.damaged else "")
