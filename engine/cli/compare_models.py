"""``python -m engine compare-models``: a finished run's model beside retrained ones, prediction by prediction."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from engine.cli.options import Result, add_json
from engine.cli.terminal import ProgressLine
from engine.runs import library
from engine.runs.store import open_store


def add_parser(commands: Any) -> None:
    """Adds the command to the command line's parser."""
    parser = commands.add_parser("compare-models", help="how alike a run's model is to a retrained one")
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--no-attainable", action="store_true",
                        help="train no second retrained model, which says what is attainable")
    add_json(parser, "object")
    parser.set_defaults(work=command)


def command(options: Namespace) -> Result:
    """The measures of likeness of one run; raises UnknownRun, and BadInput where its models cannot be made here."""
    from engine.originals.checkpoints import open_checkpoints
    from engine.studies.likeness import likeness

    line, store = ProgressLine(), open_store()
    run = library.get(options.run, store).run
    try:
        found = likeness(run, store, open_checkpoints(), not options.no_attainable,
                         lambda text, fraction: line({"stage": text, "fraction": fraction}))
    finally:
        line.end()
    return found.to_json() if options.json else _text(found), 0


def _text(found: Any) -> str:
    lines = [f"Run {found.run_id}"]
    for name, one in found.sets.items():
        lines.append(f"{name}, {one.count:,} samples")
        for pair, agreed in one.agreement.items():
            kappa = "" if agreed.kappa is None else f", kappa {agreed.kappa:.3f}"
            lines.append(f"  {pair.replace('_', ' and ')}: agreement {agreed.share:.1f}%{kappa}, divergence "
                         f"{one.jsd[pair]:.4f} nats, CKA of the last layer {_last(one.cka[pair])}")
        lines += [f"  {note}" for note in one.notes]
    return "\n".join([*lines, *found.notes])


def _last(layers: dict[str, float | None]) -> str:
    value = list(layers.values())[-1] if layers else None
    return "unknown" if value is None else f"{value:.3f}"
