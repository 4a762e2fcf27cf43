"""How much a metric moves by chance alone: smaller differences are ties (docs/methods.md, Noise floor).

- An attack's accuracy and its distance from 50: half the width of the run's null band.
- An accuracy p over n samples: 1.96 binomial standard errors, 1.96 sqrt(p' (1 - p') / (n + 4)), where p' counts two
  more right and two more wrong ones (Agresti and Coull 1998), so that 100% is not taken for certain; n is the declared
  size of the set that is read. The forget-test gap: the root of the sum of both squares.
- An area under a ROC curve: 1.96 standard errors under the null, sqrt((n + m + 1) / (12 n m)).

Over several runs (seeds) the mean of theirs is taken; it is not divided by the number of seeds, which often share
the forget set. Everything else has no noise floor: only equal values tie.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from statistics import fmean
from typing import Any

from engine.evaluation.protocol import retain_on_all_of_train
from engine.registry import names
from engine.spec import Resolved

Z = 1.96  # 95%


def noise_floor(metric: str, runs: Sequence[Mapping[str, Any]], resolved: Resolved) -> float | None:
    """The noise floor of a metric in its unit, from the metrics of one method's runs; None where none is known."""
    found = [noise for metrics in runs if (noise := _of_run(metric, metrics, resolved)) is not None]
    return fmean(found) if found else None


def _of_run(metric: str, metrics: Mapping[str, Any], resolved: Resolved) -> float | None:
    attack = metric.removesuffix("_gap")
    if attack in names("attack"):
        band = (metrics.get("null_band") or {}).get(attack)
        return None if band is None else (band[1] - band[0]) / 2
    if metric == "accuracy_gap":
        sides = [_accuracy(name, metrics, resolved) for name in ("forget_accuracy", "test_accuracy")]
        return None if None in sides else sqrt(sum(side**2 for side in sides))
    if metric in ("retain_accuracy", "forget_accuracy", "test_accuracy"):
        return _accuracy(metric, metrics, resolved)
    if metric.removesuffix("_auc") in names("attack"):
        n, m = resolved.sizes.forget, _unseen(resolved)
        return Z * sqrt((n + m + 1) / (12 * n * m))
    return None


def _accuracy(metric: str, metrics: Mapping[str, Any], resolved: Resolved) -> float | None:
    """Of an accuracy in percent, by the size of its set."""
    value, sizes = metrics.get(metric), resolved.sizes
    if value is None:
        return None
    n = {"forget_accuracy": sizes.forget, "test_accuracy": sizes.test,
         "retain_accuracy": sizes.train if retain_on_all_of_train(resolved) else sizes.retain}[metric]
    share = (value / 100 * n + 2) / (n + 4)
    return 100 * Z * sqrt(share * (1 - share) / (n + 4))


def _unseen(resolved: Resolved) -> int:
    """The number of samples that an attacker has to tell from the forget set."""
    if resolved.spec.scenario == "class":
        return resolved.dataset.heldout_size // len(resolved.dataset.classes)
    return resolved.sizes.test
