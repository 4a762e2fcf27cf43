"""``python -m engine tag``: a person's tags and note on runs."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from engine.cli.options import Result, add_json
from engine.errors import BadInput
from engine.runs import library
from engine.runs.annotations import checked_tags
from engine.runs.recorded import find_recorded
from engine.runs.records import Run
from engine.runs.store import open_store


def add_parser(commands: Any) -> None:
    """Adds the command to the command line's parser."""
    parser = commands.add_parser("tag", help="write tags and a note on runs")
    parser.add_argument("runs", nargs="+", metavar="RUN", help="the ids of the runs")
    parser.add_argument("--add", nargs="+", default=[], metavar="TAG", help="add these tags")
    parser.add_argument("--remove", nargs="+", default=[], metavar="TAG", help="remove these tags")
    parser.add_argument("--note", help="replace the note; an empty one removes it")
    add_json(parser, "array")
    parser.set_defaults(work=command)


def command(options: Namespace) -> Result:
    """Writes on all of the runs; raises UnknownRun before it writes on any."""
    store, ids = open_store(), list(dict.fromkeys(options.runs))
    ids = [library.last(store) if run_id == library.LAST else run_id for run_id in ids]
    if not options.add and not options.remove and options.note is None:
        raise BadInput("Nothing to write: name a tag with --add or --remove, or a note with --note.")
    if shipped := [run_id for run_id in ids if find_recorded(run_id)]:
        raise BadInput(f"Run {shipped[0]} ships with the repository and is read-only: it takes no tags and no note.")
    for run in [store.get(run_id) for run_id in ids]:
        store.annotate(run.id, _tags(run, options), run.note or "" if options.note is None else options.note)
    done = [store.get(run_id) for run_id in ids]
    said = [{"run_id": run.id, "tags": list(run.tags or ()), "note": run.note} for run in done]
    return said if options.json else "\n".join(map(_line, done)), 0


def _tags(run: Run, options: Namespace) -> list[str]:
    removed = set(checked_tags(options.remove))
    return [tag for tag in checked_tags([*(run.tags or ()), *options.add]) if tag not in removed]


def _line(run: Run) -> str:
    return f"{run.id}  {', '.join(run.tags or ()) or 'no tags'}" + (f"  {run.note}" if run.note else "")
