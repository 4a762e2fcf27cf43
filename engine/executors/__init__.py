"""Where the specs of a sweep run, one executor a file: each yields the ended runs as they come."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Control:
    """How whoever started a sweep holds it or ends it, from any thread."""

    cancel: threading.Event = field(default_factory=threading.Event)
    paused: threading.Event = field(default_factory=threading.Event)

    def hold(self) -> bool:
        """Waits while paused; returns whether to go on."""
        while self.paused.is_set() and not self.cancel.wait(0.1):
            pass
        return not self.cancel.is_set()
