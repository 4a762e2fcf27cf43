"""Options that several commands share, and how their values are read."""

from __future__ import annotations

import contextlib
from typing import Any

from engine.runs.executors import EXECUTORS

Result = tuple[Any, int]  # what a command prints (text, or with --json a value), and its exit status


def add_training(parser: Any) -> None:
    """The options that choose data, a model and a seed."""
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--model", help="default: the data set's first model")
    parser.add_argument("--seed", default="0")
    add_option(parser)
    add_json(parser, "object")


def add_option(parser: Any) -> None:
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", dest="options",
                        help="set an option of the data set, e.g. label_noise=0")


def add_executor(parser: Any) -> None:
    parser.add_argument("--executor", default="local", help=f"{' or '.join(EXECUTORS)} (default: local)")


def add_json(parser: Any, what: str) -> None:
    parser.add_argument("--json", action="store_true", help=f"print one JSON {what} on stdout")


def assignments(pairs: list[str], flag: str) -> tuple[dict[str, Any], list[str]]:
    """Values by name from ``NAME=VALUE`` texts, and what is wrong with them."""
    values, problems = {}, []
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if equals and name:
            values[name.strip()] = value.strip()
        else:
            problems.append(f"{flag} {pair!r} is not of the form NAME=VALUE.")
    return values, problems


def as_number(text: str) -> Any:
    """The number a text spells, or the text itself, which the spec's check will name."""
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return kind(text)
    return text
