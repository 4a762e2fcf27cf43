"""Worker processes on this machine as lanes (engine/runs/executors/drive.py).

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
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from engine.runs.executors.drive import TICK, TRIES
from engine.runs.executors.worker import read_line
from engine.runs.outcome import Outcome, failed
from engine.system.paths import PROJECT

if TYPE_CHECKING:
    from engine.originals.workbench import Bench
    from engine.spec import Resolved

# glibc returns memory to the system and asks for it again several times a training step; a worker keeps it: about 3%
# less of a run's time. Elsewhere these variables mean nothing.
KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(2**30), "MALLOC_MMAP_THRESHOLD_": str(2**25),
               "MALLOC_TOP_PAD_": str(2**26)}


T = TypeVar("T")
A = TypeVar("A")


class Worker:
    """One process; what it says, and its end (None), is put into ``said`` with itself."""

    def __init__(self, said: queue.SimpleQueue[tuple[Worker, str | None]], threads: int):
        path = os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH"))))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine.runs.executors.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, encoding="utf-8", start_new_session=True,  # Ctrl-C is for this process: it ends them in order
            env=KEEP_MEMORY | os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": str(threads)})
        self.given: list[int] = []
        threading.Thread(target=self._listen, args=(said,), daemon=True).start()

    def give(self, number: int, asked: dict[str, Any]) -> None:
        self.given.append(number)
        with contextlib.suppress(OSError):  # it has just died: the end of what it says shows that
            print(json.dumps({"number": number, **asked}), file=self.process.stdin, flush=True)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError):
            if self.process.stdin:
                self.process.stdin.close()

    def _listen(self, said: queue.SimpleQueue[tuple[Worker, str | None]]) -> None:
        with contextlib.suppress(ValueError, OSError):
            for line in self.process.stdout or ():
                said.put((self, line))
        said.put((self, None))


class WorkerProcesses(Generic[T, A]):
    """So many worker processes that answer tasks (T) with answers (A); another takes the place of one that dies."""

    def __init__(self, threads: int, workers: int):
        self.said: queue.SimpleQueue[tuple[Worker, str | None]] = queue.SimpleQueue()
        self.threads = threads
        self.workers = [Worker(self.said, self.threads) for _ in range(workers)]
        self.fell: dict[int, int] = {}  # how often a task's worker died over it

    def asked(self, task: T) -> dict[str, Any]:
        """A task as JSON."""
        raise NotImplementedError

    def understood(self, line: str) -> tuple[int, A]:
        """The number and the answer that a line holds."""
        raise NotImplementedError

    def lost(self, reason: str) -> A:
        """The answer of a task that nothing came of."""
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self.workers)

    def give(self, lane: int, number: int, task: T) -> None:
        self.workers[lane].give(number, self.asked(task))

    def answers(self) -> list[tuple[int, A | None]]:
        found: list[tuple[int, A | None]] = []
        with contextlib.suppress(queue.Empty):
            found += self._heard(*self.said.get(timeout=TICK))
            while True:
                found += self._heard(*self.said.get_nowait())
        return found

    def close(self) -> None:
        for worker in self.workers:
            worker.end()

    def _heard(self, worker: Worker, line: str | None) -> list[tuple[int, A | None]]:
        if line is None:
            return self._died(worker)
        number, answer = self.understood(line)
        worker.given.remove(number)
        return [(number, answer)]

    def _died(self, worker: Worker) -> list[tuple[int, A | None]]:
        """What the worker had been given is tried again, the task that it was at not for ever."""
        worker.end()
        self.workers[self.workers.index(worker)] = Worker(self.said, self.threads)
        if not worker.given:
            return []
        first, *others = worker.given
        self.fell[first] = self.fell.get(first, 0) + 1
        lost = None if self.fell[first] < TRIES else self.lost(
            f"Its process ended without an answer (exit status {worker.process.returncode}, {TRIES} of {TRIES} tries): "
            "out of memory?")
        return [(first, lost), *((number, None) for number in others)]


class Processes(WorkerProcesses["Resolved", Outcome]):
    """Worker processes that carry out runs."""

    stage = "Unlearning"

    def __init__(self, todo: Sequence[Resolved], workers: int, keep_weights: bool = False):
        self.keep_weights = keep_weights
        super().__init__(todo[0].dataset.threads or 1, min(workers, len(todo)))

    def begin(self, bench: Bench) -> None:
        """Nothing to do: each worker loads its own, from the same files."""

    def asked(self, task: Resolved) -> dict[str, Any]:
        return {"spec": asdict(task.spec), "keep_weights": self.keep_weights}

    def understood(self, line: str) -> tuple[int, Outcome]:
        return read_line(line)

    def lost(self, reason: str) -> Outcome:
        return failed(reason)
