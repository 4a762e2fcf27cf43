"""Ctrl-C or SIGTERM ends the server within about a second, whatever still holds a connection or computes.

Streamlit's server waits without limit for open connections when it is asked to stop: one browser that stopped
reading in the middle of an answer holds it for ever. An interpreter that leaves while a daemon thread is inside
PyTorch can wait as well. Its runs are marked as interrupted on the way out, worker processes end with it, and nothing
else is lost by leaving: what is written is written whole.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
import types
from collections.abc import Callable
from typing import Any

from streamlit.runtime import Runtime

from engine.runs.ends import leave
from engine.runs.executors.ray import end_cluster
from ui.frame.server import once

GRACE = 0.8  # seconds for an orderly end
CLUSTER = 2.0  # seconds for Ray's processes
MARKING = 6.0  # seconds that marking its runs may take where the store is in use
REASON = "The server was stopped while it ran."
_leaving = threading.Lock()


def ensure_leaving() -> None:
    """Bounds how long this server takes to end; works once a process, and not under AppTest."""
    once("leaving", _prepare)


def _prepare(runtime: Runtime) -> bool:
    atexit.register(_leave)
    # Handlers can only be set in the main thread, which is the one of the server's event loop.
    runtime._get_async_objs().eventloop.call_soon_threadsafe(_bound_signals)
    return True


def _bound_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
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
    """Ends the process; the second thread that comes here waits for the first one to do so."""
    with _leaving:
        cluster = threading.Thread(target=end_cluster, daemon=True)
        cluster.start()
        cluster.join(CLUSTER)
        leave(REASON, MARKING)
        _exit()


def _exit() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # closed, or its reader has gone
            stream.flush()
    os._exit(0)
