"""What a run needs is imported in the background once the first page is drawn, so that the first click is quick."""

from __future__ import annotations

import importlib
import logging
import threading
import time

from engine.system.singleton import singleton

AFTER = 0.3  # seconds, in which the browser draws what it was sent
NEEDED = ("torch", "engine.runs.execute", "engine.registry")


def ensure_warm() -> None:
    """Starts the imports once a process; a daemon, so that nothing waits for it at the end."""
    singleton("warm", "imports", _start)


def _start() -> threading.Thread:
    thread = threading.Thread(target=_import, name="warm-up", daemon=True)
    thread.start()
    return thread


def _import() -> None:
    time.sleep(AFTER)
    for name in NEEDED:
        try:
            importlib.import_module(name)
        except Exception:  # the first run says what is wrong
            logging.getLogger(__name__).warning("%s could not be imported ahead of time", name, exc_info=True)
            return
