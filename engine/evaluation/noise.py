"""How much a metric moves by chance alone: smaller differences are ties (docs/methods.md, Chance range).

- An attack's accuracy and its distance from 50: half the width of its own chance range.
- Before a run, half the width of an attack's chance range: 1.96 standard errors of as many coin tosses as the smaller
  side has samples, 98 / sqrt(n), which is what labels permuted in the recorded runs come to.
- An accuracy p over n samples: 1.96 binomial standard errors, 1.96 sqrt(p' (1 - p') / (n + 4)), where p' counts two
  more right and two more wrong ones (Agresti and Coull 1998), so that 100% is not taken for certain; n is the declared
  size of the set that is read. The forget-test gap: the root of the sum of both squares.
- An area under a ROC curve, RMIA's too: 1.96 standard errors under the null, sqrt((n + m + 1) / (12 n m)).
- A true positive rate: half the width of its exact 95% interval (Clopper and Pearson 1934).
- A Kolmogorov-Smirnov distance: its 95% quantile for two samples of one distribution, 1.358 sqrt((n + m) / (n m))
  (Smirnov 1948).
- ToW and the average gap: propagated from those of the accuracies (and the attack) of the run and of the retrained
  model, as if these were independent, which is on the safe side.

Over several runs (seeds) the mean of theirs is taken; it is not divided by the number of seeds, which often share
the forget set. Everything else (the Wasserstein distances, whose noise depends on how the losses are spread) has no
chance range, and where there is none nobody is marked as best.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from statistics import fmean
from typing import Any

from engine.evaluation.metrics import CORRECTIVE_SAMPLES as SAMPLES
from engine.evaluation.metrics import CORRECTIVE_SIZES as SIZES
from engine.evaluation.metrics import MOVED, headlines
from engine.evaluation.protocol import retain_on_all_of_train
from engine.registry import names
from engine.spec import Resolved
from engine.system.known import all_known

Z = 1.96  # 95%
LITTLE = 60  # samples a side, under which an attack says little: chance reaches 13 points to either side
SMIRNOV = 1.358  # the 95% quantile of Kolmogorov's distribution
Metrics = Mapping[str, Any]


def noise_floor(metric: str, runs: Sequence[Metrics], resolved: Resolved) -> float | None:
    """How far a metric moves by chance, in its unit, from the metrics of one method's runs; None where not known."""
    found = [noise for metrics in runs if (noise := _of_run(metric, metrics, resolved)) is not None]
    return fmean(found) if found else None


def expected_half_range(forget: int, nonmembers: int) -> float:
    """Half the width of an attack's chance range in points, before there is a run; the larger side is cut to the other.

    Examples
    --------
    >>> round(expected_half_range(150, 399), 1)
    8.0
    """
    return 100 * Z * sqrt(0.25 / min(forget, nonmembers))


def _of_run(metric: str, metrics: Metrics, resolved: Resolved) -> float | None:
    n, m = resolved.sizes.forget, resolved.sizes.nonmembers
    if metric.removesuffix("_gap") in names("attack"):
        return _half(metrics.get("null_band") or {}, metric.removesuffix("_gap"))
    if metric.removesuffix("_auc") in names("attack"):
        return Z * sqrt((n + m + 1) / (12 * n * m)) if n and m else None
    if "tpr_at_" in metric:
        return _half(metrics, f"{metric}_interval")
    if metric in ("ks_test", "ks_retrained"):
        other = m if metric == "ks_test" else n
        return SMIRNOV * sqrt((n + other) / (n * other)) if n and other else None
    if metric in SAMPLES:
        return _binomial(metrics.get(metric), (metrics.get(SIZES) or {}).get(SAMPLES[metric]))
    known = {"accuracy_gap": _gap, "tow": _tow, "average_gap": _average_gap, **dict.fromkeys(MOVED, _accuracy)}
    return known[metric](metric, metrics, resolved) if metric in known else None


def _half(spans: Metrics, name: str) -> float | None:
    """Half the width of an interval, where there is one."""
    span = spans.get(name)
    return None if span is None else (span[1] - span[0]) / 2


def _accuracy(metric: str, metrics: Metrics, resolved: Resolved) -> float | None:
    """Of an accuracy in percent, by the size of its set."""
    value, sizes = metrics.get(metric), resolved.sizes
    n = {"forget_accuracy": sizes.forget, "test_accuracy": sizes.test,
         "retain_accuracy": sizes.train if retain_on_all_of_train(resolved) else sizes.retain}[metric]
    return _binomial(value, n)


def _binomial(value: float | None, n: int | None) -> float | None:
    """Of a percentage of ``n`` samples."""
    if value is None or n is None:
        return None
    return binomial_range(value, n)


def binomial_range(value: float, n: int) -> float:
    """How far a percentage of ``n`` samples moves by chance, in points."""
    share = (value / 100 * n + 2) / (n + 4)
    return 100 * Z * sqrt(share * (1 - share) / (n + 4))


def _gap(metric: str, metrics: Metrics, resolved: Resolved) -> float | None:
    return _root([_accuracy(name, metrics, resolved) for name in ("forget_accuracy", "test_accuracy")])


def _tow(metric: str, metrics: Metrics, resolved: Resolved) -> float | None:
    """A product of 1 - |gap|: each factor's noise, times the product of the others."""
    theirs = metrics.get("retrained") or {}
    noise = all_known(_moved(metrics, resolved))
    if noise is None:
        return None
    factors = [1 - abs(metrics[name] - theirs[name]) / 100 for name in MOVED]
    others = [factors[(i + 1) % 3] * factors[(i + 2) % 3] for i in range(3)]
    return _root([away / 100 * other for away, other in zip(noise, others, strict=True)])


def _average_gap(metric: str, metrics: Metrics, resolved: Resolved) -> float | None:
    """A mean of three gaps, or four where both models' loss attack is known; the band is much alike for both."""
    noise = _moved(metrics, resolved)
    attack = next((one.name for one in headlines()), "")  # the one that the average counts
    if None not in (metrics.get(attack), (metrics.get("retrained") or {}).get(attack)):
        band = _half(metrics.get("null_band") or {}, attack)
        noise.append(_root([band, band]))
    root = _root(noise)
    return None if root is None else root / len(noise)


def _moved(metrics: Metrics, resolved: Resolved) -> list[float | None]:
    """Of the differences of the accuracies to the retrained model's."""
    return [_root([_accuracy(name, side, resolved) for side in (metrics, metrics.get("retrained") or {})])
            for name in MOVED]


def _root(noise: Sequence[float | None]) -> float | None:
    """The root of the sum of squares; None where one is not known."""
    known = all_known(noise)
    return None if known is None else sqrt(sum(one**2 for one in known))
