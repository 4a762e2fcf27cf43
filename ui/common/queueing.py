"""Queues the run that a click asks for, once: a double click, or a click that counts twice, asks for nothing more."""

from __future__ import annotations

import threading
import time

from engine.errors import LabError
from engine.runs.queue import manager
from engine.types import Spec
from ui.common.state import Slot

SOON = 3.0  # seconds in which nobody means the very same run twice
RECENT: Slot[dict[str, tuple[str, float]]] = Slot("queueing.recent", {})
_one_click = threading.Lock()  # a second click starts the page again while the first one is still being answered


def queue(spec: Spec, train_original: bool = False, of: str = "") -> str:
    """Queues a run, also again ``of`` another one, and returns its id. Raises LabError.

    What this session asked for a moment ago is the run that it got for it, unless that has ended.
    """
    asked = repr((spec, train_original, of))
    with _one_click:
        recent = RECENT.get()
        if recent is RECENT.first:
            RECENT.put(recent := {})
        # From here nothing asks the session, which would end a run of the page whose place another one takes.
        run_id, when = recent.get(asked, ("", 0.0))
        now = time.monotonic()
        if now - when > SOON or not _lasts(run_id):
            run_id = manager().submit(spec, train_original=train_original)
            recent[asked] = run_id, now
    return run_id


def _lasts(run_id: str) -> bool:
    try:
        return bool(run_id) and not manager().store.get(run_id).has_ended
    except LabError:  # deleted
        return False
