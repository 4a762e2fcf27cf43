"""What a run says of itself while it goes: progress and events, a convenience that never fails it."""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import Any

from engine.errors import StoreUnavailable
from engine.evaluation.events import ProbeEvent, StartEvent
from engine.runs.store import Store

log = logging.getLogger(__name__)
WAIT = 0.25  # seconds that a run stands still for a store in use
PAUSES = (0.5, 5.0)  # seconds until the next attempt: the first, and the longest


class Outbox:
    """Writes at once where the store answers; else it is kept in order and tried again with the next or at the end."""

    def __init__(self, store: Store, run_id: str):
        self.store, self.run_id = store, run_id
        self._events: deque[tuple[int, dict[str, Any]]] = deque()
        self._columns: dict[str, Any] = {}
        self._count, self._next, self._pause = 0, 0.0, PAUSES[0]
        self._running = True

    def append(self, event: StartEvent | ProbeEvent) -> None:
        """Adds an event to the run."""
        self._events.append((self._count, event.to_json()))
        self._count += 1
        self.send()

    def update(self, **columns: Any) -> bool:
        """Writes columns of the run; False once it is known to have been ended elsewhere."""
        self._columns |= columns
        self.send()
        return self._running

    def send(self, at_once: bool = False) -> None:
        """Tries to write what waits, ``at_once`` also where the last attempt has just failed."""
        if time.monotonic() < self._next and not at_once:
            return
        try:
            with self.store.waiting(WAIT):
                self.write()
            self._next, self._pause = 0.0, PAUSES[0]
        except StoreUnavailable as error:
            if self._pause == PAUSES[0]:
                log.warning("%s The run continues; its progress is kept and written later.", error)
            self._next = time.monotonic() + self._pause
            self._pause = min(2 * self._pause, PAUSES[1])

    def write(self) -> None:
        """Writes what waits, which may be done twice. Raises StoreUnavailable."""
        if self._events:
            self.store.extend(self.run_id, list(self._events))
            self._events.clear()
        if self._columns:
            self._running = self.store.update(self.run_id, **self._columns)
            self._columns = {}

    def waiting(self) -> list[tuple[int, dict[str, Any]]]:
        """The events that are not written yet, with their numbers."""
        return list(self._events)
