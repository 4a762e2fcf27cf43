"""Whether the lab answers and its queue moves, for whoever watches over a server.

A queue moves where nothing waits, where a living process carries out a run, or where the last change is recent. Runs
that wait while nobody works on them mean that the server was not started, or that its worker hangs.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import StoreUnavailable
from engine.runs import process
from engine.runs.records import Run
from engine.runs.store import Store, open_store

PATIENCE = 60.0  # seconds that a run may wait while nobody works; a worker looks at its queue every five


@dataclass(frozen=True)
class Health:
    """What a look into the store found.

    Attributes
    ----------
    healthy : bool
        Whether the store answers and the queue moves.
    waiting, running : int
        Runs in the queue, and runs that a living process carries out.
    idle_seconds : float
        How long the oldest waiting run has waited while nobody worked; 0 where somebody does or nothing waits.
    reason : str
        One sentence.
    """

    healthy: bool
    waiting: int
    running: int
    idle_seconds: float
    reason: str


def health(patience: float = PATIENCE) -> Health:
    """Looks into the store of ``$UNLEARN_HOME``.

    Parameters
    ----------
    patience : float
        Seconds that a run may wait while nobody works.

    Examples
    --------
    >>> from engine.runs.health import health
    >>> health().waiting
    0
    """
    try:
        return _judged(open_store(), patience)
    except StoreUnavailable as error:
        return Health(False, 0, 0, 0.0, str(error))


def _judged(store: Store, patience: float) -> Health:
    waiting = store.list(status=("queued",))
    running = [run for run in store.list(status=("running",)) if process.alive(run.owner, run.heartbeat)]
    idle = 0.0 if running or not waiting else max(time.time() - _last_change(store, waiting), 0.0)
    return Health(idle <= patience, len(waiting), len(running), round(idle, 1),
                  _sentence(len(waiting), len(running), idle, patience))


def _last_change(store: Store, waiting: Sequence[Run]) -> float:
    """When the queue last moved: a run ended, or the oldest of those that wait came; seconds since 1970."""
    return max([store.last_end(), min(run.created or 0.0 for run in waiting)])


def _sentence(waiting: int, running: int, idle: float, patience: float) -> str:
    if idle > patience:
        return (f"The queue stands still: {_runs(waiting)} waiting for {idle:.0f} s, and no process works on the "
                "queue. Start the server, or start it again.")
    return f"The store answers: {_runs(running)} running, {_runs(waiting)} waiting."


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"
