"""What processes that were killed left in a home folder, put in order when a store is opened: runs, files, folders.

Nothing of a living process is touched, in whatever container or on whatever machine it runs.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from engine import sample_lists
from engine.errors import LabError
from engine.runs.records import Run
from engine.selection import lists_of
from engine.system import unfinished
from engine.system.read_only import read_only
from engine.system.unfinished import Note

log = logging.getLogger(__name__)
AT_ONCE = 2.0  # seconds that an opening waits for a locked store: the next one does what this one could not


class Store(Protocol):
    """What is needed of :class:`engine.runs.store.Store`."""

    read_only: str | None
    digest: str
    interrupted: list[str]

    def waiting(self, seconds: float) -> AbstractContextManager[None]: ...

    def mark_interrupted(self) -> list[str]: ...

    def ids(self) -> set[str]: ...

    def list(self) -> list[Run]: ...


def settle(store: Store) -> None:
    """Marks runs whose process is gone and removes what it did not finish; what fails is left to the next start."""
    if read_only() or store.read_only:  # it is for a process that may write
        return
    with contextlib.suppress(LabError, OSError), store.waiting(AT_ONCE):
        store.interrupted += store.mark_interrupted()
        removed = unfinished.clear(lambda note: useless(note, store))
        if removed:
            log.info("removed what a killed process had begun: %s", ", ".join(map(str, removed)))


def useless(note: Note, store: Store) -> Sequence[str] | None:
    """Which of a note's paths are of no use; None where another store has to be asked."""
    if not note.runs:
        return unfinished.of_files(note)
    if note.store != store.digest:
        return None
    there = store.ids()
    named = {name for run in store.list() for name in lists_of(run.spec)}
    return [path for path in note.paths if not _in_use(Path(path), note, there, named)]


def _in_use(path: Path, note: Note, there: set[str], named: set[str]) -> bool:
    """Whether a path belongs to a run that is there: its own folder, or what was made for several."""
    if path.name in note.runs:
        return path.name in there
    if path == sample_lists.path_of(path.stem):
        return path.stem in named
    return not there.isdisjoint(note.runs)
