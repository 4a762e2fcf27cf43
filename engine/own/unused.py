"""Uploads that no data set reads from any more: removed with their data set, or at the next start.

An upload is in use where a file of ``$UNLEARN_HOME/datasets`` names its folder, one that cannot be read among them. One
that nobody uses stays for a day: a dialog may be open in another window, or on another server of the same home.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from engine.system.paths import datasets_folder, home

DAY = 24 * 60 * 60.0
_NAMED = re.compile(r"uploads[/\\]+([0-9a-f]{16})\b")


def clear(age: float = DAY) -> list[Path]:
    """Removes every upload that is older and in no use, and what was broken off while it was written; which ones.

    Nothing is raised: what cannot be removed stays for the next start.
    """
    old = [folder for folder in _folders() if time.time() - _changed(folder) > age]
    return _remove(old)


def clear_of(text: str) -> list[Path]:
    """Removes the uploads that the text of a data set's file names and no other file does; which ones."""
    mine = set(_NAMED.findall(text))
    return _remove([folder for folder in _folders() if folder.name in mine])


def _remove(folders: list[Path]) -> list[Path]:
    try:
        used = {name for text in _texts() for name in _NAMED.findall(text)} if folders else set()
    except OSError:
        return []  # what a file says that cannot be read, nobody knows
    gone = [folder for folder in folders if folder.name not in used]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    return [folder for folder in gone if not folder.exists()]


def _folders() -> list[Path]:
    try:
        return sorted(path for path in (home() / "uploads").iterdir() if path.is_dir() and not path.is_symlink())
    except OSError:
        return []


def _changed(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:
        return time.time()


def _texts() -> Iterator[str]:
    """What the files of all data sets say. Raises OSError where one cannot be read: then nothing is known of it."""
    folder = datasets_folder()
    for path in sorted(folder.glob("*.toml")) if folder else ():
        yield path.read_text(encoding="utf-8", errors="replace")
