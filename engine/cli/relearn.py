"""``python -m engine relearn``: does what a run forgot come back on retain data?"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from engine.cli.computing import words
from engine.cli.options import Result, add_json
from engine.cli.terminal import ProgressLine, ctrl_c
from engine.errors import BadInput
from engine.originals.checkpoints import open_checkpoints
from engine.runs import library
from engine.runs.store import open_store

if TYPE_CHECKING:
    from engine.studies.relearn_numbers import Relearned, Settings

V = TypeVar("V")


def add_parser(commands: Any) -> None:
    """Adds the command to the command line's parser."""
    parser = commands.add_parser("relearn", help="fine-tune a finished run's model on retain data: is it only hidden?")
    parser.add_argument("run", metavar="RUN", nargs="?")
    parser.add_argument("--forgotten", nargs="+", metavar="K",
                        help="forgotten samples to show beside the retain data, a curve each (default: 0 10)")
    parser.add_argument("--seeds", nargs="+", metavar="SEED", help="orders of the batches (default: 0 1 2)")
    parser.add_argument("--rates", nargs="+", metavar="RATE",
                        help="learning rates (default: a tenth, once and ten times the published unlearning rate)")
    parser.add_argument("--no-second", action="store_true",
                        help="retrain no second model, which shows what is attainable")
    shape = parser.add_mutually_exclusive_group()
    add_json(shape, "object")
    shape.add_argument("--markdown", action="store_true", help="with --recorded-only: print a table, a row a run")
    parser.add_argument("--recorded-only", type=int, metavar="SEED", nargs="?", const=0,
                        help="relearn nothing: what ships about runs of this seed (default: 0)")
    parser.set_defaults(work=command)


def command(options: Namespace) -> Result:
    """Relearns a run; raises UnknownRun, BadInput, BadCheckpoint or Cancelled."""
    if options.recorded_only is not None:
        return _recorded(options)
    if options.markdown or options.run is None:
        raise BadInput("RUN is missing: name a finished run. --markdown is for --recorded-only.")
    from engine.studies.relearn import relearn
    from engine.studies.relearn_kept import default_settings

    settings, store, line = _settings(options), open_store(), ProgressLine()
    run = library.get(options.run, store).run
    if options.forgotten is None and run.finished:
        settings = replace(settings, forgotten=default_settings(run).forgotten)
    with ctrl_c() as cancel:
        found = relearn(run, store, open_checkpoints(), settings, cancel=cancel,
                        report=lambda text, fraction: line({"stage": text, "fraction": fraction}))
    line.end()
    for notice in found.notices:
        print(notice, file=sys.stderr)
    return found.to_json() if options.json else _text(found), 0


def _recorded(options: Namespace) -> Result:
    """What ships. Raises BadInput where a run is named as well, or nothing ships."""
    from engine.studies.relearn_table import shipped_rows, to_markdown

    if options.run is not None:
        raise BadInput(f"RUN is {options.run}, but --recorded-only takes all runs that ship: leave one of them out.")
    rows = shipped_rows(options.recorded_only)
    if not rows:
        raise BadInput(f"--recorded-only is {options.recorded_only}, but nothing ships about runs of this seed.")
    return ([row.found.to_json() | {"method": row.spec.method, "seed": row.spec.seed} for row in rows] if options.json
            else to_markdown(rows)), 0


def _settings(options: Namespace) -> Settings:
    from engine.studies.relearn_numbers import Settings

    default = Settings()
    return Settings(forgotten=_values(options.forgotten, int, "--forgotten") or default.forgotten,
                    seeds=_values(options.seeds, int, "--seeds") or default.seeds,
                    rates=_values(options.rates, float, "--rates") or None, second=not options.no_second)


def _values(texts: Sequence[str] | None, kind: Callable[[str], V], flag: str) -> tuple[V, ...]:
    """The numbers of a flag, separated by spaces or by commas; raises BadInput for what is none."""
    found = []
    for word in words(texts or ()):
        try:
            found.append(kind(word))
        except ValueError:
            what = "a whole number" if kind is int else "a number"
            raise BadInput(f"{flag} is {word!r}, but must be {what}.") from None
    return tuple(found)


def _text(found: Relearned) -> str:
    from engine.studies.relearn_numbers import TITLES, WHO

    lines = [found.said(), f"Accuracy on the {found.held_back:,} forgotten samples held back, by step "
             f"({', '.join(map(str, found.settings.steps))}):"]
    for count in found.settings.forgotten:
        worst = found.worst(count)
        if worst is None:
            continue
        lines.append(f"{count:,} forgotten samples shown, rate {worst.rate:g}, at which most comes back:")
        for who in WHO:
            if values := found.curve(who, worst.rate, count):
                lines.append(f"  {TITLES[who]:<24}" + " ".join(f"{value:6.1f}" for value in values))
        lines.append(f"  mean above retrained {worst.aurc:+.1f} points"
                     + ("" if worst.attainable is None else f", a second retrained model {worst.attainable:+.1f}")
                     + f"; steps to half of the gap: {'-' if worst.half is None else worst.half}")
    return "\n".join([*lines, *found.left_out.values()])
