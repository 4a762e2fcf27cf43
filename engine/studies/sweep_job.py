"""A sweep that runs in a thread of this process: launched, paused, stopped and looked at from anywhere.

One at a time a store, like the queue's one run a device. Nothing is kept here that the store does not have: after a
kill the same grid is launched again and computes what is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.errors import BadInput
from engine.originals.checkpoints import open_checkpoints
from engine.runs import estimates
from engine.runs.executors import EXECUTORS, Control
from engine.runs.here import heartbeat
from engine.runs.store import Store, open_store
from engine.spec import Resolved
from engine.studies.job import Job, OneAtATime, executor_problems
from engine.studies.sweep import Cell, Sweep, check
from engine.studies.sweep_runs import find_runs, missing, resolved_cells
from engine.system.singleton import singleton

START = 8.0  # seconds that worker processes take to import and load; measured by benchmarks/sweep.py on two cores


class SweepJob(Job):
    """One sweep's missing runs on an executor."""

    def __init__(self, sweep: Sweep, todo: Sequence[Resolved], executor: str, store: Store, train_original: bool):
        super().__init__(len(todo), "sweep")
        self.sweep, self.executor = sweep, executor
        self.fingerprints = frozenset(resolved.fingerprint for resolved in todo)
        self._todo, self._store, self._train = list(todo), store, train_original
        self.start()

    def ends(self, control: Control) -> Iterator[bool]:
        with heartbeat(self._store):
            for _, run in EXECUTORS[self.executor].run_all(self._todo, self._store, self._train, control, self.tell):
                yield run.status == "failed"


class Sweeps(OneAtATime[SweepJob]):
    """The sweep of a store. Make one with :func:`sweeps`."""

    def __init__(self, store: Store):
        super().__init__()
        self.store = store

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
            self.store.check_room(len(todo))
            cells = resolved_cells(sweep)
            self.current = SweepJob(sweep, [cells[cell] for cell in todo], executor, self.store, train_original)
            return self.current


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
