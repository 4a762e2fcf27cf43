"""A sweep that runs in a thread of this process: launched, paused, stopped and looked at from anywhere.

One at a time a store, like the queue's one run a device. Nothing is kept here that the store does not have: after a
kill the same grid is launched again and computes what is missing.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import BadInput
from engine.originals.checkpoints import open_checkpoints
from engine.registry import unknown
from engine.runs import estimates
from engine.runs.executors import EXECUTORS, Control
from engine.runs.here import heartbeat
from engine.runs.reasons import reason_of
from engine.runs.store import Store, open_store
from engine.spec import Resolved
from engine.studies.sweep import Cell, Sweep, check
from engine.studies.sweep_runs import find_runs, missing, resolved_cells
from engine.system.singleton import singleton

log = logging.getLogger(__name__)
GOING_ON = ("running", "paused", "stopping")
START = 8.0  # seconds that worker processes take to import and load; measured by benchmarks/sweep.py on two cores


@dataclass(frozen=True)
class SweepView:
    """How far a sweep is: ``state`` is running, paused, stopping, finished, stopped or failed (with a ``reason``).

    ``seconds`` it has worked, pauses left out; ``left`` seconds to go, None before two runs have ended.
    """

    state: str
    todo: int
    ended: int
    failed: int
    seconds: float
    left: float | None
    stage: str
    reason: str | None


class SweepJob:
    """One sweep's missing runs on an executor."""

    def __init__(self, sweep: Sweep, todo: Sequence[Resolved], executor: str, store: Store, train_original: bool):
        self.sweep, self.executor = sweep, executor
        self.fingerprints = frozenset(resolved.fingerprint for resolved in todo)
        self._todo, self._store, self._train = list(todo), store, train_original
        self._control, self._lock = Control(), threading.Lock()
        self._end: str | None = None
        self._reason: str | None = None
        self._stage, self._ended, self._failed = "Starting", 0, 0
        self._worked, self._since, self._first = 0.0, time.monotonic(), 0.0
        self._thread = threading.Thread(target=self._work, daemon=True, name="sweep")
        self._thread.start()

    def pause(self) -> None:
        """Begins nothing new; what has begun ends."""
        with self._lock:
            if not self._control.paused.is_set():
                self._worked += time.monotonic() - self._since
                self._control.paused.set()

    def go_on(self) -> None:
        """Takes back a pause."""
        with self._lock:
            if self._control.paused.is_set():
                self._since = time.monotonic()
                self._control.paused.clear()

    def cancel(self) -> None:
        """Ends what runs as cancelled; what has ended stays."""
        self._control.cancel.set()

    def wait(self, seconds: float) -> bool:
        """Waits for the end; returns whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def view(self) -> SweepView:
        """How far it is, now."""
        with self._lock:
            paused, stopping = self._control.paused.is_set(), self._control.cancel.is_set()
            state = self._end or ("stopping" if stopping else "paused" if paused else "running")
            worked = self._worked + (0.0 if paused or self._end else time.monotonic() - self._since)
            rest, pace = len(self._todo) - self._ended, self._pace(worked)
            left = None if pace is None else pace * rest
            return SweepView(state, len(self._todo), self._ended, self._failed, worked, left, self._stage, self._reason)

    def _pace(self, worked: float) -> float | None:
        """Seconds a run, from the first one's end on: what comes before it is the workers' start."""
        return (worked - self._first) / (self._ended - 1) if self._ended > 1 and worked > self._first else None

    def _work(self) -> None:
        end, reason = "finished", None
        try:
            with heartbeat(self._store):
                for _, run in EXECUTORS[self.executor].run_all(self._todo, self._store, self._train, self._control,
                                                               self._tell):
                    with self._lock:
                        self._ended += 1
                        if self._ended == 1:
                            self._first = self._worked + time.monotonic() - self._since
                        self._failed += run.status == "failed"
            end = "finished" if self._ended == len(self._todo) else "stopped"
        except Exception as error:
            if not isinstance(error, BadInput):
                log.exception("a sweep failed")
            end, reason = "failed", reason_of(error)
        with self._lock:
            if not self._control.paused.is_set():
                self._worked += time.monotonic() - self._since
            self._end, self._reason = end, reason

    def _tell(self, progress: dict[str, Any]) -> None:
        fraction = progress.get("fraction")
        self._stage = progress["stage"] + ("" if fraction is None else f" {100 * fraction:.0f}%")


class Sweeps:
    """The sweep of a store. Make one with :func:`sweeps`."""

    def __init__(self, store: Store):
        self.store = store
        self.current: SweepJob | None = None  # the running one, else the one before
        self._lock = threading.Lock()

    def launch(self, sweep: Sweep, executor: str = "local", train_original: bool = False) -> SweepJob:
        """Starts what is missing of a grid. Raises BadSpec for a bad one, BadInput where nothing can be started."""
        check(sweep)
        if problems := executor_problems(executor):
            raise BadInput(" ".join(problems))
        with self._lock:
            if self.active:
                raise BadInput("Another sweep is running: stop it, or wait until it ends.")
            todo = missing(sweep, find_runs(sweep, self.store))
            if not todo:
                raise BadInput(f"All {sweep.size:,} runs of this grid are already computed or queued.")
            cells = resolved_cells(sweep)
            self.current = SweepJob(sweep, [cells[cell] for cell in todo], executor, self.store, train_original)
            return self.current

    @property
    def active(self) -> SweepJob | None:
        """The running sweep, or None."""
        job = self.current
        return job if job and job.view().state in GOING_ON else None


def executor_problems(name: str) -> list[str]:
    """Why an executor cannot be used here, in sentences; none where it can."""
    if name not in EXECUTORS:
        return [unknown("executor", name, tuple(EXECUTORS))]
    problem = EXECUTORS[name].problem()
    return [problem] if problem else []


def estimate(sweep: Sweep, todo: Sequence[Cell], store: Store) -> float | None:
    """Seconds that these cells take on this machine, from what was measured here; None where nothing was."""
    from engine.runs.executors.local import workers_for

    cells = resolved_cells(sweep)
    runs = [cells[cell] for cell in todo]
    seconds = estimates.together(runs, open_checkpoints(store.root), estimates.measured(store)).seconds
    lanes = workers_for(runs)
    return seconds if seconds is None or not lanes else START + seconds / lanes


def sweeps() -> Sweeps:
    """The sweeps of the store at ``$UNLEARN_HOME``, the same for the whole process whatever is reloaded."""
    store = open_store()
    return singleton("sweeps", store.url, lambda: Sweeps(store))
