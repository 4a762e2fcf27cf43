"""Ctrl-C ends the server within about a second, whatever still holds a connection or computes.

Streamlit's server waits without limit for open connections when it is asked to stop: one browser that stopped
reading in the middle of an answer holds it for ever. An interpreter that leaves while a daemon thread is inside
PyTorch can wait as well. Nothing is lost by leaving: the store writes each step whole, and the next start finds
a running run as interrupted.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import types
from collections.abc import Callable
from typing import Any

from streamlit.runtime import Runtime

from engine.system.singleton import singleton

GRACE = 0.8  # seconds for an orderly end


def ensure_leaving() -> None:
    """Bounds how long this server takes to end; works once a process, and not under AppTest."""
    runtime = Runtime.instance() if Runtime.exists() else None
    if type(runtime) is Runtime:
        singleton("leaving", "this process", lambda: _prepare(runtime))


def _prepare(runtime: Runtime) -> bool:
    atexit.register(_leave)
    # Handlers can only be set in the main thread, which is the one of the server's event loop.
    runtime._get_async_objs().eventloop.call_soon_threadsafe(_bound_signals)
    return True


def _bound_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _after_grace(signal.getsignal(number)))


def _after_grace(before: Any) -> Callable[[int, types.FrameType | None], None]:
    def handle(number: int, frame: types.FrameType | None) -> None:
        timer = threading.Timer(GRACE, _leave)
        timer.daemon = True
        timer.start()
        if callable(before):
            before(number, frame)

    return handle


def _leave() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
