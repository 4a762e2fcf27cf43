"""What keeping each sample's mean probability costs while an Original is trained.

``python benchmarks/confidence_cost.py [--rounds 5] [--epochs 10]``. Both trainings in turns, the digits' small network
and recipe; `times_as_fast` is the time without over the time with. Prints one JSON object last.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch

from benchmarks._timing import paired, report
from engine.originals.confidence import ConfidenceSums
from engine.originals.workbench import load_data
from engine.registry import get
from engine.spec import resolve
from engine.system.device import prepare
from engine.training.loop import train
from engine.training.networks import build_network
from engine.types import Spec


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()
    cpu, resolved = torch.device("cpu"), resolve(Spec(dataset="digits"))
    threads = prepare(cpu, resolved.dataset.threads)
    data = load_data(resolved.dataset, resolved.options, cpu)
    recipe = replace(resolved.recipe, epochs=options.epochs)

    def training(keep: bool) -> None:
        net = build_network(get("model", resolved.model.name), len(data.classes), data.inputs, 0, cpu)
        sums = ConfidenceSums(len(data.train), cpu)
        for _ in train(net, data, torch.arange(len(data.train)), recipe, 0, seen=sums.see if keep else None):
            pass

    report("confidence_cost", threads=threads, with_against_without=paired(
        lambda: training(True), lambda: training(False), options.rounds))


if __name__ == "__main__":
    main()
