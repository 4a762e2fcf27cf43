"""``python -m engine requests``: forget in parts, one request after another. Does what was forgotten stay forgotten?"""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from engine.cli.computing import words
from engine.cli.options import Result, add_training, as_number, assignments
from engine.cli.terminal import ProgressLine, ctrl_c
from engine.errors import BadSpec
from engine.originals.checkpoints import open_checkpoints
from engine.registry import get
from engine.types import Spec

if TYPE_CHECKING:
    from engine.studies.requests import OfMethod, Requests
    from engine.studies.requests_numbers import OrderGap


def add_parser(commands: Any) -> None:
    """Adds the command to the command line's parser."""
    parser = commands.add_parser("requests", help="forget in parts, one request after another")
    add_training(parser)
    parser.add_argument("--methods", nargs="+", default=[Spec().method], metavar="METHOD",
                        help="methods to carry them out by (default: %(default)s)")
    parser.add_argument("--parts", type=int, default=5, help="how many requests (default: %(default)s)")
    parser.add_argument("--orders", type=int, default=3, help="orders of the requests to try (default: %(default)s)")
    parser.add_argument("--forget-fraction", default="0.15", metavar="F", help="of all together (default: 0.15)")
    parser.add_argument("--original-seed", default="0", help="seed of the Original (default: 0)")
    parser.add_argument("--original", metavar="NAME", help="forget from the Original that was imported under this name")
    parser.add_argument("--train-original", action="store_true", help="train an Original if none exists for these data")
    parser.set_defaults(work=command)


def command(options: Namespace) -> Result:
    """Carries out the study. Raises BadInput or Cancelled."""
    from engine.studies.requests import Asked, requests

    chosen, problems = assignments(options.options, "--option")
    if problems:
        raise BadSpec(problems)
    spec = Spec(dataset=options.dataset, model=options.model, forget_fraction=as_number(options.forget_fraction),
                seed=as_number(options.seed), original_seed=as_number(options.original_seed),
                original=options.original, options={name: as_number(value) for name, value in chosen.items()})
    asked, line = Asked(spec, tuple(words(options.methods)), options.parts, options.orders).checked(), ProgressLine()
    with ctrl_c() as cancel:
        found = requests(asked, open_checkpoints(), options.train_original,
                         lambda text, fraction: line({"stage": text, "fraction": fraction}), cancel)
    line.end()
    for notice in found.notices:
        print(notice, file=sys.stderr)
    return found.to_json() if options.json else "\n\n".join(
        _text(name, one, found) for name, one in found.methods.items()), 0


def _text(name: str, found: OfMethod, whole: Requests) -> str:
    """The triangle of one method and what it comes to."""
    course, count = found.course, len(whole.sizes)
    head = f"{get('method', name).title}: {count} requests of {', '.join(map(str, whole.sizes))} samples"
    lines = [f"{head}. Accuracy on each (retrained):",
             " " * 18 + "".join(f"{f'request {number}':>16}" for number in range(1, count + 1))]
    for row in range(count + 1):
        cells = (f"{course.triangle.accuracy[row][at]:.1f} ({course.triangle.accuracy_retrained[row][at]:.1f})"
                 for at in range(count))
        lines.append(f"{f'after request {row}' if row else 'Original':<18}" + "".join(f"{cell:>16}" for cell in cells))
    return "\n".join([*lines, *_conclusions(found)])


def _conclusions(found: OfMethod) -> list[str]:
    course, gap = found.course, found.gap
    back = [f"request {one.request} {one.points:+.1f} ({one.low:+.1f} to {one.high:+.1f}"
            f"{', beyond chance' if one.beyond_chance else ''})" for one in course.reversals]
    return [f"Came back after later requests, beyond retraining (chance range): {'; '.join(back)}.",
            f"Below the retrained model on what is kept: {_points(course.erosion)}; on the test set: "
            f"{_points(course.erosion_test)}.",
            f"In parts less at once, over {gap.orders} orders: {_gap(gap)}; {found.samples_in_parts:,} samples instead "
            f"of {found.samples_at_once:,}{_budget(found)}."]


def _gap(gap: OrderGap) -> str:
    span = f"{gap.forgotten[1]:+.1f} to {gap.forgotten[2]:+.1f}"
    return (f"{gap.forgotten[0]:+.1f} points on what was forgotten ({span}), {gap.kept[0]:+.1f} on what is kept, "
            f"{gap.test[0]:+.1f} on the test set")


def _budget(found: OfMethod) -> str:
    """How everything at once got the same budget, and the gap without."""
    if not found.at_once:
        return ""
    settings = ", ".join(f"{name}={value}" for name, value in found.at_once.items())
    return (f" (at once with {settings}, for the same budget; with the ordinary one of {found.samples_usual:,} samples "
            f"{_gap(found.usual_gap)})")


def _points(values: list[float]) -> str:
    return ", ".join(f"{value:+.1f}" for value in values)
