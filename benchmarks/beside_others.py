"""A whole run from the command line beside other work: its seconds with one busy process over those on quiet cores.

``python benchmarks/beside_others.py [--dataset go_emotions] [--rounds 3]``. At most 2.2 times is the goal: with two
cores, fair shares give between 1 and 2. ``ours`` is the engine as it is, ``default`` waits as the library does. A run
is a process with a store of its own, so nothing is found computed. Needs the data in UNLEARN_DATA_DIR. Prints one JSON
object last.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._timing import report
from benchmarks.waiting_threads import USUAL
from engine.system.waiting import OTHERS

ROOT = Path(__file__).resolve().parent.parent
MOST_SECONDS = 400


def seconds(dataset: str, busy: bool, setting: dict[str, str]) -> float:
    """Of one run; the limit where it takes longer."""
    clean = {name: value for name, value in os.environ.items() if name not in OTHERS}
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if busy else None
    try:
        with tempfile.TemporaryDirectory() as home:
            began = time.perf_counter()
            subprocess.run([sys.executable, "-m", "engine", "run", "--dataset", dataset, "--json"], check=True,
                           cwd=ROOT, env=clean | setting | {"UNLEARN_HOME": home}, capture_output=True,
                           timeout=MOST_SECONDS)
            return time.perf_counter() - began
    except subprocess.TimeoutExpired:
        return MOST_SECONDS
    finally:
        if other:
            other.kill()
            other.wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--dataset", default="go_emotions")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    figures = {}
    for name, setting in {"ours": {}, "default": {"GOMP_SPINCOUNT": USUAL}}.items():
        rounds = [[seconds(options.dataset, busy, setting) for busy in (False, True)] for _ in range(options.rounds)]
        figures[name] = {"quiet_seconds": round(statistics.median(quiet for quiet, _ in rounds), 1),
                         "beside_seconds": round(statistics.median(beside for _, beside in rounds), 1),
                         "times_as_long": round(statistics.median(beside / quiet for quiet, beside in rounds), 2)}
    report("beside_others", dataset=options.dataset, load=os.getloadavg()[0], **figures)


if __name__ == "__main__":
    main()
