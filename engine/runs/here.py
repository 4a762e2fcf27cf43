"""A run carried out in this process, and the heartbeat that says it is alive."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from engine.errors import BadInput
from engine.originals.checkpoints import open_checkpoints
from engine.runs.ends import write_again
from engine.runs.patience import ATTEMPT, patiently
from engine.runs.records import Run
from engine.runs.store import Store
from engine.spec import Resolved


def run_here(resolved: Resolved, store: Store, train_original: bool, cancel: threading.Event,
             on_progress: Callable[[dict[str, Any]], None], queued: str | None = None,
             keep_weights: bool | None = None) -> Run:
    """Records a run, or takes the queued one of that id, and carries it out in this process; returns it as stored.

    Raises BadInput where what is asked for is not possible here; a run that was recorded for it is removed again.
    """
    run_id = queued or patiently(store, lambda: store.begin(resolved, train_original, keep_weights))
    try:
        from engine.runs.execute import execute

        return execute(patiently(store, lambda: store.get(run_id)), store, open_checkpoints(), cancel=cancel,
                       on_progress=on_progress)
    except BadInput:
        if queued is None:
            store.delete(run_id)  # nothing ran
        raise
    except KeyboardInterrupt:
        with store.waiting(ATTEMPT):
            store.end(run_id, "cancelled", reason="Interrupted.")
        return store.get(run_id)


@contextlib.contextmanager
def heartbeat(store: Store) -> Iterator[None]:
    """Says every few seconds that this process is alive, for all its runs."""
    done = threading.Event()

    def beat() -> None:
        from engine.runs.queue import BEAT_EVERY

        while not done.wait(BEAT_EVERY):
            with contextlib.suppress(Exception), store.waiting(ATTEMPT):  # a missed beat is no reason to end a run
                store.beat()
                write_again(store)

    threading.Thread(target=beat, daemon=True, name="heartbeat").start()
    try:
        yield
    finally:
        done.set()
