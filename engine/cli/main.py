"""The command line: ``python -m engine run | compare | sweep | reproduce | list | show | ...``.

Progress goes to stderr; with ``--json`` stdout holds one JSON value and nothing else, whatever happens.
Exit status: 0 finished, 1 failed, 2 bad input, 130 interrupted with Ctrl-C, or asked to end by SIGTERM.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from engine.cli import streams
from engine.cli.signals import like_ctrl_c
from engine.errors import BadInput, BadSpec, LabError
from engine.system import logs
from engine.system.files import to_json
from engine.system.read_only import refuse
from engine.system.sentences import sentence

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130
GIVEN = "_given"  # in a namespace: the options that were read so far
COMMANDS = ("run", "preview", "pretrain", "import_original", "listing", "roc", "relearn", "compare", "compare_models",
            "correct", "reproduce", "sweep", "tune", "front", "ensemble", "memorisation", "leave_one_out", "requests",
            "archive", "export_weights", "tag", "delete", "own_data",
            "health")  # a module each, in the order of the help

OF_SEVERAL = {"list": "listing", "show": "listing", "add-dataset": "own_data", "export-dataset": "own_data",
              "remove-dataset": "own_data"}  # the commands that share a module; others are named as theirs is
READING = ("preview", "health", "list", "show", "roc", "export-dataset", "export-weights", "archive export",
           "archive excerpt")


class Once(argparse.Action):
    """Stores an option's value; an option that is given twice is an error, since one of the values would be lost."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any,
                 option_string: str | None = None) -> None:
        given = vars(namespace).setdefault(GIVEN, set())
        if option_string and self.dest in given:
            parser.error(f"{option_string} is given twice: give it once")
        given.add(self.dest)
        setattr(namespace, self.dest, values)


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are BadInput, so that they too are reported as JSON."""

    def __init__(self, **how: Any):
        super().__init__(**{"allow_abbrev": False, **how})
        for usual in (None, "store"):
            self.register("action", usual, Once)

    def error(self, message: str) -> Any:
        raise BadInput(f"{message[:1].upper()}{message[1:]}. Help: {self.prog} --help")


def build_parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """All commands and options; of words that begin with a command's name that one alone, which is sooner imported."""
    parser = Parser(prog="python -m engine", description="Machine unlearning from the command line.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)
    for name in _needed(words):
        import_module(f"engine.cli.{name}").add_parser(commands)
    return parser


def _needed(words: Sequence[str]) -> Sequence[str]:
    """The modules of COMMANDS that such a command line needs."""
    asked = words[0] if words else ""
    module = OF_SEVERAL.get(asked, asked.replace("-", "_"))
    return (module,) if module in COMMANDS and asked not in OF_SEVERAL.values() and "_" not in asked else COMMANDS


def reads_only(options: argparse.Namespace) -> bool:
    """Whether a command changes nothing in the home folder: what a process that only shows may do."""
    command = " ".join(filter(None, (options.command, getattr(options, "action", None))))
    return command in READING or getattr(options, "recorded_only", None) not in (None, False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit status."""
    status: int
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words
    if arguments is None:
        streams.begin()
    logs.begin()
    try:
        with like_ctrl_c():
            _check_folder()
            options = build_parser(words).parse_args(words)
            if not reads_only(options):
                refuse()
            result, status = options.work(options)
    except BadSpec as error:
        return _refuse(error.problems, as_json)
    except BadInput as error:
        from engine.runs.reasons import reason_of

        return _refuse([reason_of(error)], as_json)
    except LabError as error:
        return _say({"status": "failed", "reason": str(error)}, as_json, str(error), FAILED)
    except Exception as error:  # nobody raised it on purpose
        said = sentence(error)
        return _say({"status": "failed", "reason": said}, as_json, said, FAILED)
    except KeyboardInterrupt:
        return _say({"status": "cancelled", "reason": "Interrupted."}, as_json, "Interrupted.", INTERRUPTED)
    return status if _print(result if isinstance(result, str) else to_json(result)) else FAILED


def _check_folder() -> None:
    """Raises BadInput where the working folder was removed: libraries of torch would end the process at once."""
    try:
        os.getcwd()
    except FileNotFoundError:
        raise BadInput("The folder that this command was started in was removed: change to another one.") from None


def _print(text: str) -> bool:
    """Prints as Unix tools do: a reader that has seen enough (``| head``) ends the program without a word.

    Whether it could: where the output is a file on a full disk, a sentence on stderr names the reason.
    """
    before = signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        print(_printable(text), flush=True)
    except OSError as error:
        streams.leave_stdout()
        print(f"The result cannot be written to standard output ({error.strerror}): write it elsewhere.",
              file=sys.stderr)
        return False
    finally:
        signal.signal(signal.SIGPIPE, before)
    return True


def _printable(text: str) -> str:
    """The text in signs that the console has: JSON by its own escapes, else with question marks."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        with contextlib.suppress(ValueError):
            return json.dumps(json.loads(text))
        return text.encode(encoding, "replace").decode(encoding)
    return text


def _refuse(problems: Sequence[str], as_json: bool) -> int:
    return _say({"status": "bad_input", "problems": problems}, as_json, "\n".join(problems), BAD_INPUT)


def _say(content: dict[str, Any], as_json: bool, text: str, status: int) -> int:
    print(text, file=sys.stderr)
    if as_json:
        _print(to_json({"run_id": None, **content}))
    return status
