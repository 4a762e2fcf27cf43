"""Keeps lanes busy and writes down what they answer: the same whether a lane is a process or an actor of a cluster.

Lanes compute; this process alone writes the store, as answers come.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from engine.errors import Cancelled, StoreUnavailable
from engine.originals.checkpoints import open_checkpoints, original_key
from engine.runs.ends import settle_runs
from engine.runs.executors import Control, OnProgress
from engine.runs.outcome import Outcome, cancelled
from engine.runs.patience import patiently
from engine.runs.records import Run
from engine.runs.store import Store
from engine.spec import Resolved

if TYPE_CHECKING:
    from engine.originals.workbench import Bench

ASK = 1.0  # seconds between two looks whether somebody wants a single cell to stop
AHEAD = 2  # cells that a lane has been given: the one it computes, and the next, so that it never waits
TRIES = 2  # times that a cell may take its lane down with it
TICK = 0.1  # seconds: how soon a pause or a cancel is noticed
STOPPED = "Stopped with its sweep."


class Lanes(Protocol):
    """So many lanes, each of which computes what it was given, one cell after another."""

    @property
    def stage(self) -> str:
        """What a person reads while they work."""

    def begin(self, bench: Bench) -> None:
        """Before the first cell is given. Raises BadInput where no lane can be had."""

    def __len__(self) -> int: ...

    def give(self, lane: int, number: int, resolved: Resolved) -> None: ...

    def answers(self) -> list[tuple[int, Outcome | None]]:
        """Cells by number with their outcomes, after at most ``TICK`` seconds; None: the cell is to be given again."""

    def close(self) -> None:
        """Ends the lanes, whatever they are at."""


class Order:
    """What is left, by split: a lane stays on one, because what runs share there is measured once a process."""

    def __init__(self, todo: Sequence[Resolved]):
        self._left: OrderedDict[str, deque[int]] = OrderedDict()
        for number, resolved in enumerate(todo):
            self._left.setdefault(resolved.split_identity(), deque()).append(number)
        self._taken: set[str] = set()

    def take(self, split: str) -> int | None:
        """The next cell for a lane that was last on ``split``: there, else on a fresh one, else helping out."""
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
    """The cells that begin from one Original, on lanes."""

    def __init__(self, todo: Sequence[Resolved], store: Store, lanes: Lanes, keep_weights: bool = False):
        self.todo, self.store, self.lanes, self.keep_weights = todo, store, lanes, keep_weights
        self.order, self.again = Order(todo), deque[int]()
        self.ids: dict[int, str] = {}  # runs of the cells that have begun and not ended
        self.lane_of: dict[int, int] = {}  # of the cells that were given and not answered
        self.splits = [""] * len(lanes)  # each lane's last one
        self._next_ask = 0.0

    def run(self, control: Control, on_progress: OnProgress) -> Iterator[tuple[int, Run]]:
        """Yields each cell's number with its run as stored; stops soon after ``cancel`` was set."""
        from engine.runs.recording import record

        left = len(self.todo)
        while left and not control.cancel.is_set():
            if not control.paused.is_set():
                self.fill()
            ended = [*self._taken(self.collect()), *self._taken(self.stopped())]
            left -= len(ended)
            runs = record(self.store, [(self.todo[number], run_id, outcome) for number, run_id, outcome in ended])
            yield from zip((number for number, *_ in ended), runs, strict=True)
            on_progress({"stage": self.lanes.stage})

    def fill(self) -> None:
        """Gives every lane work; what starts is recorded first, all of it at once."""
        chosen = [(lane, number) for _ in range(AHEAD) for lane in range(len(self.splits))
                  if (number := self._next(lane)) is not None]
        fresh = [number for _, number in chosen if number not in self.ids]
        if fresh:
            todo = [self.todo[number] for number in fresh]
            self.ids |= zip(fresh, patiently(self.store, lambda: self.store.begin_all(todo, self.keep_weights)),
                            strict=True)
        for lane, number in chosen:
            self.lanes.give(lane, number, self.todo[number])

    def collect(self) -> list[tuple[int, Outcome]]:
        """What has been answered by now; cells that nobody waits for any more are left out."""
        found = []
        for number, outcome in self.lanes.answers():
            self.lane_of.pop(number, None)
            if number in self.ids:
                if outcome is None:
                    self.again.append(number)
                else:
                    found.append((number, outcome))
        return found

    def stopped(self) -> list[tuple[int, Outcome]]:
        """Cells that were stopped by themselves, from their own pages: what they come to is not waited for."""
        if time.monotonic() < self._next_ask:
            return []
        self._next_ask = time.monotonic() + ASK
        try:
            with self.store.waiting(TICK):
                asked = {run.id for run in self.store.list(status=("running",)) if run.cancel}
        except StoreUnavailable:
            return []  # the next look will tell
        return [(number, cancelled("Stopped.")) for number, run_id in self.ids.items() if run_id in asked]

    def stop(self) -> None:
        """Ends what the lanes were at."""
        settle_runs(self.store, [(run_id, cancelled(STOPPED).columns, []) for run_id in self.ids.values()])
        self.ids.clear()

    def _next(self, lane: int) -> int | None:
        """The cell that a lane is to be given, None where it has enough or nothing is left."""
        if sum(at == lane for at in self.lane_of.values()) >= AHEAD:
            return None
        number = self.again.popleft() if self.again else self.order.take(self.splits[lane])
        if number is not None:
            self.lane_of[number] = lane
            self.splits[lane] = self.todo[number].split_identity()
        return number

    def _taken(self, ended: Sequence[tuple[int, Outcome]]) -> list[tuple[int, str, Outcome]]:
        return [(number, self.ids.pop(number), outcome) for number, outcome in ended]


def run_on_lanes(lanes_for: Callable[[Sequence[Resolved]], Lanes], todo: Sequence[Resolved], store: Store,
                 train_original: bool, control: Control, on_progress: OnProgress) -> Iterator[tuple[int, Run]]:
    """See :func:`engine.runs.executors.local.run_all`. What begins from another Original gets lanes of its own."""
    for positions in by_original(todo):
        cells = [todo[position] for position in positions]
        for number, run in _run_group(lanes_for, cells, store, train_original, control, on_progress):
            yield positions[number], run
        if control.cancel.is_set():
            return


def by_original(todo: Sequence[Resolved]) -> list[list[int]]:
    """Positions of the cells that share data, model and Original, in the order of the first of each."""
    groups: dict[str, list[int]] = {}
    for position, resolved in enumerate(todo):
        groups.setdefault(original_key(resolved).name, []).append(position)
    return list(groups.values())


def _run_group(lanes_for: Callable[[Sequence[Resolved]], Lanes], todo: Sequence[Resolved], store: Store,
               train_original: bool, control: Control, on_progress: OnProgress) -> Iterator[tuple[int, Run]]:
    """Lanes may start while this process makes the Original ready."""
    lanes, drive = lanes_for(todo), None
    try:
        from engine.originals.workbench import prepare_bench
        from engine.system.device import default_device

        lanes.begin(prepare_bench(
            todo[0], open_checkpoints(), default_device(), train_original,
            lambda text, fraction: on_progress({"stage": text, "fraction": fraction}), control.cancel))
        drive = Drive(todo, store, lanes, control.keep_weights)
        yield from drive.run(control, on_progress)
    except Cancelled:
        return
    finally:
        lanes.close()
        if drive:
            drive.stop()
