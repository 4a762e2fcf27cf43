"""Finished runs that ship with the repository, to be explored with neither the data nor a GPU.

Each is one JSON file in ``cached_checkpoints/recorded``: what ``python -m engine show RUN --json`` printed.
They are read-only, say on which device and when they were made, and are never mixed with one's own runs
unless asked for.
"""

from __future__ import annotations

import functools
import json
import logging
from pathlib import Path
from typing import Any

from engine.checkpoints import SHIPPED

FOLDER = SHIPPED / "recorded"
log = logging.getLogger(__name__)


@functools.lru_cache(maxsize=4)
def recorded_runs(folder: Path = FOLDER) -> tuple[dict[str, Any], ...]:
    """Every recorded run with its ``events``, by file name; a file that cannot be read is left out and logged."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            run = json.loads(path.read_text(encoding="utf-8"))
            found.append({**run, "id": run["run_id"], "recorded": True, "progress": None, "events": run["events"]})
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("recorded run %s cannot be read: %s", path.name, error)
    return tuple(found)


def find_recorded(run_id: str, folder: Path = FOLDER) -> dict[str, Any] | None:
    """The recorded run of that id, or None."""
    return next((run for run in recorded_runs(folder) if run["id"] == run_id), None)
