"""``python -m engine delete RUN...``: removes runs for good, damaged ones too."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from engine.cli.options import Result, add_json
from engine.errors import BadInput, LabError, UnknownRun
from engine.runs.recorded import find_recorded
from engine.runs.store import Store, open_store
from engine.system.words import plural


def add_parser(commands: Any) -> None:
    """Adds ``delete`` to the command line's commands."""
    parser = commands.add_parser("delete", help="delete runs with all that was measured, for good")
    parser.add_argument("runs", nargs="+", metavar="RUN", help="ids, as `list runs` shows them")
    add_json(parser, "object")
    parser.set_defaults(work=command)


def command(options: Namespace) -> Result:
    """Deletes the runs; nothing where one of them cannot be deleted."""
    store, ids = open_store(), list(dict.fromkeys(options.runs))
    _check(ids, store)
    for run_id in ids:
        _delete(run_id, store)
    done = {"status": "finished", "deleted": ids}
    return done if options.json else f"{len(ids)} {plural(len(ids), 'run')} deleted: {', '.join(ids)}.", 0


def _check(ids: list[str], store: Store) -> None:
    """Raises BadInput with a line for each run that is not here, ships with the app, or has not ended."""
    damaged = {one.id for one in store.unreadable()}
    refused = [why for run_id in ids if run_id not in damaged and (why := _why_not(run_id, store))]
    if refused:
        raise BadInput("\n".join([*refused, "Nothing was deleted."]))


def _why_not(run_id: str, store: Store) -> str | None:
    try:
        run = store.get(run_id)
    except UnknownRun as error:
        return f"Run {run_id} is a recorded one, which ships with the app and stays." if find_recorded(run_id) else str(
            error)
    return None if run.has_ended else f"Run {run_id} is {run.status}: stop it before deleting it."


def _delete(run_id: str, store: Store) -> None:
    try:
        store.delete(run_id)
    except ValueError as error:  # started since it was looked at
        raise LabError(str(error)) from error
