"""What watching costs: seconds spent on live readings as a share of the method's own seconds (goal: a tenth at most).

``python benchmarks/live_cost.py [--dataset digits] [--retain-epochs 30] [--steps 0]``; ``--steps`` stops early.
Prints one JSON object last.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._timing import report
from engine.api import load
from engine.data.splits import split
from engine.evaluation.probe import Watcher
from engine.originals.workbench import Bench
from engine.spec import resolve
from engine.training.loop import Task
from engine.training.stopwatch import Stopwatch
from engine.types import Spec


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--retain-epochs", type=int, default=30)
    parser.add_argument("--steps", type=int, default=0)
    options = parser.parse_args()
    bench: Bench = load(options.dataset)._own.current()
    resolved = resolve(Spec(dataset=options.dataset, parameters={"retain_epochs": options.retain_epochs}))
    parts = split(bench.data, resolved.spec)
    watcher = Watcher(bench.data, parts, 0)
    watcher.start(bench.network, 0, None)
    task = Task(bench.network, bench.data, parts, resolved.recipe, 0, bench.device, fresh=lambda: bench.network)
    watch, frames, attacks = Stopwatch(bench.device), 0, 0
    for progress in watch.time(resolved.method.unlearn(task, resolved.parameters)):
        event = watcher.look(task.model, progress, watch.seconds)
        frames += event is not None
        attacks += event is not None and event.reading.attacks["mia_loss"] is not None
        if progress.step == options.steps:
            break
    spent = watcher.frames.spent + watcher.attacks.spent
    report("live_cost", dataset=options.dataset, steps=progress.step, method_seconds=round(watch.seconds, 3),
           readings=frames, with_attacks=attacks, samples_shown={k: len(v) for k, v in watcher.chosen.items()},
           frame_seconds=round(watcher.frames.usual, 4), attack_seconds=round(watcher.attacks.usual, 4),
           share_of_method=round(spent / watch.seconds, 4))


if __name__ == "__main__":
    main()
