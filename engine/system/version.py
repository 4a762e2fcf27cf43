"""Which code made a result. Stored beside every run and checkpoint, never part of their identity."""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path

__version__ = "0.1.0"


@functools.cache
def code_version() -> str:
    """The release, with the commit where the code runs from a git checkout: ``0.1.0+g1a2b3c4``.

    Where files of the engine were changed or added since, ``0.1.0+g1a2b3c4.changed``.
    """
    return __version__ + _checkout(Path(__file__).parents[1])


def _checkout(folder: Path) -> str:
    commit = _git(folder, "rev-parse", "--short=7", "HEAD")
    changed = commit and _git(folder, "status", "--porcelain", "--", ".")
    return f"+g{commit}{'.changed' if changed else ''}" if commit else ""


def _git(folder: Path, *words: str) -> str:
    try:
        return subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=5,
                              check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
