"""This process: one run after another; data, Original and its read-outs are loaded once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from engine.spec import Resolved
from engine.store import Run, Store
from engine.terminal import run_here


def run_all(todo: Sequence[Resolved], store: Store, train_original: bool, cancel: threading.Event,
            on_progress: Callable[[dict[str, Any]], None] = lambda progress: None) -> Iterator[Run]:
    """Carries out each spec and yields its run as stored; stops after the one during which ``cancel`` was set.

    A run that fails is yielded as failed and the rest goes on. Raises BadInput where none of them can be done here.
    """
    for resolved in todo:
        if cancel.is_set():
            return
        yield run_here(resolved, store, train_original, cancel, on_progress)
