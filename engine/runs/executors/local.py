"""This machine: one process a core where runs are small, else this process, one run after another.

Measured on two cores (``benchmarks/sweep.py``): a run on digits is bound by one thread, so two processes of one thread
each finish twice as many as one of two. A data set that leaves its threads open fills a machine with one run.
A large card is far from filled by one: several processes share it, each with data and networks of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from engine.runs.executors import Control, OnProgress
from engine.runs.executors.drive import run_on_lanes
from engine.runs.executors.processes import Processes
from engine.runs.here import run_here
from engine.runs.records import Run
from engine.runs.store import Store
from engine.spec import Resolved
from engine.system.known import all_known
from engine.system.machine import GIB, cores, graphics_card

LANE_MEMORY, MOST_LANES = 4 * GIB, 8  # of a card, for each process: its context, the data, a network in training


def run_all(todo: Sequence[Resolved], store: Store, train_original: bool, control: Control,
            on_progress: OnProgress = lambda progress: None) -> Iterator[tuple[int, Run]]:
    """Carries out each spec and yields its position with its run as stored; stops soon after ``cancel`` was set.

    A run that fails is yielded as failed and the rest continues. Raises BadInput where none of them can be done here.
    """
    workers = workers_for(todo)
    if workers:
        yield from run_on_lanes(lambda cells: Processes(cells, workers, control.keep_weights), todo, store,
                                train_original, control, on_progress)
        return
    for position, resolved in enumerate(todo):
        if not control.hold():
            return
        yield position, run_here(resolved, store, train_original, control.cancel, on_progress,
                                 keep_weights=control.keep_weights)


def problem() -> None:
    """This machine is always there."""


def workers_for(todo: Sequence[Resolved]) -> int:
    """How many processes to use; 0: none, every run has the whole machine (and is watched live)."""
    if os.environ.get("UNLEARN_DEVICE", "cpu") != "cpu" or (graphics_card() and not os.environ.get("UNLEARN_DEVICE")):
        return lanes_on_card(len(todo))
    threads = all_known(resolved.dataset.threads for resolved in todo)
    if len(todo) < 2 or threads is None:
        return 0
    return max(1, min(cores() // max(threads), len(todo)))


def lanes_on_card(runs: int) -> int:
    """How many processes share the card; 0 where fewer than four runs or a small card make one process the quicker."""
    from engine.system.device import default_device, free_memory

    free = free_memory(default_device())
    lanes = min(MOST_LANES, cores() // 2, int(free // LANE_MEMORY), runs // 2)
    return lanes if lanes > 1 else 0
