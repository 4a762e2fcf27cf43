"""What commands that compute share: Ctrl-C, and progress on stderr."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from engine.cli import signals


@contextlib.contextmanager
def ctrl_c() -> Iterator[threading.Event]:
    """The first Ctrl-C sets the event, so that work ends in good order; the second one is a KeyboardInterrupt.

    A SIGTERM, or the SIGHUP of a terminal that is closed, is the same; what has not ended ``GRACE`` seconds after one
    of these is ended, and its runs are marked.
    """
    cancel = threading.Event()

    def ask(*_: Any) -> None:
        if cancel.is_set():
            raise KeyboardInterrupt
        cancel.set()

    with signals.handled((signal.SIGINT, *signals.asked_to_end()), ask), signals.deadline():
        yield cancel


class ProgressLine:
    """Progress on stderr: one line that is rewritten on a terminal, else a line every two seconds."""

    def __init__(self) -> None:
        self._live, self._next, self._stage = sys.stderr.isatty(), 0.0, ""

    def __call__(self, progress: dict[str, Any]) -> None:
        now, stage = time.monotonic(), progress["stage"]
        if stage == self._stage and not self._live and now < self._next:
            return
        self._next, self._stage = now + 2, stage
        part = [stage]
        if progress.get("fraction") is not None:
            part.append(f"{100 * progress['fraction']:.0f}%")
        if progress.get("total_steps"):
            part.append(f"step {progress['step']:,} of {progress['total_steps']:,}, {progress['eta']:.0f} s left")
        if progress.get("note"):
            part.append(progress["note"])
        print(f"\r\033[K{'  '.join(part)}" if self._live else "  ".join(part), file=sys.stderr,
              end="" if self._live else "\n", flush=True)

    def end(self) -> None:
        """Leaves the rewritten line behind, so that what follows stands on its own."""
        if self._live and self._stage:
            print(file=sys.stderr)
