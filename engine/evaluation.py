"""From read-outs to metrics: accuracies, membership inference, over-forgetting.

Exactly METHODS.md, "Metrics": an attack is a logistic regression on one raw feature, ten
stratified shuffle splits, the mean accuracy in percent. Scores are higher where *member* is
likelier, everywhere.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score, roc_curve
from sklearn.model_selection import StratifiedShuffleSplit
from threadpoolctl import ThreadpoolController

from engine.errors import Diverged
from engine.readout import Readout
from engine.registry import all_of, get
from engine.types import Attack

FEWEST = 10  # samples a side, below which an attack's accuracy says nothing
PERMUTATIONS = 20


@dataclass(frozen=True)
class Readings:
    """The read-outs of one model on the three sets that metrics look at."""

    retain: Readout
    forget: Readout
    test: Readout


def balanced(members: np.ndarray, nonmembers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both sides at the size of the smaller: the larger is shuffled by ``default_rng(1)`` and cut."""
    n = min(len(members), len(nonmembers))
    sides = [np.asarray(side, dtype=np.float64).copy() for side in (members, nonmembers)]
    for side in sides:
        if len(side) > n:
            np.random.default_rng(1).shuffle(side)
    return sides[0][:n], sides[1][:n]


def logistic_attack(members: np.ndarray, nonmembers: np.ndarray) -> float:
    """Accuracy in percent of the paper's attacker on one feature (section 5.4).

    ``members`` and ``nonmembers`` are one-dimensional; the larger side is subsampled. Raises
    Diverged where a value is not finite and ValueError below ten samples a side.
    """
    members, nonmembers = balanced(members, nonmembers)
    if len(members) < FEWEST:
        raise ValueError(f"an attack needs at least {FEWEST} samples a side, not {len(members)}")
    feature = np.concatenate([nonmembers, members])
    if not np.isfinite(feature).all():
        raise Diverged(f"{int((~np.isfinite(feature)).sum())} of {len(feature)} losses or entropies are not finite, "
                       "so there is nothing to attack.")
    label = np.repeat([0, 1], len(members))
    return _mean_accuracy(feature[:, None], label)


def _mean_accuracy(feature: np.ndarray, label: np.ndarray) -> float:
    splits = StratifiedShuffleSplit(n_splits=10, test_size=0.1, random_state=0)
    with _libraries().limit(limits=1, user_api="blas"):  # two numbers to fit: threads only wait for one another
        scores = [LogisticRegression().fit(feature[fit], label[fit]).score(feature[held], label[held])
                  for fit, held in splits.split(feature, label)]
    return 100 * float(np.mean(scores))


@functools.cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()


def null_band(attack: Attack, members: np.ndarray, nonmembers: np.ndarray, seed: int,
              permutations: int = PERMUTATIONS) -> tuple[float, float] | None:
    """Where the attack's accuracy lies (95%) when membership means nothing: the labels are permuted.

    None below ten samples a side. The last few answers are kept: runs on one split ask the same.
    """
    members, nonmembers = balanced(members, nonmembers)
    if len(members) < FEWEST:
        return None
    return _null_band(attack.name, np.concatenate([members, nonmembers]).tobytes(), seed, permutations)


@functools.lru_cache(maxsize=64)
def _null_band(attack: str, pooled: bytes, seed: int, permutations: int) -> tuple[float, float]:
    values, rng = np.frombuffer(pooled), np.random.default_rng(seed)
    scores = []
    for _ in range(permutations):
        mixed = rng.permutation(values)
        scores.append(get("attack", attack).score(*np.split(mixed, 2)))
    center, spread = float(np.mean(scores)), 1.96 * float(np.std(scores, ddof=1))
    return center - spread, center + spread


def run_attacks(forget: Readout, test: Readout) -> dict[str, float | None]:
    """The accuracy of every registered attack by name; None below ten samples a side."""
    few = min(len(forget), len(test)) < FEWEST
    return {attack.name: None if few else attack.score(*_features(attack, forget, test)) for attack in all_of("attack")}


