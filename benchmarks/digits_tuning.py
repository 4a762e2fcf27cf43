"""How each method's constants for digits were chosen: the same number of trials, on seeds that are not reported.

``python benchmarks/digits_tuning.py [--methods scrub ssd] [--seeds 100 101 102]``. Every method gets 17 trials
(fewer where its two grids overlap): a grid of three by three that holds its published (or settled) constants,
then the eight neighbours of that grid's choice, half and twice each value, because a choice at a grid's edge
says little. The forget fraction is 0.15, the profile ``corrected``, where all that train process the same
number of samples. A trial's score is the average gap to the model retrained on the same split, mean over the
seeds; lower is better. Chosen is the trial nearest to the published constants (by the grid's order) among those
within one standard error of the best, so that noise alone changes nothing. The choices stand in
engine/datasets/digits.py. Prints one JSON object last.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks._timing import report
from engine.api import Lab, load
from engine.errors import Diverged
from engine.evaluation.retrained import tug_of_war

Trial = dict[str, Any]
FRACTION = 0.15
WORST = 100.0  # the score of a trial that diverged


def grid(one: Iterable[Trial], other: Iterable[Trial]) -> list[Trial]:
    """Nine trials, those nearest to the first of both axes first."""
    pairs = sorted(itertools.product(enumerate(one), enumerate(other)), key=lambda pair: pair[0][0] + pair[1][0])
    return [a | b for (_, a), (_, b) in pairs]


def axis(name: str, *values: Any) -> list[Trial]:
    return [{name: value} for value in values]


def batches(*sizes: int, names: tuple[str, ...] = ("batch_size",)) -> list[Trial]:
    return [dict.fromkeys(names, size) for size in sizes]


GRIDS: dict[str, list[Trial]] = {
    "nabla_tau": grid(axis("learning_rate", 2e-3, 1e-3, 4e-3), batches(32, 64, 16)),
    "finetune": grid(axis("learning_rate", 2e-3, 1e-3, 4e-3), batches(32, 64, 16)),
    "scrub": grid(axis("learning_rate", 5e-4, 3e-3, 1e-2),
                  batches(256, 64, 32, names=("forget_batch_size", "retain_batch_size"))),
    "ssd": grid(axis("selection", 10.0, 5.0, 2.0), axis("dampening", 1.0, 0.5, 0.1)),
    "amnesiac": grid(axis("learning_rate", 1e-4, 5e-4, 2e-3), batches(128, 64, 32)),
    "gradient_ascent": grid(axis("learning_rate", 1e-4, 1e-3, 1e-2), batches(256, 64, 32)),
    "random_label": grid(axis("learning_rate", 1.3e-2, 4e-3, 4e-2), batches(256, 64, 32)),
    "salun": grid(axis("learning_rate", 1.3e-2, 4e-3, 4e-2), batches(256, 64, 32)),
    "neggrad_plus": grid(axis("beta", 0.95, 0.9, 0.8), batches(256, 64, 32)),
    "l1_sparse": grid(axis("gamma", 5e-4, 2e-3, 1e-2), batches(256, 64, 32)),
    "bad_teacher": grid(axis("learning_rate", 1e-4, 5e-4, 2e-3), batches(256, 64, 32)),
    "not_first": grid(axis("learning_rate", 1e-2, 3e-3, 3e-2), batches(256, 64, 32)),
}


def neighbours(trial: Trial) -> list[Trial]:
    """Half and twice each of the two values, in all eight combinations; batch sizes stay whole and at least 8."""
    names = list(trial)
    first = {name: trial[name] for name in names[:1]}
    second = {name: trial[name] for name in names[1:]}
    every = grid(*([_scaled(side, factor) for factor in (1, 0.5, 2)] for side in (first, second)))
    return [other for other in every if other != trial]


def _scaled(values: Trial, factor: float) -> Trial:
    found = {}
    for name, value in values.items():
        if name == "beta":  # a weight between 0 and 1: its distance from 1 is what is scaled
            found[name] = round(1 - factor * (1 - value), 4)
        else:
            found[name] = max(8, int(value * factor)) if isinstance(value, int) else value * factor
    return found


class Bench:
    """The splits of the tuning seeds with their retrained models' metrics, made once."""

    def __init__(self, lab: Lab, seeds: list[int]):
        self.lab, self.parts = lab, [lab.split(FRACTION, seed) for seed in seeds]
        self.retrained = [lab.evaluate(lab.unlearn(parts, "retrain")) for parts in self.parts]

    def score(self, method: str, trial: Trial) -> list[float]:
        """The average gap to the retrained model for each seed, in points."""
        gaps = []
        for parts, retrained in zip(self.parts, self.retrained, strict=True):
            try:
                metrics = self.lab.evaluate(self.lab.unlearn(parts, method, **trial))
                gaps.append(tug_of_war(metrics, retrained)["average_gap"])
            except Diverged:
                gaps.append(WORST)
        return gaps


def choose(gaps: list[list[float]]) -> int:
    """The first trial within one standard error of the best; its position."""
    means = [statistics.mean(values) for values in gaps]
    best = min(range(len(means)), key=means.__getitem__)
    error = statistics.stdev(gaps[best]) / len(gaps[best]) ** 0.5
    return next(i for i, mean in enumerate(means) if mean <= means[best] + error)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--methods", nargs="+", default=list(GRIDS), choices=list(GRIDS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[100, 101, 102])
    options = parser.parse_args()
    bench, chosen = Bench(load("digits"), options.seeds), {}
    for method in options.methods:
        trials = GRIDS[method]
        gaps = [bench.score(method, trial) for trial in trials]
        more = [trial for trial in neighbours(trials[choose(gaps)]) if trial not in trials]  # some were tried already
        trials, gaps = trials + more, gaps + [bench.score(method, trial) for trial in more]
        position = choose(gaps)
        table = [{"trial": trial, "average_gap": round(statistics.mean(values), 2)}
                 for trial, values in zip(trials, gaps, strict=True)]
        chosen[method] = {"chosen": trials[position], "trials": table}
        print(method, trials[position], [row["average_gap"] for row in table], file=sys.stderr, flush=True)
    report("digits_tuning", seeds=options.seeds, forget_fraction=FRACTION, methods=chosen)


if __name__ == "__main__":
    main()
