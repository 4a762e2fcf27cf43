"""What a person waits for goes first: a run in the same process lets it have the processor, for a while.

Two threads of one process share Python's lock as well as the cores: a page that is drawn beside a run takes up to twice
as long. Only the time between a run's steps is given away, which no method's seconds count.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

from engine.system.singleton import singleton

MOST = 1.0  # seconds that a run waits at a time, at most
AFTER = 0.15  # seconds in which a browser on the same machine draws what it was sent
SHARE = 0.5  # of a run's time, which it gives away at most: many people at once do not stop it


class Foreground:
    """Counts what people wait for in this process at the moment."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open, self._until = 0, 0.0

    @contextlib.contextmanager
    def first(self) -> Iterator[None]:
        """Around what a person waits for."""
        with self._changed:
            self._open += 1
        try:
            yield
        finally:
            with self._changed:
                self._open -= 1
                self._until = time.monotonic() + AFTER
                self._changed.notify_all()

    def wait(self, most: float) -> float:
        """Until nobody waits for anything, at most so many seconds; the seconds that it took."""
        began = time.monotonic()
        if most <= 0 or (not self._open and self._until <= began):
            return 0.0
        with self._changed:
            self._changed.wait_for(lambda: not self._open, most)
            while not self._open and (left := min(self._until, began + most) - time.monotonic()) > 0:
                self._changed.wait(left)
        return time.monotonic() - began


FOREGROUND = singleton("foreground", "this process", Foreground)


class Turns:
    """When one run gives way: where somebody waits, and as long as it keeps its own share of the time."""

    def __init__(self, foreground: Foreground = FOREGROUND) -> None:
        self._foreground, self._left, self._seen = foreground, MOST, time.monotonic()

    def give_way(self) -> None:
        """Between two steps of the run."""
        now = time.monotonic()
        earned = (now - self._seen) * SHARE / (1 - SHARE)
        self._left = min(MOST, self._left + earned)
        self._left -= self._foreground.wait(self._left)
        self._seen = time.monotonic()
