"""Where the time of a sweep's cells goes: by part of a run, and by operator of its training.

``python benchmarks/operators.py [--cells 12]``: cells of the authors' grid, one forget fraction, through what a
sweep's worker does with them, in this process and on one thread, in CPU time; then one of them under torch's profiler.
Prints a table, and one JSON object last.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported

import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks._timing import report
from engine.runs import compute, method
from engine.runs.executors import worker
from engine.spec import resolve
from engine.studies.sweep import Cell, preset
from engine.training import loop

SHOWN = 14  # operators
# Whose CPU time is a part's, from the outer to the inner: an inner one's is not counted twice.
PARTS = {(method, "run_method"): "the rest of a run", (method, "unlearn_from"): "training steps",
         (loop, "mean_loss"): "validation losses", (method, "read_sets"): "read-outs",
         (method, "metrics_of"): "attacks and other metrics", (method, "original_metrics"): "the Original's metrics",
         (method, "beside"): "chance ranges", (method, "samples_frame"): "tables of samples"}


class Clock:
    """CPU seconds by part: each part's own, without those it asks."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.asked = [0.0]  # CPU seconds of the parts that each open part has asked

    def timed(self, work: Callable[..., Any], part: str) -> Callable[..., Any]:
        def wrapped(*of: Any, **named: Any) -> Any:
            began = time.process_time()
            self.asked.append(0.0)
            try:
                return work(*of, **named)
            finally:
                whole = time.process_time() - began
                self.seconds[part] += whole - self.asked.pop()
                self.asked[-1] += whole
        return wrapped


def carried_out(cells: list[Cell]) -> None:
    """What a worker does with these cells; stops where one fails."""
    for number, cell in enumerate(cells):
        spec = asdict(resolve(preset("authors").spec(*cell)).spec)
        answer = json.loads(worker._answer(json.dumps({"number": number, "spec": spec, "keep_weights": False})))
        if answer["columns"]["status"] != "finished":
            sys.exit(answer["columns"]["reason"])


def operators(cell: Cell) -> dict[str, float]:
    """Milliseconds of a cell by operator, without the operators that one asks."""
    with profile(activities=[ProfilerActivity.CPU]) as found:
        carried_out([cell])
    return {event.key: event.self_cpu_time_total / 1e3 for event in found.key_averages()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cells", type=int, default=12)
    count = parser.parse_args().cells
    cells = [cell for cell in preset("authors").cells() if cell[1] == 0.15 and cell[2] == 0][:count]
    with tempfile.TemporaryDirectory() as home:
        os.environ["UNLEARN_HOME"] = home
        carried_out(cells[:1])
        clock = Clock()
        for (module, name), part in PARTS.items():
            setattr(module, name, clock.timed(getattr(module, name), part))
        compute.run_method = method.run_method
        compute.original_metrics = method.original_metrics
        began = time.process_time()
        carried_out(cells)
        whole = (time.process_time() - began) / len(cells)
        parts = {part: seconds / len(cells) for part, seconds in clock.seconds.most_common()}
        by_operator = operators(cells[-1])
    for part, seconds in parts.items():
        print(f"{part:28} {1e3 * seconds:7.1f} ms a cell {100 * seconds / whole:5.1f}%")
    total = sum(by_operator.values())
    for name, spent in sorted(by_operator.items(), key=lambda item: -item[1])[:SHOWN]:
        print(f"{name[:48]:48} {spent:7.1f} ms {100 * spent / total:5.1f}% of operators")
    report("operators", cells=len(cells), capability=torch.backends.cpu.get_cpu_capability(),
           cpu_seconds_a_cell=round(whole, 3), percent={part: round(100 * s / whole, 1) for part, s in parts.items()},
           operator_percent={name: round(100 * spent / total, 1) for name, spent in
                             sorted(by_operator.items(), key=lambda item: -item[1])[:SHOWN]})


if __name__ == "__main__":
    main()
