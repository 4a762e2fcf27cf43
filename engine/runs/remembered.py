"""What was read of a store, for as long as nothing there has changed: many sessions ask for the same runs.

Nothing is taken for unchanged that may have changed. A list is as it was where SQLite says that no transaction has
been committed since, by any process; a run is as it was where its row is the same, character by character.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, Generic, TypeVar

from engine.runs.sqlite_files import identity

T = TypeVar("T")
LISTS, ROWS = 64, 10_000  # of each so many are remembered


class Latest(Generic[T]):
    """The newest value by key, together with what it was made from; the ones that were used last are kept."""

    def __init__(self, most: int):
        self._most, self._lock = most, threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[Hashable, T]] = OrderedDict()

    def get(self, key: Hashable, made_from: Hashable, make: Callable[[], T]) -> T:
        """The value of ``key``, made where it is not there or was made from something else; with None always."""
        with self._lock:
            kept = self._kept.get(key)
            if kept and made_from is not None and kept[0] == made_from:
                self._kept.move_to_end(key)
                return kept[1]
        value = make()
        with self._lock:
            self._kept[key] = made_from, value
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return value


class Changes:
    """Whether a store in a SQLite file has changed; of any other database nobody knows."""

    def __init__(self, file: Path | None):
        self._file, self._lock = file, threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._opened: tuple[int, int] | None = None
        self._connections = 0  # each counts for itself: what one counted says nothing beside another's

    def mark(self) -> Hashable:
        """A value that is another one after every change; None where that cannot be known."""
        with self._lock:
            try:
                found = identity(self._file)
                if self._file is None or found is None:
                    return None
                counted = self._open(self._file, found).execute("PRAGMA data_version").fetchone()[0]
                return found, self._connections, counted
            except sqlite3.Error:
                return None

    def close(self) -> None:
        """Lets go of the file; the next mark is another one than all before."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self, file: Path, found: tuple[int, int]) -> sqlite3.Connection:
        """A connection that never writes: what it counts are the transactions of all others."""
        if found != self._opened:
            self._close()
        if self._connection is None:
            self._connection = sqlite3.connect(file, check_same_thread=False, timeout=0.1)
            self._opened = found
            self._connections += 1
        return self._connection


def row_key(row: tuple[Any, ...]) -> Hashable:
    """A row as what a run is made from; None where its values cannot be compared."""
    return row if all(isinstance(value, (str, int, float, type(None))) for value in row) else None
