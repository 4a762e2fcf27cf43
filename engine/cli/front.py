"""``python -m engine front``: methods over their own knobs, utility against privacy, and each one's hypervolume.

Resumable: finished runs are used and the rest is computed, on all cores. A run that fails is reported with its reason.
"""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from engine.cli.computing import say_aside, whole, words
from engine.cli.options import Result, add_executor, as_number
from engine.cli.terminal import ProgressLine, ctrl_c
from engine.errors import BadSpec
from engine.registry import current_name
from engine.runs import estimates, leftovers
from engine.runs.executors import EXECUTORS, Control
from engine.runs.here import heartbeat
from engine.runs.store import Store, open_store
from engine.spec import Resolved
from engine.studies.front import Volume
from engine.studies.front_runs import Front, FrontAsked, front, todo
from engine.studies.intensity import with_a_knob
from engine.studies.job import executor_problems
from engine.studies.notes import method_title
from engine.types import PROFILES, Spec

FAILED, INTERRUPTED = 1, 130


def add_parser(commands: Any) -> None:
    """Adds the command to the command line's parser."""
    parser = commands.add_parser("front", help="utility against privacy: methods over their knobs, hypervolume")
    parser.add_argument("--dataset", default=Spec().dataset)
    parser.add_argument("--model", help="default: the data set's first model")
    parser.add_argument("--methods", nargs="+", help="separated by spaces or commas (default: all that declare a knob)")
    parser.add_argument("--seeds", nargs="+", default=["0", "1", "2"], help="default: 0 1 2")
    parser.add_argument("--forget-fraction", default=str(Spec().fraction), help="of the training set")
    parser.add_argument("--attack", help="whose area says what privacy is left (default: the first)")
    parser.add_argument("--corner", nargs=2, metavar=("UTILITY", "PRIVACY"), default=["0", "0"],
                        help="the hypervolume's reference point; a stricter one zooms in (default: 0 0)")
    parser.add_argument("--profile", default=PROFILES[0], help=f"{' or '.join(PROFILES)} (default: {PROFILES[0]})")
    parser.add_argument("--recorded-only", action="store_true", help="compute nothing; use only existing runs")
    add_executor(parser)
    parser.add_argument("--train-original", action="store_true", help="train an Original if none exists for these data")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    shape.add_argument("--markdown", action="store_true", help="print Markdown tables on stdout")
    parser.set_defaults(work=command)


def command(options: Namespace) -> Result:
    """Computes what is missing; returns the points, the front and the hypervolumes. Raises BadSpec."""
    asked, store, status = asked_for(options), open_store(), 0
    if not options.recorded_only:
        status = _carry_out(todo(asked, store), store, options)
    found = front(asked, store)
    return (found.to_json() if options.json else (to_markdown if options.markdown else to_text)(found)), status


def asked_for(options: Namespace) -> FrontAsked:
    """The study with present names; raises BadSpec with every problem."""
    methods = words(options.methods or [method.name for method in with_a_knob()])
    attack = {"attack": current_name("attack", options.attack)} if options.attack else {}
    corner = as_number(options.corner[0]), as_number(options.corner[1])
    asked = FrontAsked(current_name("dataset", options.dataset), tuple(current_name("method", one) for one in methods),
                       tuple(whole(as_number(seed)) for seed in words(options.seeds)),
                       as_number(options.forget_fraction), options.profile, options.model, corner=corner, **attack)
    problems: list[Any] = executor_problems(options.executor)
    try:
        asked = asked.checked()
    except BadSpec as error:
        problems += error.problems
    if problems:
        raise BadSpec(problems)
    return asked


def _carry_out(missing: Sequence[Resolved], store: Store, options: Namespace) -> int:
    """Runs what is missing; the exit status."""
    leftovers.settle(store)
    failed, ended, began = 0, 0, time.monotonic()
    with ctrl_c() as cancel, heartbeat(store):
        line = ProgressLine()

        def tell(progress: dict[str, Any]) -> None:
            left = (time.monotonic() - began) / ended * (len(missing) - ended) if ended else None
            note = f"{ended} of {len(missing)} done" + ("" if left is None else f", {estimates.duration(left)} left")
            line({"stage": progress["stage"], "note": note})

        run_all = EXECUTORS[options.executor].run_all
        for at, run in run_all(missing, store, options.train_original, Control(cancel), tell):
            ended += 1
            if run.status == "failed":
                failed += 1
                line.end()
                spec = missing[at].spec
                say_aside(f"{spec.method}, seed {spec.seed}, {dict(spec.parameters)}: failed: {run.reason}")
        line.end()
        return INTERRUPTED if cancel.is_set() else FAILED if failed else 0


def to_text(found: Front) -> str:
    """Two tables: the points on the front, and the hypervolumes."""
    lines = [f"{'on the front':<20} {'setting':<28} {'utility':>8} {'privacy':>8}"]
    lines += [f"{one.method:<20} {one.setting:<28} {one.mean[0]:>8.3f} {one.mean[1]:>8.3f}" for one in found.best]
    lines += [f"{'retrained':<20} {f'seed {seed}, attainable':<28} {x:>8.3f} {y:>8.3f}"
              for seed, (x, y) in found.retrained.items()]
    lines += ["", f"{'hypervolume':<20} {'settings':>8} {'apart':>8} {'naive':>8} {'optimism':>8}"]
    rows = {"all": found.whole, **found.volumes()} if found.configurations else {}
    lines += [f"{name:<20} {len(found.of(name)) or len(found.configurations):>8} {_volume(one)}"
              for name, one in rows.items()]
    if found.missing:
        lines.append(f"{found.missing} runs are missing or failed: settings without all seeds are left out.")
    return "\n".join(lines)


def to_markdown(found: Front) -> str:
    """The same as Markdown, with the methods' titles."""
    rows = [(method_title(one.method), one.setting, f"{one.mean[0]:.3f}", f"{one.mean[1]:.3f}") for one in found.best]
    rows += [("*retrained*", f"seed {seed}, attainable", f"{x:.3f}", f"{y:.3f}") for seed, (x, y) in
             found.retrained.items()]
    volumes = {"*all together*": (len(found.configurations), found.whole)} if found.configurations else {}
    volumes |= {method_title(name): (len(found.of(name)), one) for name, one in found.volumes().items()}
    areas = [(name, str(settings), *("-" if value is None else f"{value:.3f}" for value in
                                     (one.apart, one.naive, one.optimism)))
             for name, (settings, one) in volumes.items()]
    return "\n\n".join([_markdown(("On the front", "setting", "utility", "privacy"), rows),
                        _markdown(("Hypervolume", "settings", "measured apart", "as it looks", "optimism"), areas)])


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first two columns are text."""
    ruler = ["---", "---", *(["---:"] * (len(head) - 2))]
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, ruler, *rows))


def _volume(one: Volume) -> str:
    apart, optimism = ("" if value is None else f"{value:.3f}" for value in (one.apart, one.optimism))
    return f"{apart:>8} {one.naive:>8.3f} {optimism:>8}"

