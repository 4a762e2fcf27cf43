"""Tables 1 and 4 of the paper, profile paper: a process a size or class, all on one card."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from typing import Any

from benchmarks.gpu.plan import Place
from engine.registry import names
from engine.runs.here import heartbeat, run_here
from engine.runs.store import open_store
from engine.spec import resolve
from engine.studies.comparison import Comparison, find_runs
from engine.studies.paper import TABLES

METRICS = ("retain_accuracy", "forget_accuracy", "test_accuracy", "accuracy_gap", "mia_loss", "mia_entropy",
           "mia_loss_gap", "mia_entropy_gap")
SEEDS = (0, 1, 2)


def comparisons(tiny: bool) -> list[Comparison]:
    """One a size of Table 1, then one a class of Table 4."""
    if tiny:
        return [Comparison("blobs", "random", 0.15, ("finetune",), (0,), "paper", None)]
    return [Comparison(table.dataset, table.scenario, forget, tuple(m for m in table.methods if m in names("method")),
                       SEEDS, "paper", None)
            for table in (TABLES["table1"], TABLES["table4"]) for forget in table.forgets]


def cells(comparison: Comparison) -> Iterator[dict[str, Any]]:
    """Carries out what the store lacks of a comparison; recorded runs do not count."""
    store = open_store()
    found = find_runs(comparison, store, recorded=False)
    with heartbeat(store):
        for method, seed in comparison.grid():
            run = found.get((method, seed))
            if run is None or not run.finished:
                run = run_here(resolve(comparison.spec(method, seed)), store, True, threading.Event(), lambda _: None,
                               keep_weights=False)
            measured = run.metrics
            yield {"scenario": comparison.scenario, "forget": comparison.forget, "method": method, "seed": seed,
                   "status": run.status, "reason": run.reason, "seconds": run.seconds,
                   **{name: measured.get(name) if measured else None for name in METRICS}}


def _lane(comparison: Comparison, said: Any) -> None:
    try:
        for cell in cells(comparison):
            said.put(cell)
    except BaseException as error:
        said.put({"scenario": comparison.scenario, "forget": comparison.forget, "status": "failed",
                  "reason": repr(error)})
        raise
    finally:
        said.put(None)


def run(place: Place) -> Iterator[dict[str, Any]]:
    todo = comparisons(place.tiny)
    if place.tiny:
        yield from cells(todo[0])
        return
    fork = multiprocessing.get_context("fork")
    first = fork.Process(target=open_store)  # makes the store before several ask for it; its connection ends with it
    first.start()
    first.join()
    said = fork.SimpleQueue()
    lanes = [fork.Process(target=_lane, args=(comparison, said), daemon=True) for comparison in todo]
    for lane in lanes:
        lane.start()
    left = len(lanes)
    while left:
        cell = said.get()
        if cell is None:
            left -= 1
        else:
            yield cell
