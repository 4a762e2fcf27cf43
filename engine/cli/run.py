"""``python -m engine run``: unlearn once and measure."""

from __future__ import annotations

import sys
from argparse import BooleanOptionalAction, Namespace
from typing import Any

from engine.checks import checked
from engine.cli.beginning import add_beginning, begun
from engine.cli.options import (
    Result,
    add_scenario,
    add_training,
    as_number,
    assignments,
    who_of,
)
from engine.cli.terminal import ProgressLine, ctrl_c
from engine.cli.text import run_text
from engine.errors import BadSpec, Problem
from engine.registry import all_of, current_name, names
from engine.runs import leftovers
from engine.runs.here import heartbeat, run_here
from engine.runs.records import Run, described
from engine.runs.store import open_store
from engine.spec import resolve
from engine.studies.remedy import remedy
from engine.studies.repeat import reference_command
from engine.types import PROFILES, Spec

EXIT = {"finished": 0, "cancelled": 130}
SEEDS = {"forget": "the forget set and the test/validation halves", "unlearning": "the method",
         "evaluation": "chance ranges and the attacks' shuffles"}


def add_parser(commands: Any) -> None:
    """Adds the command to the command line's parser."""
    run = commands.add_parser("run", help="unlearn once and measure")
    add_training(run)
    run.add_argument("--method", default=Spec().method)
    add_scenario(run, Spec().scenario)
    run.add_argument("--alpha", metavar="A", help="short for --set alpha=A: a number from 0 to 1, or auto")
    run.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="assignments",
                     help="set any declared hyperparameter of the method; may be repeated")
    run.add_argument("--profile", default="corrected", help=f"{' or '.join(PROFILES)} (default: corrected)")
    add_beginning(run)
    for name, what in SEEDS.items():
        run.add_argument(f"--{name}-seed", metavar="N", help=f"seed of {what} (default: --seed)")
    run.add_argument("--train-original", action="store_true", help="train an Original if none exists for these data")
    run.add_argument("--keep-weights", action=BooleanOptionalAction, default=None,
                     help="keep the unlearned weights with the run, of any size or never (default: up to 5 MB)")
    run.set_defaults(work=command)


def command(options: Namespace) -> Result:
    """Records a run, carries it out in this process and describes it."""
    resolved = resolve(_spec_of(options))
    store = open_store()
    leftovers.settle(store)
    with ctrl_c() as cancel, heartbeat(store):
        run = run_here(resolved, store, options.train_original, cancel, ProgressLine(),
                       keep_weights=options.keep_weights)
    if run.notice:
        print(run.notice, file=sys.stderr)
    result = described(run)
    text = "\n".join([run_text(result), *filter(None, [remedy(run)]), *to_compare(run)])
    return result if options.json else text, EXIT.get(run.status, 1)


def to_compare(run: Run) -> list[str]:
    """The way to the retrained model, where a finished run has none beside it yet."""
    if not run.finished or run.is_reference or not run.metrics or run.metrics.retrained:
        return []
    return ["Next, to see what a model that never saw the forget set does: "
            f"{reference_command(run.spec)}"]


def _spec_of(options: Namespace) -> Spec:
    parameters, problems = assignments(options.assignments, "--set")
    parameters = {name: as_number(value) for name, value in parameters.items()}
    chosen, more = assignments(options.options, "--option")
    who = who_of(options)
    problems += [*more, *who.problems]
    if options.alpha is not None:
        owners = [method.name for method in with_alpha()]
        method = current_name("method", options.method)
        if method in names("method") and method not in owners:
            problems.append(f"--alpha belongs to {' and '.join(owners)}, not to {options.method}.")
        elif "alpha" in parameters:
            problems.append("--alpha and --set alpha are both given: give one of them.")
        elif method in owners:
            parameters["alpha"] = as_number(options.alpha)
        else:  # the method is unknown; its alpha can be judged all the same
            problems += _alpha_problems(as_number(options.alpha))
    seeds: dict[str, Any] = {f"{name}_seed": as_number(text) for name in SEEDS
                             if (text := getattr(options, f"{name}_seed")) is not None}
    spec = Spec(dataset=options.dataset, method=options.method, model=options.model, profile=options.profile,
                seed=as_number(options.seed),
                parameters=parameters, **who.fields,
                options={name: as_number(value) for name, value in chosen.items()}, **seeds)
    spec, more = begun(spec, options)
    problems += more
    return who.spec(spec, problems)


def with_alpha() -> list[Any]:
    """The methods that ``--alpha`` belongs to; others' hyperparameters of that name are ``--set alpha=A``."""
    return [method for method in all_of("method") if method.knob and method.knob.name == "alpha"]


def _alpha_problems(value: Any) -> list[Problem]:
    """What is wrong with a value for ``--alpha``, whatever the method."""
    try:
        checked(with_alpha()[0].knob, value)
    except BadSpec as error:
        return error.problems
    return []
