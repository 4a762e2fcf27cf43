"""Ctrl-C ends the server at once, whatever still holds a connection or computes.

Streamlit's server waits without limit for open connections when it is told to stop, and an interpreter that
leaves while a daemon thread is inside PyTorch can wait for ever as well. Nothing is lost by leaving: the store
writes each step whole, and the next start finds a running run as interrupted.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time

from streamlit.runtime import Runtime, RuntimeState

NAME = "leave-at-once"
GRACE = 1.0  # seconds for an orderly end
LOOK_EVERY = 0.2


def ensure_leaving() -> None:
    """Starts the thread that ends the process after the server was told to stop; once, and not under AppTest."""
    runtime = Runtime.instance() if Runtime.exists() else None
    if type(runtime) is not Runtime or any(thread.name == NAME for thread in threading.enumerate()):
        return
    atexit.register(_leave)
    threading.Thread(target=_watch, args=(runtime,), name=NAME, daemon=True).start()


def _watch(runtime: Runtime) -> None:
    while runtime.state not in (RuntimeState.STOPPING, RuntimeState.STOPPED):
        time.sleep(LOOK_EVERY)
    time.sleep(GRACE)
    _leave()


def _leave() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
