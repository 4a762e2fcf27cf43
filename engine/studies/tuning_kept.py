"""The records of searches, one JSON file a search under ``$UNLEARN_HOME/tuning``."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from engine.studies.tuning_record import Record
from engine.system.files import write_json

FOLDER = "tuning"
log = logging.getLogger(__name__)


def save(record: Record, root: Path) -> Path:
    """Writes the record under its search's name."""
    path = root / FOLDER / f"{record.tuning.name}.json"
    write_json(path, record.to_json())
    return path


def load(name: str, root: Path) -> Record | None:
    """The record of that name; None where there is none or it cannot be read, which is logged."""
    path = root / FOLDER / f"{name}.json"
    try:
        return Record.from_json(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("the record %s of a search cannot be read, so it is begun again: %r", path, error)
        return None


def all_names(root: Path) -> list[str]:
    """The names of all searches, the newest first."""
    files = sorted((root / FOLDER).glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [path.stem for path in files]
