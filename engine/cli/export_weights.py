"""``python -m engine export-weights``: the unlearned weights of a run as a folder with a model card."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import Any

from engine.cli.options import Result, add_json
from engine.cli.terminal import ProgressLine, ctrl_c
from engine.errors import BadInput
from engine.originals.checkpoints import open_checkpoints
from engine.runs import library
from engine.runs.store import open_store
from engine.system.paths import expanded


def add_parser(commands: Any) -> None:
    """Adds the command to the command line's parser."""
    parser = commands.add_parser("export-weights", help="write a run's unlearned weights with a model card")
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("folder", metavar="DIR", help="a new or empty folder")
    add_json(parser, "object")
    parser.set_defaults(work=command)


def command(options: Namespace) -> Result:
    """Writes the folder. Raises UnknownRun, BadInput, BadCheckpoint or Cancelled."""
    from engine.studies.model_card import contents, export_weights

    folder, store, line = expanded(options.folder), open_store(), ProgressLine()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder} is there already and not an empty folder: name a new one.")
    run = library.get(options.run, store).run
    with ctrl_c() as cancel:
        found = export_weights(run, store, open_checkpoints(), lambda text, fraction: line({
            "stage": text, "fraction": fraction}), cancel)
    line.end()
    if found.notice:
        print(found.notice, file=sys.stderr)
    try:
        found.write(folder)
    except OSError as error:
        raise BadInput(f"{folder} cannot be written ({error.strerror or type(error).__name__}): name another "
                       "folder.") from error
    files = contents(found)
    shown = {"status": "finished", "run_id": run.id, "folder": str(folder), "files": dict(files)}
    text = "\n".join(f"{folder / name}  {size:,} bytes" for name, size in files.items())
    return (shown if options.json else text), 0
