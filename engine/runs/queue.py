"""The queue: one worker thread a device, first in, first out, kept in the store.

A process has one manager (``manager()``), held where hot reload of modules does not lose it. Workers
are daemon threads: Ctrl-C ends the process at once, and the next start finds what was running as
interrupted and continues with the queue.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from typing import Any

from engine.errors import BadInput, EndUnwritten, LabError
from engine.originals.checkpoints import Checkpoints, open_checkpoints
from engine.own import unused
from engine.runs import leftovers
from engine.runs.ends import end_run, write_again
from engine.runs.patience import ATTEMPT
from engine.runs.reasons import reason_of
from engine.runs.records import Run
from engine.runs.store import Store, open_store
from engine.spec import resolve
from engine.system.read_only import read_only
from engine.system.singleton import singleton
from engine.types import Spec

log = logging.getLogger(__name__)
BEAT_EVERY = 5.0  # seconds between two heartbeats; also how soon a run queued elsewhere is noticed


class Jobs:
    """Runs what is queued in a store. Make one with :func:`manager`."""

    def __init__(self, store: Store, checkpoints: Checkpoints | None = None):
        self.store = store
        self.checkpoints = checkpoints or open_checkpoints(store.root)
        self.interrupted: list[str] = []
        self._cancel: dict[str, threading.Event] = {}
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._workers: list[threading.Thread] = []
        self._lock = threading.Lock()

    def start(self) -> None:
        """Marks what a killed process left behind, and continues with the queue. Does nothing the second time."""
        with self._lock:
            if self._workers or read_only():
                return
            leftovers.settle(self.store)
            self.interrupted = list(self.store.interrupted)
            self._spawn("jobs-heartbeat", self._beat)
            self._spawn("jobs-worker", self._work)

    def submit(self, spec: Spec, train_original: bool = False, keep_weights: bool | None = None) -> str:
        """Checks a spec and puts it at the end of the queue; returns the run's id. Raises BadSpec."""
        run_id = self.store.submit(resolve(spec), train_original, keep_weights)
        self.start()
        self._wake.set()
        return run_id

    def rerun(self, run_id: str) -> str:
        """Queues the spec of an earlier run again."""
        run = self.store.get(run_id)
        return self.submit(run.resolved().spec, run.train_original, run.keep_weights)

    def cancel(self, run_id: str) -> None:
        """Takes a run out of the queue, or asks it to stop and keep what it has, whichever process runs it."""
        self.store.request_cancel(run_id)
        event = self._cancel.get(run_id)
        if event:
            event.set()

    def stop(self, timeout: float = 10.0) -> None:
        """Cancels what runs and ends the threads; for tests and for embedding. The queue stays."""
        self._stopping.set()
        self._wake.set()
        for event in list(self._cancel.values()):
            event.set()
        for worker in self._workers:
            worker.join(timeout)
        self._workers = []

    def _spawn(self, name: str, target: Any, *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, name=name, daemon=True)
        self._workers.append(thread)
        thread.start()

    def _beat(self) -> None:
        while not self._stopping.wait(BEAT_EVERY):
            try:
                with self.store.waiting(ATTEMPT):
                    self.store.beat()
                    self.store.mark_interrupted()
                    write_again(self.store)
            except LabError:
                log.warning("the run store did not answer a heartbeat")

    def _work(self) -> None:
        """The first worker: waits for work before it imports torch, then starts the other devices' workers."""
        while not self._stopping.is_set() and not self._queued():
            self._pause()
        if self._stopping.is_set():
            return
        devices = _devices()
        for device in devices[1:]:
            self._spawn(f"jobs-worker-{device}", self._work_on, device)
        self._work_on(devices[0])

    def _work_on(self, device: Any) -> None:
        while not self._stopping.is_set():
            try:
                run = self.store.claim()
            except LabError:
                log.warning("the run store did not answer; trying again")
                run = None
            if run is None:
                self._pause()
            else:
                self._carry_out(run, device)

    def _carry_out(self, run: Run, device: Any) -> None:
        from engine.runs.execute import execute

        cancel = self._cancel.setdefault(run.id, threading.Event())
        try:
            execute(run, self.store, self.checkpoints, device, cancel)
        except BadInput:  # the run has ended with the reason
            pass
        except EndUnwritten as error:  # kept, and written as soon as that is possible
            log.error("%s", error)
        except Exception as error:  # nothing that a run does may end the worker
            log.exception("run %s failed", run.id)
            self._end(run.id, reason_of(error))
        finally:
            self._cancel.pop(run.id, None)

    def _end(self, run_id: str, reason: str) -> None:
        """No run stays "running" that nobody runs."""
        with contextlib.suppress(LabError):
            end_run(self.store, run_id, {"status": "failed", "reason": reason})

    def _queued(self) -> bool:
        try:
            return bool(self.store.list(status=("queued",), limit=1))
        except LabError:
            return False

    def _pause(self) -> None:
        self._wake.wait(BEAT_EVERY)
        self._wake.clear()


def _devices() -> list[Any]:
    import torch

    from engine.system.device import default_device

    try:
        first = default_device()
    except BadInput:
        return [None]  # asked again for every run, which then fails with the reason
    if first.type == "cuda" and (first.index is None or not os.environ.get("UNLEARN_DEVICE")):
        return [torch.device("cuda", index) for index in range(torch.cuda.device_count())]
    return [first]


def manager() -> Jobs:
    """The process-wide manager of the store at ``$UNLEARN_HOME``, started on first use."""
    store = open_store()
    return singleton("managers", store.url, lambda: _started(store))


def _started(store: Store) -> Jobs:
    unused.clear()
    jobs = Jobs(store)
    jobs.start()
    return jobs
