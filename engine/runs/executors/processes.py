"""Worker processes on this machine. They compute; this process alone writes the store, as results come.

Processes are started afresh (not forked: torch and threads do not survive it) through pipes, so that they end with
this one, even with a kill -9. What is passed is JSON and parquet.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from engine.errors import Cancelled
from engine.originals.checkpoints import open_checkpoints
from engine.runs.executors import Control
from engine.runs.executors.worker import read_line
from engine.runs.store import Run, Store
from engine.spec import Resolved
from engine.system.paths import PROJECT

ASK = 1.0  # seconds between two looks whether somebody wants a single cell to stop
AHEAD = 2  # cells that a worker has been given: the one it computes, and the next, so that it never waits
TRIES = 2  # times that a cell may take its worker down with it
TICK = 0.1  # seconds: how soon a pause or a cancel is noticed
STOPPED = "Stopped with its sweep."
# glibc returns memory to the system and asks for it again several times a training step; a worker keeps it: about 3%
# less of a run's time. Elsewhere these variables mean nothing.
KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(2**30), "MALLOC_MMAP_THRESHOLD_": str(2**25),
               "MALLOC_TOP_PAD_": str(2**26)}


class Worker:
    """One process; what it says, and its end (None), is put into ``said`` with itself."""

    def __init__(self, said: queue.SimpleQueue, threads: int):
        path = os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH"))))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine.runs.executors.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, encoding="utf-8", start_new_session=True,  # Ctrl-C is for this process: it ends them in order
            env=KEEP_MEMORY | os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": str(threads)})
        self.given: list[int] = []
        self.split = ""
        threading.Thread(target=self._listen, args=(said,), daemon=True).start()

    def give(self, number: int, resolved: Resolved) -> None:
        self.given.append(number)
        self.split = resolved.split_identity()
        with contextlib.suppress(OSError):  # it has just died: that is told by the end of what it says
            print(json.dumps({"number": number, "spec": asdict(resolved.spec)}), file=self.process.stdin, flush=True)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError):
            self.process.stdin.close()

    def _listen(self, said: queue.SimpleQueue) -> None:
        with contextlib.suppress(ValueError, OSError):
            for line in self.process.stdout:
                said.put((self, line))
        said.put((self, None))


class Order:
    """What is left, by split: a worker stays on one, because what runs share there is measured once a process."""

    def __init__(self, todo: Sequence[Resolved]):
        self._left: OrderedDict[str, deque[int]] = OrderedDict()
        for number, resolved in enumerate(todo):
            self._left.setdefault(resolved.split_identity(), deque()).append(number)
        self._taken: set[str] = set()

    def take(self, split: str) -> int | None:
        """The next cell for a worker that was last on ``split``: there, else on a fresh one, else helping out."""
        if not self._left:
            return None
        fresh = (name for name in self._left if name not in self._taken)
        at = split if split in self._left else next(fresh, None) or max(self._left, key=lambda n: len(self._left[n]))
        self._taken.add(at)
        number = self._left[at].popleft()
        if not self._left[at]:
            del self._left[at]
        return number


class Drive:
    """Keeps the workers busy and writes down what they answer."""

    def __init__(self, todo: Sequence[Resolved], store: Store, workers: int):
        self.todo, self.store = todo, store
        self.said: queue.SimpleQueue = queue.SimpleQueue()
        self.threads = todo[0].dataset.threads or 1
        self.workers = [Worker(self.said, self.threads) for _ in range(workers)]
        self.order, self.again = Order(todo), deque[int]()
        self.ids: dict[int, str] = {}  # of the cells that run
        self.fell: dict[int, int] = {}  # how often a cell's worker died over it
        self.next_ask = 0.0

    def fill(self) -> None:
        """Gives every worker work; what starts is recorded first, all of it at once."""
        chosen = []
        for _ in range(AHEAD):
            for worker in self.workers:
                if len(worker.given) + sum(w is worker for w, _ in chosen) < AHEAD:
                    number = self.again.popleft() if self.again else self.order.take(worker.split)
                    if number is not None:
                        chosen.append((worker, number))
                        worker.split = self.todo[number].split_identity()
        fresh = [number for _, number in chosen if number not in self.ids]
        if fresh:
            self.ids |= zip(fresh, self.store.begin_all([self.todo[number] for number in fresh]), strict=True)
        for worker, number in chosen:
            worker.give(number, self.todo[number])

    def collect(self) -> list[tuple[int, Any]]:
        """What has been answered by now, after waiting a moment for the first."""
        found = []
        with contextlib.suppress(queue.Empty):
            found += self._heard(*self.said.get(timeout=TICK))
            while True:
                found += self._heard(*self.said.get_nowait())
        return found

    def stop(self) -> None:
        """Ends the workers, and what they were at."""
        for worker in self.workers:
            worker.end()
        self.store.settle([(run_id, {"status": "cancelled", "reason": STOPPED}, []) for run_id in self.ids.values()])
        self.ids.clear()

    def _heard(self, worker: Worker, line: str | None) -> list[tuple[int, Any]]:
        if line is None:
            return self._died(worker)
        number, outcome = read_line(line)
        if number in worker.given:
            worker.given.remove(number)
        return [(number, outcome)] if number in self.ids else []  # else it was stopped by itself

    def stopped(self) -> list[tuple[int, Any]]:
        """Cells that were stopped by themselves, from their own pages: what they come to is not waited for."""
        from engine.runs.outcome import Outcome

        if time.monotonic() < self.next_ask:
            return []
        self.next_ask = time.monotonic() + ASK
        asked = {run["id"] for run in self.store.list(status=("running",)) if run["cancel"]}
        return [(number, Outcome({"status": "cancelled", "reason": "Stopped."}))
                for number, run_id in self.ids.items() if run_id in asked]

    def _died(self, worker: Worker) -> list[tuple[int, Any]]:
        """Another worker takes the place of one that died; its cell is tried again, but not for ever."""
        from engine.runs.outcome import failed

        worker.end()
        self.workers[self.workers.index(worker)] = Worker(self.said, self.threads)
        given = worker.given
        if given:
            self.fell[given[0]] = self.fell.get(given[0], 0) + 1
        if given and self.fell[given[0]] >= TRIES:
            self.again.extend(given[1:])
            return [(given[0], failed(f"Its process ended without an answer (exit status {worker.process.returncode}, "
                                      f"{TRIES} of {TRIES} tries): out of memory?"))]
        self.again.extend(given)
        return []


def run_in_processes(todo: Sequence[Resolved], store: Store, train_original: bool, control: Control, workers: int,
                     on_progress: Callable[[dict[str, Any]], None]) -> Iterator[tuple[int, Run]]:
    """See :func:`engine.runs.executors.local.run_all`. The processes start while this one makes the Original ready."""
    drive = Drive(todo, store, workers)
    try:
        from engine.originals.workbench import prepare_bench
        from engine.runs.recording import record
        from engine.system.device import default_device

        prepare_bench(todo[0], open_checkpoints(), default_device(), train_original,
                      lambda text, fraction: on_progress({"stage": text, "fraction": fraction}), control.cancel)
        left = len(todo)
        while left and not control.cancel.is_set():
            if not control.paused.is_set():
                drive.fill()
            ended = [(number, drive.ids.pop(number), outcome) for number, outcome in drive.collect()]
            ended += [(number, drive.ids.pop(number), outcome) for number, outcome in drive.stopped()]
            left -= len(ended)
            runs = record(store, [(todo[number], run_id, outcome) for number, run_id, outcome in ended])
            yield from zip((number for number, *_ in ended), runs, strict=True)
            on_progress({"stage": "Unlearning"})
    except Cancelled:
        return
    finally:
        drive.stop()
