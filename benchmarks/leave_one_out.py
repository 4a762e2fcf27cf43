"""Leave-one-out retraining of every point, and how our estimator of memorisation and an attack compare with it.

    python benchmarks/leave_one_out.py [--dataset moons] [--samples 60] [--repeats 5] [--models 150]

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
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch

from benchmarks._timing import report
from engine.registry import get
from engine.spec import resolve
from engine.studies.leave_one_out import LeftOut, estimated, first_of, leave_one_out
from engine.system.device import prepare
from engine.types import Spec


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    from scipy.stats import spearmanr

    return round(float(spearmanr(one, other).statistic), 3)


def figures(exact: LeftOut, estimate: np.ndarray, wrong: np.ndarray) -> dict[str, Any]:
    score, area = exact.memorisation, exact.exposure(get("attack", "mia_loss").score_samples)
    order, third = np.argsort(score, kind="stable"), len(score) // 3
    half = len(exact.whole) // 2
    halves = [LeftOut(exact.whole[part], exact.without[part]).memorisation for part in (slice(half), slice(half, None))]
    own = np.abs(exact.influence[~np.eye(len(score), dtype=bool)])
    return {"exact": {"mean": round(float(score.mean()), 3), "error": round(float(exact.error.mean()), 3),
                      "wrong": round(float(score[wrong].mean()), 3), "right": round(float(score[~wrong].mean()), 3),
                      "influence_on_others": round(float(own.mean()), 4)},
            "estimator": {"rank_correlation": rank_correlation(estimate, score),
                          "noise": rank_correlation(*halves) if half else None,
                          "mean_difference": round(float((estimate - score).mean()), 3)},
            "attack": {"most_memorised": round(float(area[order[-third:]].mean()), 3),
                       "least_memorised": round(float(area[order[:third]].mean()), 3),
                       "rank_correlation": rank_correlation(area, score)}}


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
           **figures(exact, estimate, wrong))


if __name__ == "__main__":
    main()
