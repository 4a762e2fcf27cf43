"""Standard streams that are closed, full or without a reader: no reason for work to fail."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any, TextIO, cast


class Lenient:
    """A stream that drops what it cannot write: progress and remarks are conveniences."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Writes the text where that is possible; its length."""
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flushes the stream where that is possible."""
        with contextlib.suppress(OSError):
            self._stream.flush()


def begin() -> None:
    """Leads closed standard streams nowhere, and makes stderr lenient; for a process that has just begun.

    A file that is opened later would get the number of a closed one, and what libraries print would land in it.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, _nowhere("r" if name == "stdin" else "w"))
    sys.stderr = cast(TextIO, Lenient(sys.stderr))


def leave_stdout() -> None:
    """What stdout still holds is not written at the process's end either, where that would fail once more."""
    sys.stdout = _nowhere("w")


def _nowhere(mode: str) -> TextIO:
    return cast(TextIO, open(os.devnull, mode, encoding="utf-8"))
