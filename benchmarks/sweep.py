"""Runs of the authors' grid that a sweep finishes a second: on all cores, on one, and against the CLI cell by cell.

``python benchmarks/sweep.py [--cells 144]``; prints one JSON object last.

Every part starts from an empty store with nothing but the Original; starting the processes is part of it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._timing import report
from engine.originals.checkpoints import Checkpoints
from engine.runs.executors import Control, local
from engine.runs.store import Store
from engine.spec import resolve
from engine.studies.sweep import Cell, Sweep, preset

ROOT = Path(__file__).resolve().parent.parent
ONE_CORE, BY_CLI = 24, 6  # cells of the two smaller parts


def spread(cells: Sequence[Cell], number: int) -> list[Cell]:
    """So many of the cells, evenly over the grid: their costs differ with the forget fraction."""
    return [cells[i * len(cells) // number] for i in range(min(number, len(cells)))]


def swept(sweep: Sweep, cells: Sequence[Cell], cores: int | None = None) -> float:
    """Seconds for these cells in one sweep; with ``cores`` on so many. Fails where a cell does."""
    chosen = json.dumps([cells, cores])
    with tempfile.TemporaryDirectory() as home:
        began = time.perf_counter()
        subprocess.run([sys.executable, __file__, "--part", chosen], cwd=ROOT, check=True,
                       env=os.environ | {"UNLEARN_HOME": home})
        return time.perf_counter() - began


def part(sweep: Sweep, cells: Sequence[Cell], cores: int | None) -> None:
    """What :func:`swept` times, in a process of its own."""
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    store = Store(Path(os.environ["UNLEARN_HOME"]))
    ended = [run for _, run in local.run_all([resolve(sweep.spec(*cell)) for cell in cells], store, True, Control())]
    failed = [run.reason for run in ended if run.status != "finished"]
    if failed or len(ended) < len(cells):
        sys.exit(f"{len(ended)} of {len(cells)} ended; failed: {failed[:3]}")


def by_command_line(sweep: Sweep, cells: Sequence[Cell]) -> float:
    """Seconds for these cells as single runs of the command line, one after another."""
    with tempfile.TemporaryDirectory() as home:
        began = time.perf_counter()
        for alpha, fraction, seed in cells:
            subprocess.run([sys.executable, "-m", "engine", "run", "--alpha", str(alpha), "--forget-fraction",
                            str(fraction), "--seed", str(seed), "--set",
                            f"max_forget_epochs={sweep.parameters['max_forget_epochs']}", "--json"],
                           cwd=ROOT, check=True, capture_output=True, env=os.environ | {"UNLEARN_HOME": home})
        return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cells", type=int, default=144, help="of the grid's 432, on all cores")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    options = parser.parse_args()
    sweep = preset("authors")
    if options.part:
        cells, cores = json.loads(options.part)
        return part(sweep, [tuple(cell) for cell in cells], cores)
    if not Checkpoints(ROOT / "cached_checkpoints").sidecars("digits-*"):
        print("No Original of the digits ships here: training it is part of every figure.", file=sys.stderr)
    cells = sweep.cells()
    whole, few, fewest = (spread(cells, number) for number in (options.cells, ONE_CORE, BY_CLI))
    all_cores, one_core = len(whole) / swept(sweep, whole), len(few) / swept(sweep, few, cores=1)
    together, single = swept(sweep, fewest), by_command_line(sweep, fewest)
    report("sweep", cells=len(whole), runs_per_second=round(all_cores, 3), one_core_cells=len(few),
           one_core_runs_per_second=round(one_core, 3), cli_cells=len(fewest), cli_seconds=round(single, 2),
           times_as_fast_as_cli=round(single / together, 2))
    return None


if __name__ == "__main__":
    main()
