"""The command line: ``python -m engine run | list | show | pretrain | reproduce | sweep | archive``.

Progress goes to stderr; with ``--json`` stdout holds one JSON value and nothing else, whatever happens.
Exit status: 0 finished, 1 failed, 2 bad input, 130 interrupted with Ctrl-C.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from typing import Any

from engine.errors import BadInput, BadSpec, LabError
from engine.registry import names
from engine.system.files import to_json
from engine.types import PROFILES, Spec

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130
LISTS = ("datasets", "models", "scenarios", "methods", "attacks", "runs")


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are BadInput, so that they too are reported as JSON."""

    def error(self, message: str) -> Any:
        raise BadInput(f"{message[:1].upper()}{message[1:]}. Help: {self.prog} --help")


def build_parser() -> argparse.ArgumentParser:
    """All commands and options."""
    from engine.cli import archive as archive_commands
    from engine.cli import reproduce
    from engine.cli import sweep as sweep_commands

    parser = Parser(prog="python -m engine", description="Machine unlearning from the command line.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)

    run = commands.add_parser("run", help="unlearn once and measure")
    _what(run)
    run.add_argument("--method", default=Spec().method)
    run.add_argument("--scenario", default="random", help=f"{' or '.join(names('scenario'))} (default: random)")
    run.add_argument("--forget-fraction", default="0.15", metavar="F", help="0.001 to 0.6 (default: 0.15)")
    run.add_argument("--forget-class", metavar="NAME|INDEX", help="the class to forget, where the scenario takes one")
    run.add_argument("--alpha", metavar="A", help="short for --set alpha=A: a number from 0 to 1, or auto")
    run.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="assignments",
                     help="any declared hyperparameter of the method; may be repeated")
    run.add_argument("--profile", default="corrected", help=f"{' or '.join(PROFILES)} (default: corrected)")
    run.add_argument("--original-seed", default="0", help="seed of the Original (default: 0)")
    run.add_argument("--train-original", action="store_true", help="train an Original where these data have none")
    run.set_defaults(work="run")

    pretrain = commands.add_parser("pretrain", help="train an Original, or go on with a killed training")
    _what(pretrain)
    pretrain.add_argument("--out", metavar="DIR", help="also copy the Original into this folder")
    pretrain.set_defaults(work="pretrain")

    listing = commands.add_parser("list", help="what there is")
    listing.add_argument("kind", choices=LISTS)
    listing.add_argument("--recorded", action="store_true", help="runs: also those that ship with the repository")
    listing.add_argument("--json", action="store_true", help="one JSON array on stdout")
    listing.set_defaults(work="list")

    show = commands.add_parser("show", help="one run with everything that is known of it")
    show.add_argument("run", metavar="RUN")
    show.add_argument("--json", action="store_true", help="one JSON object on stdout")
    show.set_defaults(work="show")

    reproduce.add_parser(commands)
    sweep_commands.add_parser(commands)
    archive_commands.add_parser(commands)
    return parser


def _what(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--model", help="default: the data set's first model")
    parser.add_argument("--seed", default="0")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", dest="options",
                        help="an option of the data set, e.g. label_noise=0")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words
    try:
        from engine.cli import archive as archive_commands
        from engine.cli import commands, reproduce
        from engine.cli import sweep as sweep_commands

        options = build_parser().parse_args(words)
        modules = {"reproduce": reproduce, "archive": archive_commands, "sweep": sweep_commands}
        module = modules.get(options.work, commands)
        result, status = getattr(module, f"command_{options.work}")(options)
    except BadSpec as error:
        return _refuse(error.problems, as_json)
    except BadInput as error:
        from engine.runs.reasons import reason_of

        return _refuse([reason_of(error)], as_json)
    except LabError as error:
        return _say({"status": "failed", "reason": str(error)}, as_json, str(error), FAILED)
    except KeyboardInterrupt:
        return _say({"status": "cancelled", "reason": "Interrupted."}, as_json, "Interrupted.", INTERRUPTED)
    if as_json:
        _print(to_json(result))
    else:
        _print(result if isinstance(result, str) else commands.as_text(options.work, result))
    return status


def _print(text: str) -> None:
    """Prints as Unix tools do: a reader that has seen enough (``| head``) ends the program without a word."""
    before = signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    print(text, flush=True)
    signal.signal(signal.SIGPIPE, before)


def _refuse(problems: list[str], as_json: bool) -> int:
    return _say({"status": "bad_input", "problems": problems}, as_json, "\n".join(problems), BAD_INPUT)


def _say(content: dict[str, Any], as_json: bool, text: str, status: int) -> int:
    print(text, file=sys.stderr)
    if as_json:
        print(to_json({"run_id": None, **content}))
    return status
