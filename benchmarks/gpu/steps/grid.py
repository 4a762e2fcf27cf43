"""The authors' grid of figure 2 on CIFAR-10, coarse first, so that a map is there whenever time is up."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.gpu.plan import Place
from engine.runs.executors import Control, local
from engine.runs.store import open_store
from engine.spec import resolve
from engine.studies.sweep import Cell, Sweep, preset
from engine.studies.sweep_runs import cell_of, find_runs

SPARE = 8.0  # seconds for what is on its way when time is up


def coarse_first(sweep: Sweep) -> list[Cell]:
    """All cells: every fourth value each way, then every second, then the rest, seed by seed."""
    def steps(cell: Cell) -> tuple[int, int]:
        x, y = sweep.across.values.index(cell[0]), sweep.down.values.index(cell[1])
        fine = 0 if x % 4 == y % 4 == 0 else 1 if x % 2 == y % 2 == 0 else 2
        return fine, sweep.seeds.index(cell[2])

    return sorted(sweep.cells(), key=steps)


def run(place: Place) -> Iterator[dict[str, Any]]:
    sweep = preset("authors", dataset="blobs" if place.tiny else "cifar10")
    store, began = open_store(), time.monotonic()
    there = find_runs(sweep, store, recorded=False)
    todo = [cell for cell in coarse_first(sweep) if cell not in there or not there[cell].finished]
    todo = todo[:1] if place.tiny else todo
    control = Control()
    ends = threading.Timer(max(1.0, place.seconds - SPARE), control.cancel.set)
    ends.daemon = True
    ends.start()
    done = 0
    specs = [resolve(sweep.spec(*cell)) for cell in todo]
    for position, one in local.run_all(specs, store, True, control):
        done += one.finished
        yield {**cell_of(sweep, todo[position], one), "at": round(time.monotonic() - began, 2)}
    ends.cancel()
    took = time.monotonic() - began
    yield {"cells": sweep.size, "before": len(there), "done": done, "seconds_all": round(took, 2),
           "lanes": local.workers_for(specs), "cells_per_second": round(done / took, 3)}
