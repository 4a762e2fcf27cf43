"""How long tests wait: until the app's state says so. A limit only ends what hangs, and grows with the machine's load.

``UNLEARN_TEST_PATIENCE=3`` makes every limit three times that of a quiet machine, whatever the load is.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import pytest

HANGS = 120.0  # seconds after which something hangs on a quiet machine
MOST = 840.0  # pytest itself ends a test after 900


def patience() -> float:
    """The seconds after which something hangs on this machine, as busy as it is now."""
    asked = os.environ.get("UNLEARN_TEST_PATIENCE")
    busy = float(asked) if asked else max(1.0, 2 * os.getloadavg()[0] / (os.cpu_count() or 1))
    return min(MOST, HANGS * busy)


def until(condition: Callable[[], Any], what: str | Callable[[], Any], every: float = 0.05) -> Any:
    """The first true value of ``condition()``; fails with ``what`` it waited for where it hangs."""
    began = time.monotonic()
    while not (value := condition()):
        if time.monotonic() - began > patience():
            pytest.fail(f"waited {time.monotonic() - began:.0f} s for {what() if callable(what) else what}")
        time.sleep(every)
    return value
