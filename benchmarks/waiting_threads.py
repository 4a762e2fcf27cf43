"""How long a thread should spin before it sleeps: texts per second of a training for three settings of GNU OpenMP.

``python benchmarks/waiting_threads.py [--model text_cnn] [--steps 100] [--rounds 3]``. The engine sets
GOMP_SPINCOUNT=2000: short enough for the server beside a training, long enough for layers that follow one another.
A setting holds for a process, so each measurement is one, in turns; ``beside`` repeats them with another busy process.
Needs GoEmotions in UNLEARN_DATA_DIR. Prints one JSON object last.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._timing import report

USUAL = "300000"  # spins of an idle thread where GNU OpenMP is asked for nothing
SETTINGS = {"ours": {"GOMP_SPINCOUNT": "2000"}, "passive": {"OMP_WAIT_POLICY": "PASSIVE"},
            "default": {"GOMP_SPINCOUNT": USUAL}}
NAMES = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")


def rate(model: str, steps: int) -> float:
    """Texts per second of a training's first steps, after three to warm up; in this process."""
    import torch

    from engine.originals.workbench import load_data
    from engine.spec import resolve
    from engine.system.device import default_device, prepare
    from engine.training.loop import train
    from engine.training.networks import build_network
    from engine.types import Spec

    resolved, device = resolve(Spec(dataset="go_emotions", model=model, profile="paper")), default_device()
    prepare(device, None)
    data = load_data(resolved.dataset, resolved.options, device, model=resolved.model)
    net = build_network(resolved.model, len(data.classes), data.inputs, 0, device)
    taken = train(net, data, torch.arange(len(data.train)), resolved.recipe, 0)
    for _ in range(3):
        next(taken)
    began = time.perf_counter()
    for _ in range(steps):
        next(taken)
    return steps * resolved.recipe.batch_size / (time.perf_counter() - began)


def measured(setting: dict[str, str], busy: bool, model: str, steps: int) -> float:
    """The same in a process of its own with that setting."""
    clean = {name: value for name, value in os.environ.items() if name not in NAMES}
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if busy else None
    try:
        said = subprocess.run([sys.executable, __file__, "--model", model, "--steps", str(steps), "--alone"],
                              env=clean | setting, capture_output=True, text=True, check=True).stdout
    finally:
        if other:
            other.kill()
            other.wait()
    return float(said.split()[-1])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="text_cnn")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help="print the rate of this process and nothing else")
    options = parser.parse_args()
    if options.alone:
        print(rate(options.model, options.steps))
        return
    figures = {}
    for busy in (False, True):
        rounds = [{name: measured(setting, busy, options.model, options.steps) for name, setting in SETTINGS.items()}
                  for _ in range(options.rounds)]
        figures["beside" if busy else "alone"] = {
            "texts_per_second": {name: round(statistics.median(one[name] for one in rounds)) for name in SETTINGS},
            "times_as_fast_as_passive": round(statistics.median(one["ours"] / one["passive"] for one in rounds), 2)}
    report("waiting_threads", model=options.model, **figures)


if __name__ == "__main__":
    main()
