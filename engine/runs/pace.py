"""How long a run still takes, learned from the run itself: by the clock on the wall, and by its pace of late.

A method's own seconds would not do: looks at the model in between count for the person who waits, and so does other
work on the machine. Its steps are not alike either; a method may score first and train afterwards.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

OF_LATE = 0.25   # share of the time since the start
AT_LEAST = 3.0   # seconds


class Pace:
    """Marks of a run's steps on the clock, from when it is made."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._began = clock()
        self._marks: deque[tuple[float, int]] = deque()

    def left(self, step: int, total: int) -> float:
        """Seconds for what remains after ``step`` of ``total`` steps, at the pace of late."""
        now = self._clock()
        if not self._marks:  # a run that continues after a kill begins in the middle
            self._marks.append((self._began, step - 1))
        self._marks.append((now, step))
        since = now - max(AT_LEAST, OF_LATE * (now - self._began))
        while len(self._marks) > 2 and self._marks[1][0] <= since:
            self._marks.popleft()
        then, before = self._marks[0]
        return (now - then) / max(1, step - before) * (total - step)
