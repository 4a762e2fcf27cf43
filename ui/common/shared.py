"""What many sessions look at is read once for all of them.

A session that follows a live run looks several times a second. Thirty of them would read the same rows thirty times,
so that a look is kept for a moment, and the more sessions look, the longer each waits for its next.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from ui.common.state import Slot

T = TypeVar("T")
FOLLOWED = Slot("followed", "")  # the run that a session's page follows by itself, while it lasts
SEEN: Slot[Sequence[tuple[str, str]]] = Slot("tray.seen", ())  # what was under way when this session's page was drawn
LASTS = 0.3  # seconds for which a look serves all who ask
FORGOTTEN = 60.0  # seconds after which nobody waits for a turn any more
ABSENT = 5.0  # seconds after which a session that did not look has gone
TURN = 0.2  # seconds that one session's whole page takes, with room for the looks of the others
EACH = 0.03  # seconds of processor time that a session's look costs here, roughly


@dataclass
class _Kept(Generic[T]):
    lock: threading.Lock = field(default_factory=threading.Lock)
    value: T | None = None
    until: float = 0.0


class Looks(Generic[T]):
    """Values by key, each made by the first who asks and kept for ``lasts`` seconds for the others."""

    def __init__(self, lasts: float = LASTS, clock: Callable[[], float] = time.monotonic):
        self._lasts, self._clock = lasts, clock
        self._kept: dict[Hashable, _Kept[T]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of ``key``; while one session makes it, the others wait for it. An error is nobody else's."""
        with self._lock:
            self._drop_old()
            kept = self._kept.setdefault(key, _Kept())
        with kept.lock:
            if kept.value is None or self._clock() >= kept.until:
                kept.value = make()
                kept.until = self._clock() + self._lasts
            return kept.value

    def forget(self, key: Hashable) -> None:
        """The next who asks makes the value again: for one who has just changed what it says."""
        with self._lock:
            self._kept.pop(key, None)

    def _drop_old(self) -> None:
        long_ago = self._clock() - ABSENT
        old = [key for key, kept in self._kept.items() if kept.until < long_ago and not kept.lock.locked()]
        for key in old:
            del self._kept[key]


class Watchers:
    """Who looks at what at the moment, and how long each should wait between two looks."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._last: dict[Any, float] = {}
        self._since: dict[Hashable, float] = {}
        self._lock = threading.Lock()

    def here(self, session: str) -> None:
        """A session has looked just now."""
        with self._lock:
            now = self._clock()
            self._last = {one: then for one, then in self._last.items() if now - then < ABSENT} | {session: now}

    def pause(self, least: float) -> float:
        """Seconds between two looks: ``least``, or as many as leave half of a processor for other work."""
        with self._lock:
            return max(least, 2 * EACH * len(self._last))

    def turn(self, session: str, subject: Hashable) -> bool:
        """Whether this session may now draw its whole page for what all have seen change: one after another."""
        with self._lock:
            now = self._clock()
            self._since = {one: then for one, then in self._since.items() if now - then < FORGOTTEN}
            since = self._since.setdefault(subject, now)
            before = sum(other < session for other in self._last)
            return bool(now - since >= TURN * before)
