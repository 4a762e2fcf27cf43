"""Where tracebacks go: ``$UNLEARN_HOME/logs/errors.log``, for its owner only, which begins a new file when it is full.

A person sees a sentence, on pages and in the terminal. What a programmer needs beside it stands in this file.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from pathlib import Path

from engine.errors import LabError
from engine.system.paths import home
from engine.tidy import hidden

LARGEST, KEPT = 1_000_000, 3  # bytes of the file, and how many earlier ones are kept
NAME = "errors.log"
FORMAT = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"
ROOT = logging.getLogger("engine")


def begin() -> None:
    """From now on warnings of the engine go into the file, and into the terminal in a line without their traceback."""
    if any(isinstance(one, _File) for one in ROOT.handlers):
        return
    file, terminal = _File(logging.WARNING), _Terminal(logging.WARNING)
    file.setFormatter(_Hidden(FORMAT))
    terminal.setFormatter(_Hidden("%(message)s"))
    ROOT.addHandler(file)
    ROOT.addHandler(terminal)


def keep(error: BaseException) -> Path | None:
    """Writes a traceback into the file and returns its path; None where nothing can be written."""
    begin()
    record = ROOT.makeRecord(ROOT.name, logging.ERROR, __file__, 0, "%s", (type(error).__name__,),
                             (type(error), error, error.__traceback__))
    return next(one for one in ROOT.handlers if isinstance(one, _File)).write(record)


class _Hidden(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return hidden(super().format(record))


class _Terminal(logging.Handler):
    """To where stderr leads now; a record with a traceback is the file's, a sentence for it comes from elsewhere."""

    def emit(self, record: logging.LogRecord) -> None:
        if not record.exc_info:
            with contextlib.suppress(OSError):  # stderr is a file on a full disk, or nobody reads it any more
                print(self.format(record), file=sys.stderr)


class _File(logging.Handler):
    """The file of the home folder, opened for each record: several processes and homes share this handler."""

    def emit(self, record: logging.LogRecord) -> None:
        self.write(record)

    def write(self, record: logging.LogRecord) -> Path | None:
        """Adds a record; the file's path, None where it cannot be written."""
        try:
            path = home() / "logs" / NAME
            path.parent.mkdir(mode=0o700, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_size > LARGEST:
                    _turn(path)
            place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with open(place, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(f"{self.format(record)}\n")
        except (OSError, LabError):
            return None
        return path


def _turn(path: Path) -> None:
    """The file becomes ``errors.log.1``, that one ``.2``, and so on; the last one goes."""
    names = [path, *(path.with_name(f"{NAME}.{number}") for number in range(1, KEPT + 1))]
    for older, newer in zip(reversed(names), list(reversed(names))[1:], strict=False):
        with contextlib.suppress(FileNotFoundError):  # not there yet, or another process was quicker
            os.replace(newer, older)
