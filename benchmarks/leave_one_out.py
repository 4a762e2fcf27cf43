"""Leave-one-out retraining of every point, and how our estimator of memorisation and an attack compare with it.

    python benchmarks/leave_one_out.py [--dataset moons] [--samples 60] [--repeats 5] [--models 150]

``python -m engine leave-one-out`` prints the same of each sample.

``exact`` memorisation is what training on a point adds to the probability of its label; ``wrong`` and ``right`` are its
means over points with a false and with a true label. ``estimator`` is the rank correlation of the estimate from models
on random two thirds; ``noise`` that of the exact scores of one half of the repeats with the other's, which bounds what
can be expected. ``attack`` is the loss attack's exact area for a point, for the most and the least memorised third, and
its rank correlation with the exact scores.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch

from benchmarks._timing import report
from engine.spec import resolve
from engine.studies.leave_one_out import estimated, first_of, leave_one_out
from engine.studies.leave_one_out_numbers import figures
from engine.system.device import prepare
from engine.types import Spec


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--dataset", default="moons")
    parser.add_argument("--samples", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--models", type=int, default=150)
    asked = parser.parse_args()
    resolved = resolve(Spec(asked.dataset))
    prepare(torch.device("cpu"), resolved.dataset.threads)
    data = first_of(resolved.dataset.load(resolved.options), asked.samples)
    began = time.perf_counter()
    exact = leave_one_out(data, resolved.model, resolved.recipe, range(asked.repeats))
    seconds = time.perf_counter() - began
    estimate = estimated(data, resolved.model, resolved.recipe, asked.models).score
    wrong = data.manipulated.numpy()
    report("leave_one_out", dataset=asked.dataset, samples=asked.samples, repeats=asked.repeats, models=asked.models,
           trainings=asked.repeats * (asked.samples + 1), seconds=round(seconds, 1), wrong_labels=int(wrong.sum()),
           **figures(exact, wrong, estimate))


if __name__ == "__main__":
    main()
