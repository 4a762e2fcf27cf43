"""``python -m engine leave-one-out``: retrains without each sample, so that memorisation is measured, not estimated.

For small data whose network trains in a second or less, such as points. Nothing is kept: Ctrl-C ends it.
"""

from __future__ import annotations

import time
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from engine.cli.options import Result, add_json, add_option, as_number, assignments
from engine.cli.terminal import ProgressLine, ctrl_c
from engine.errors import BadInput, BadSpec, Cancelled
from engine.spec import resolve
from engine.types import Spec

if TYPE_CHECKING:
    from engine.data.base import Data
    from engine.spec import Resolved
    from engine.studies.leave_one_out import LeftOut

SAMPLES, REPEATS, SHOWN = 60, 3, 10


def add_parser(commands: Any) -> None:
    """Adds the command to the command line's parser."""
    parser = commands.add_parser("leave-one-out", help="retrain without each sample: exact memorisation of small data")
    parser.add_argument("--dataset", default="moons", help="default: moons, whose network trains in a second")
    parser.add_argument("--model", help="default: the data set's first model")
    parser.add_argument("--samples", type=int, default=SAMPLES,
                        help="how many training samples, the first ones (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=REPEATS,
                        help="how often everything is trained, with a seed each (default: %(default)s)")
    parser.add_argument("--estimator", type=int, default=0, metavar="MODELS",
                        help="also estimate the same from so many models on random two thirds (default: none)")
    add_option(parser)
    add_json(parser, "object")
    parser.set_defaults(work=command)


def command(options: Namespace) -> Result:
    """Trains repeats * (samples + 1) networks and says what each sample is worth. Raises BadInput or Cancelled."""
    import torch

    from engine.originals.workbench import load_data
    from engine.studies.leave_one_out import estimated, first_of, leave_one_out
    from engine.system.device import prepare

    resolved, began, line = _resolved(options), time.monotonic(), ProgressLine()
    prepare(torch.device("cpu"), resolved.dataset.threads)
    data = first_of(load_data(resolved.dataset, resolved.options, torch.device("cpu"), model=resolved.model),
                    options.samples)
    with ctrl_c() as cancel:

        def report(text: str, fraction: float | None) -> None:
            if cancel.is_set():
                raise Cancelled("Stopped: nothing of it is kept.")
            spent = time.monotonic() - started
            line({"stage": text, "fraction": fraction,
                  "note": f"{spent / fraction - spent:,.0f} s left" if fraction else ""})

        started = time.monotonic()  # the estimate first: too few models are refused before the long part
        estimate = estimated(data, resolved.model, resolved.recipe, options.estimator, report=report).score if (
            options.estimator) else None
        started = time.monotonic()
        exact = leave_one_out(data, resolved.model, resolved.recipe, range(options.repeats), report)
    line.end()
    found = _found(resolved, data, exact, estimate) | {"seconds": round(time.monotonic() - began, 3)}
    return found if options.json else _text(found), 0


def _resolved(options: Namespace) -> Resolved:
    chosen, problems = assignments(options.options, "--option")
    if problems:
        raise BadSpec(problems)
    if options.repeats < 1:
        raise BadInput(f"--repeats is {options.repeats}, but everything has to be trained at least once.")
    if options.estimator and options.estimator < 2:
        raise BadInput(f"--estimator is {options.estimator}, but an estimate needs at least 2 models.")
    spec = Spec(options.dataset, model=options.model,
                options={name: as_number(value) for name, value in chosen.items()})
    return resolve(spec)


def _found(resolved: Resolved, data: Data, exact: LeftOut, estimate: Any) -> dict[str, Any]:
    """Every number: of each sample, of each on each other, and in short."""
    from engine.studies.leave_one_out_numbers import figures

    labels, wrong = data.train.labels.tolist(), data.manipulated.tolist()
    samples = [{"sample": at, "class": data.classes[labels[at]], "wrong_label": wrong[at],
                "memorisation": round(float(exact.memorisation[at]), 4), "error": _number(exact.error[at]),
                "estimate": None if estimate is None else _number(estimate[at])} for at in range(len(labels))]
    return {"status": "finished", "dataset": resolved.spec.dataset, "model": resolved.spec.model,
            "options": dict(resolved.options), "repeats": len(exact.whole),
            "trainings": len(exact.whole) * (len(labels) + 1),
            "summary": figures(exact, data.manipulated.numpy(), estimate), "samples": samples,
            "influences": exact.influence.round(4).tolist()}


def _number(value: Any) -> float | None:
    """Rounded; None for what is no number, such as the error of a single training."""
    return None if value != value else round(float(value), 4)


def _text(found: dict[str, Any]) -> str:
    """The samples that are memorised most, and what an attack and an estimate make of it."""
    first = sorted(found["samples"], key=lambda one: (-one["memorisation"], one["sample"]))[:SHOWN]
    exact, attack, estimator = (found["summary"][name] for name in ("exact", "attack", "estimator"))
    lines = [f"sample {one['sample']:>6}  {one['memorisation']:+.3f}{_error(one)}  {one['class']}"
             f"{'  (its label is wrong)' if one['wrong_label'] else ''}" for one in first]
    lines += [f"{found['trainings']:,} trainings in {found['seconds']:.0f} s; mean {exact['mean']:+.3f}: what training "
              "on a sample adds to the probability of its label."]
    if exact["wrong"] is not None:
        lines.append(f"With a wrong label {exact['wrong']:.3f}, with a true one {exact['right']:.3f}.")
    lines.append(f"The loss attack's ROC area is {attack['most_memorised']:.3f} for the most memorised third, "
                 f"{attack['least_memorised']:.3f} for the least.")
    if estimator:
        alike = estimator["rank_correlation"]
        lines.append(f"The estimate from models on two thirds ranks them alike by {'-' if alike is None else alike} "
                     f"(1: the same order), and is off by {estimator['mean_difference']:+.3f} on average.")
    return "\n".join(lines)


def _error(one: dict[str, Any]) -> str:
    return "" if one["error"] is None else f" +- {1.96 * one['error']:.3f}"
