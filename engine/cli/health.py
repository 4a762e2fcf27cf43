"""``python -m engine health``: whether the store answers and the queue moves."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from typing import Any

from engine.cli.options import Result, add_json
from engine.runs.health import PATIENCE, health

SICK = 1


def add_parser(commands: Any) -> None:
    """Adds the command to the command line's parser."""
    parser = commands.add_parser("health", help="say whether the store answers and the queue moves (exit status 1 "
                                                "where not)")
    parser.add_argument("--patience", type=_seconds, default=PATIENCE, metavar="SECONDS",
                        help=f"how long a run may wait while nobody works (default: {PATIENCE:.0f})")
    add_json(parser, "object")
    parser.set_defaults(work=command)


def command(options: Namespace) -> Result:
    """The health of the lab; status 1 where it is not well."""
    found = health(options.patience)
    return asdict(found) if options.json else found.reason, 0 if found.healthy else SICK


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise ValueError
    return value
