"""``python -m engine preview``: who would be forgotten, before anything is trained."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from engine.cli.beginning import add_beginning, begun
from engine.cli.options import (
    Result,
    add_scenario,
    add_training,
    as_number,
    assignments,
    who_of,
)
from engine.system.words import plural
from engine.types import PROFILES, Spec

MOST_CLASSES = 12


def add_parser(commands: Any) -> None:
    """Adds the command to the command line's parser."""
    parser = commands.add_parser("preview", help="who would be forgotten: how many, of which classes, some to look at")
    add_training(parser)
    add_scenario(parser, Spec().scenario)
    parser.add_argument("--profile", default=PROFILES[0], help=f"{' or '.join(PROFILES)} (default: {PROFILES[0]})")
    add_beginning(parser)
    parser.set_defaults(work=command)


def command(options: Namespace) -> Result:
    """Chooses as a run would and says who it is; trains nothing."""
    from engine.preview import preview

    found = preview(_spec_of(options))
    return found.to_json() if options.json else _text(found), 0


def _spec_of(options: Namespace) -> Spec:
    chosen, texts = assignments(options.options, "--option")
    who = who_of(options)
    spec = Spec(dataset=options.dataset, model=options.model, seed=as_number(options.seed), profile=options.profile,
                options={name: as_number(value) for name, value in chosen.items()}, **who.fields)
    spec, problems = begun(spec, options)
    return who.spec(spec, [*texts, *who.problems, *problems])


def _text(found: Any) -> str:
    sizes, classes = found.sizes, list(found.classes.items())
    compared = "test samples" if sizes.unseen is None else "held-out samples chosen alike"
    lines = [f"{sizes.forget:,} of {sizes.train:,} training samples of {found.resolved.dataset.title} "
             f"({100 * sizes.forget_fraction:.1f}%); the attack compares with {sizes.nonmembers:,} {compared}.",
             "", "By class: " + ", ".join(f"{name}: {chosen:,} of {total:,}"
                                         for name, (chosen, total) in classes[:MOST_CLASSES])
             + (f" and {len(classes) - MOST_CLASSES} more" if len(classes) > MOST_CLASSES else "") + ".",
             "", f"{len(found.shown)} {plural(len(found.shown), 'sample')} of them:"]
    lines += [f"  {one.sample:>6}  {one.label:<16} {one.text or ''}".rstrip() for one in found.shown]
    return "\n".join(lines)
