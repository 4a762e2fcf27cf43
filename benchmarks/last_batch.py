"""What a last batch of four pictures does to Retraining at 15% of CIFAR-10: the same start with and without it.

``python benchmarks/last_batch.py [--steps 200] [--forget-fraction 0.15]``. Prints the mean loss of every 25 steps,
as the set is and cut to whole batches; one JSON object last. Needs CIFAR-10.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch

from benchmarks._timing import report
from engine.data.splits import split
from engine.originals.workbench import load_data
from engine.spec import resolve
from engine.system.device import default_device, prepare
from engine.training.loop import train
from engine.training.networks import build_network
from engine.types import Spec

EVERY = 25


def course(resolved: Any, data: Any, index: torch.Tensor, steps: int) -> list[float]:
    """The mean loss of every 25 steps of a training from the same first weights."""
    net = build_network(resolved.model, len(data.classes), data.inputs, 0, data.device)
    losses, means = [], []
    for progress in train(net, data, index, resolved.recipe, 0):
        losses.append(float(progress.terms["retain_loss"]))
        if progress.step % EVERY == 0:
            means.append(round(statistics.mean(losses[-EVERY:]), 3))
            print(progress.step, means[-1], flush=True)
        if progress.step == steps:
            return means
    return means


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--forget-fraction", type=float, default=0.15)
    options = parser.parse_args()
    resolved = resolve(Spec("cifar10", "retrain", profile="paper", forget_fraction=options.forget_fraction))
    prepare(default_device(), None)
    data = load_data(resolved.dataset, resolved.options, default_device())
    retain, batch = split(data, resolved.spec).retain, resolved.recipe.batch_size
    whole = retain[:len(retain) // batch * batch]
    report("last_batch", forget_fraction=options.forget_fraction, epoch_ends_at_step=-(-len(retain) // batch),
           last_batch=len(retain) - len(whole), as_it_is=course(resolved, data, retain, options.steps),
           whole_batches=course(resolved, data, whole, options.steps))


if __name__ == "__main__":
    main()
