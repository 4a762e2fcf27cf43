"""What has to be written is tried again while there is hope: long in a store in use, briefly in a broken one."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from engine.errors import StoreUnavailable
from engine.runs.database import Database

log = logging.getLogger(__name__)
T = TypeVar("T")
IN_USE = 600.0  # seconds to wait for a store that another process holds or whose server does not answer
BROKEN = 6.0  # seconds for one that cannot be written, such as on a full disk: somebody may be making room
ATTEMPT = 1.0  # seconds that one attempt waits for a lock, so that Ctrl-C is noticed in between
PAUSE = 0.25


def patiently(store: Database, work: Callable[[], T]) -> T:
    """What ``work`` returns, which is called until the store answers. Raises StoreUnavailable where that is in vain."""
    began, said = time.monotonic(), False
    while True:
        try:
            with store.waiting(ATTEMPT):
                return work()
        except StoreUnavailable as error:
            waited = time.monotonic() - began
            if waited >= (IN_USE if error.passing else BROKEN):
                raise
            if not said:
                log.warning("%s It is tried again.", error)
            said = True
        time.sleep(PAUSE)
