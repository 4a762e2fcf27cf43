"""Where a run begins, on the command line: a trained Original, an imported one, or where another run ended."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from typing import Any

from engine import chain
from engine.cli.options import as_number
from engine.errors import BadInput, Problem
from engine.runs import library
from engine.runs.continued import start_from
from engine.runs.store import open_store
from engine.types import Spec

LAST = "last"


def add_beginning(parser: Any) -> None:
    """The options that say where a run begins."""
    parser.add_argument("--original-seed", default="0", help="seed of the Original (default: 0)")
    parser.add_argument("--original", metavar="NAME", help="forget from the Original that was imported under this name")
    parser.add_argument("--from", metavar="RUN", dest="start", help="continue from this finished run's unlearned "
                        "weights, or from the last one's: its forget set stays forgotten, and another one is asked for")


def begun(spec: Spec, options: Namespace) -> tuple[Spec, list[str | Problem]]:
    """The spec with its beginning, and what is wrong with that. Raises UnknownRun or BadInput."""
    problems: list[str | Problem] = []
    if options.original and options.original in {run.id for run in open_store().list()}:
        problems.append(f"--original is {options.original}, which is a run: to continue it, use --from "
                        f"{options.original}.")
    spec = replace(spec, original_seed=as_number(options.original_seed), original=options.original)
    return continuing(spec, options.start) if options.start else spec, problems


def continuing(spec: Spec, run_id: str) -> Spec:
    """The spec that continues a finished run, ``last`` for the newest: of its data and model unless others were named.

    Raises UnknownRun or BadInput.
    """
    store = open_store()
    if run_id == LAST:
        finished = store.list(status=("finished",), newest_first=True, limit=1)
        if not finished:
            raise BadInput(f"--from is {LAST}, but no run has finished yet: start one without --from.")
        run = finished[0]
    else:
        run = library.get(run_id, store).run
    start, usual = start_from(run, "--from"), Spec()
    shared = {name: start[name] for name in chain.SHARED
              if name in start and getattr(spec, name) == getattr(usual, name)}
    return replace(spec, start=start, **shared)
