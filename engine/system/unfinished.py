"""What a kill would leave behind: noted before it is written, and removed at the next start.

A note is a small file under ``$UNLEARN_HOME/unfinished`` that its process keeps locked. The lock ends with the process,
whatever ended it and in whatever container it ran: a note that can be locked is that of a dead one.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from engine.system.paths import home_if_there

FOLDER = "unfinished"
TEMPORARY = re.compile(r"\..*\.[0-9a-f]{12}\.tmp")


@dataclass(frozen=True)
class Note:
    """Files and folders that are under way; they are whole, and stay, where the file ``unless`` is there.

    With ``runs`` the store of that digest (its URL may hold a password) knows what is whole: a folder that is named
    like a run where it has that run, the other paths where it has any of them.
    """

    paths: tuple[str, ...]
    unless: str | None = None
    runs: tuple[str, ...] = ()
    store: str | None = None


Judge = Callable[[Note], Sequence[str] | None]


def beside(path: Path) -> Path:
    """A name in the same folder that nothing else has, for what becomes ``path`` when it is whole."""
    return path.with_name(f".{path.name[:40]}.{secrets.token_hex(6)}.tmp")


@contextlib.contextmanager
def noted(note: Note) -> Iterator[None]:
    """While inside, a kill leaves these paths to the next start. Without a home folder nothing is noted."""
    file = _written(note)
    try:
        yield
    finally:
        if file is not None:
            with contextlib.suppress(OSError):
                os.unlink(file.name)
            file.close()


def _written(note: Note) -> IO[str] | None:
    """The locked file of a note; None where it cannot be written, which is no reason not to begin."""
    place = home_if_there()
    if place is None:
        return None
    try:
        (place / FOLDER).mkdir(exist_ok=True)
        file = (place / FOLDER / secrets.token_hex(8)).open("x", encoding="utf-8")
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        json.dump(asdict(note), file)
        file.flush()
    except OSError:  # a full disk, or a drive without locks
        with contextlib.suppress(OSError):
            os.unlink(file.name)
        with contextlib.suppress(OSError):
            file.close()
        return None
    return file


def of_files(note: Note) -> Sequence[str] | None:
    """Which of a note's paths are of no use; None where a store has to be asked."""
    if note.runs:
        return None
    return () if note.unless is not None and os.path.lexists(note.unless) else note.paths


def clear(useless: Judge = of_files) -> list[Path]:
    """Removes what dead processes noted and did not finish; what was removed. Notes of living ones are left alone."""
    place = home_if_there()
    return [] if place is None else [path for file in sorted((place / FOLDER).glob("*"))
                                     for path in _cleared(file, place, useless)]


def _cleared(file: Path, place: Path, useless: Judge) -> list[Path]:
    """What one note led to."""
    removed: list[Path] = []
    with contextlib.suppress(OSError), file.open(encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)  # an OSError where its process lives
        note = _read(held)
        paths = useless(note) if note else ()
        if paths is not None:
            removed += [path for path in map(Path, paths) if _ours(path, place) and _removed(path)]
            file.unlink(missing_ok=True)
    return removed


def _read(file: IO[str]) -> Note | None:
    """A note, None for one that its process had no time to write."""
    try:
        found: dict[str, Any] = json.load(file)
        return Note(tuple(map(str, found["paths"])), found["unless"], tuple(map(str, found["runs"])), found["store"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _ours(path: Path, place: Path) -> bool:
    """Whether a path may be removed: it lies in the home folder, or has the name of a temporary file."""
    return place in path.parents or TEMPORARY.fullmatch(path.name) is not None


def _removed(path: Path) -> bool:
    """Removes a file or folder; whether there was one."""
    there = os.path.lexists(path)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
    return there