def null_bands(forget: Readout, test: Readout, seed: int) -> dict[str, tuple[float, float] | None]:
    """The null band of every registered attack at these set sizes."""
    return {attack.name: null_band(attack, *_features(attack, forget, test), seed) for attack in all_of("attack")}


def _features(attack: Attack, forget: Readout, test: Readout) -> tuple[np.ndarray, np.ndarray]:
    return getattr(forget, attack.feature).numpy(), getattr(test, attack.feature).numpy()


def measure(readings: Readings) -> dict[str, Any]:
    """Every metric of :mod:`engine.metrics` for one model; accuracies in percent.

    Attack metrics are None below ten samples a side, and ``notes`` says so in a sentence.
    """
    retain, forget, test = readings.retain, readings.forget, readings.test
    _refuse_non_finite(readings)
    metrics: dict[str, Any] = {
        "retain_accuracy": retain.accuracy,
        "forget_accuracy": forget.accuracy,
        "test_accuracy": test.accuracy,
        "accuracy_gap": abs(forget.accuracy - test.accuracy),
    }
    for name, score in run_attacks(forget, test).items():
        metrics[name] = score
        metrics[f"{name}_gap"] = None if score is None else abs(score - 50)
    few = min(len(forget), len(test)) < FEWEST
    metrics |= {"mia_auc": None, "tpr_at_1pct_fpr": None} if few else _roc(forget, test)
    notes = [f"Only {len(forget)} forget samples: an attack needs at least {FEWEST} a side, so the attack metrics "
             "are empty."] if few else []
    warning = over_forgetting(forget, test, metrics["mia_auc"])
    return metrics | {"over_forgotten": warning is not None, "notes": notes + ([warning] if warning else [])}


def over_forgetting(forget: Readout, test: Readout, auc: float | None) -> str | None:
    """A sentence where the forget set stands out by being *worse* than unseen data (the Streisand effect).

    Judged at three standard errors: the attack's AUC below one half, or the forget accuracy below
    the test accuracy.
    """
    n, m = len(forget), len(test)
    if auc is not None and auc < 0.5 - 3 * math.sqrt((n + m + 1) / (12 * n * m)):
        return ("Over-forgotten: forgotten samples have higher losses than unseen ones, so an attacker finds them by "
                f"the reverse rule (AUC {auc:.3f}, Streisand effect).")
    pooled = (forget.accuracy * n + test.accuracy * m) / (n + m) / 100
    error = 100 * math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    if forget.accuracy < test.accuracy - 3 * error and forget.accuracy < test.accuracy - 1:
        return (f"Over-forgotten: the accuracy on the forget set ({forget.accuracy:.1f}%) is far under the one on "
                f"unseen data ({test.accuracy:.1f}%), which gives the forgotten samples away (Streisand effect).")
    return None


def _roc(forget: Readout, test: Readout) -> dict[str, float]:
    """AUC and TPR at 1% FPR of the loss attack; the score is minus the loss, higher for members."""
    truth = np.repeat([1, 0], [len(forget), len(test)])
    score = -np.concatenate([forget.loss.numpy(), test.loss.numpy()])
    fpr, tpr, _ = roc_curve(truth, score, drop_intermediate=False)  # a dropped point may be the one at 1%
    return {"mia_auc": float(roc_auc_score(truth, score)), "tpr_at_1pct_fpr": 100 * float(tpr[fpr <= 0.01].max())}


def _refuse_non_finite(readings: Readings) -> None:
    for name in ("forget", "test", "retain"):
        losses = getattr(readings, name).loss
        bad = int((~losses.isfinite()).sum())
        if bad:
            raise Diverged(f"{bad} of {len(losses)} losses on the {name} set are not finite: the method destroyed the "
                           "model. A smaller learning rate or alpha may help.")
