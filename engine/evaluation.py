"""From one model's read-outs to its metrics: accuracies, membership inference, over-forgetting.

Exactly docs/methods.md, "Metrics": an attack is a logistic regression on one raw feature, ten
stratified shuffle splits, the mean accuracy in percent. Scores are higher where *member* is
likelier, everywhere.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn import config_context
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedShuffleSplit
from threadpoolctl import ThreadpoolController

from engine import distances
from engine.errors import Diverged
from engine.readout import Readout
from engine.registry import all_of, get
from engine.types import Attack

FEWEST = 10  # samples a side, below which an attack's accuracy says nothing
PERMUTATIONS = 20
PLURAL = {"loss": "losses", "entropy": "entropies"}
LOW_FPR = {"tpr_at_1pct_fpr": 0.01, "tpr_at_0_1pct_fpr": 0.001}


@dataclass(frozen=True)
class Readings:
    """The read-outs of one model on the sets that metrics look at.

    ``unseen`` are the attack's non-members where they are not the test set (class removal).
    """

    retain: Readout
    forget: Readout
    test: Readout
    unseen: Readout | None = None

    @property
    def nonmembers(self) -> Readout:
        """What an attacker has to tell from the forget set."""
        return self.test if self.unseen is None else self.unseen


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
    feature, label = attack_table(members, nonmembers)
    return _mean_accuracy(feature[:, None], label)


def attack_table(members: np.ndarray, nonmembers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The attacker's rows: the feature (2n,) of n non-members and then n members, and their labels 0 and 1.

    Raises as :func:`logistic_attack`.
    """
    members, nonmembers = balanced(members, nonmembers)
    if len(members) < FEWEST:
        raise ValueError(f"an attack needs at least {FEWEST} samples a side, not {len(members)}")
    feature = np.concatenate([nonmembers, members])
    if not np.isfinite(feature).all():
        raise Diverged(f"{int((~np.isfinite(feature)).sum())} of {len(feature)} losses or entropies are not finite, "
                       "so there is nothing to attack.")
    return feature, np.repeat([0, 1], len(members))


def attack_splits() -> StratifiedShuffleSplit:
    """The attacker's ten splits, nine tenths to learn from each time."""
    return StratifiedShuffleSplit(n_splits=10, test_size=0.1, random_state=0)


def _mean_accuracy(feature: np.ndarray, label: np.ndarray) -> float:
    # Two numbers to fit: threads would only wait for one another, and checks of the input take as long as the fit.
    with (_libraries().limit(limits=1, user_api="blas"),
          config_context(assume_finite=True, skip_parameter_validation=True)):
        scores = [_right(LogisticRegression().fit(feature[fit], label[fit]), feature[held, 0], label[held])
                  for fit, held in attack_splits().split(feature, label)]
    return 100 * float(np.mean(scores))


def _right(fitted: LogisticRegression, feature: np.ndarray, label: np.ndarray) -> float:
    """What ``fitted.score`` says of one feature and the labels 0 and 1, without its checks of both."""
    decision = feature * fitted.coef_[0, 0] + fitted.intercept_[0]
    return float(np.mean((decision > 0) == label))


@functools.cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()


def null_band(attack: Attack, members: np.ndarray, nonmembers: np.ndarray, seed: int,
              permutations: int = PERMUTATIONS) -> tuple[float, float] | None:
    """Where the attack's accuracy lies (95%) when membership means nothing: the labels are permuted.

    None below ten samples a side. The attack's quick way is taken where it has one: this is twenty attacks. The last
    few answers are kept: runs on one split ask the same.
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
        scores.append(get("attack", attack).quickest(*np.split(mixed, 2)))
    center, spread = float(np.mean(scores)), 1.96 * float(np.std(scores, ddof=1))
    return center - spread, center + spread


def run_attacks(forget: Readout, unseen: Readout, quick: bool = False) -> dict[str, float | None]:
    """The accuracy of every registered attack by name; None below ten samples a side."""
    few = min(len(forget), len(unseen)) < FEWEST
    return {attack.name: None if few else (attack.quickest if quick else attack.score)(
        *_features(attack, forget, unseen)) for attack in all_of("attack")}


def null_bands(forget: Readout, unseen: Readout, seed: int) -> dict[str, tuple[float, float] | None]:
    """The null band of every registered attack at these set sizes."""
    return {attack.name: null_band(attack, *_features(attack, forget, unseen), seed) for attack in all_of("attack")}


def _features(attack: Attack, forget: Readout, unseen: Readout) -> tuple[np.ndarray, np.ndarray]:
    return getattr(forget, attack.feature).numpy(), getattr(unseen, attack.feature).numpy()


def measure(readings: Readings) -> dict[str, Any]:
    """Every metric of :mod:`engine.metrics` that one model has by itself; accuracies in percent.

    Attack metrics are None below ten samples a side, and ``notes`` says so in a sentence.
    """
    retain, forget, test, unseen = readings.retain, readings.forget, readings.test, readings.nonmembers
    _refuse_non_finite(readings)
    metrics: dict[str, Any] = {
        "retain_accuracy": retain.accuracy,
        "forget_accuracy": forget.accuracy,
        "test_accuracy": test.accuracy,
        "accuracy_gap": abs(forget.accuracy - test.accuracy),
    }
    for name, score in run_attacks(forget, unseen).items():
        metrics[name] = score
        metrics[f"{name}_gap"] = None if score is None else abs(score - 50)
    few = min(len(forget), len(unseen)) < FEWEST
    metrics |= _thresholds(None, None) if few else _thresholds(forget, unseen)
    sides = (forget.loss.numpy(), unseen.loss.numpy())
    apart = {"ks_test": distances.kolmogorov_smirnov, "wasserstein_test": distances.wasserstein}
    metrics |= {name: distance(*sides) if len(unseen) else None for name, distance in apart.items()}
    notes = [_too_few(readings)] if few else []
    # In class removal a forget accuracy of 0 is right: it is judged against the retrained model (engine.reference).
    aim = test if readings.unseen is None else None
    aucs = {attack: metrics[f"{attack.name}_auc"] for attack in all_of("attack")}
    warning = over_forgetting(forget, aim, aucs, len(unseen))
    return metrics | {"over_forgotten": warning is not None, "notes": notes + ([warning] if warning else [])}


def _too_few(readings: Readings) -> str:
    counted = {"forget": readings.forget, "test" if readings.unseen is None else "unseen": readings.nonmembers}
    few = " and ".join(f"{len(side)} {name}" for name, side in counted.items() if len(side) < FEWEST)
    return f"Only {few} samples: an attack needs at least {FEWEST} a side, so the attack metrics are empty."


def _thresholds(forget: Readout | None, unseen: Readout | None) -> dict[str, Any]:
    """AUC of every attack's score, and the loss attack's TPR at low FPR with 95% intervals; empty without sets."""
    found: dict[str, Any] = {}
    for attack in all_of("attack"):
        sides = _features(attack, forget, unseen) if forget and unseen else None
        found[f"{attack.name}_auc"] = distances.auc(-sides[0], -sides[1]) if sides else None
    found["mia_auc"] = found["mia_loss_auc"]  # its name before there was one an attack
    for name, fpr in LOW_FPR.items():
        found |= {name: None, f"{name}_interval": None}
        if forget and unseen:
            rate, span = distances.tpr_at(-forget.loss.numpy(), -unseen.loss.numpy(), fpr)
            found |= {name: rate, f"{name}_interval": list(span)}  # a list, as the store gives it back
    return found


def over_forgetting(forget: Readout, aim: Readout | None, aucs: Mapping[Attack, float | None],
                    unseen: int | None = None) -> str | None:
    """A sentence where the forget set stands out by being *worse* than unseen data (the Streisand effect).

    Judged at three standard errors: an attack's AUC below one half, or the forget accuracy below the one
    to ``aim`` at (None: not judged). ``unseen`` is the number of non-members, by default that of ``aim``.
    """
    n, m = len(forget), unseen or len(aim or ())
    for attack, auc in aucs.items():
        if auc is not None and auc < 0.5 - 3 * math.sqrt((n + m + 1) / (12 * n * m)):
            return (f"Over-forgotten: forgotten samples have higher {PLURAL[attack.feature]} than unseen ones, so an "
                    f"attacker finds them by the reverse rule (AUC {auc:.3f}, Streisand effect).")
    if aim is not None and far_under(forget.accuracy, n, aim.accuracy, len(aim)):
        return (f"Over-forgotten: the accuracy on the forget set ({forget.accuracy:.1f}%) is far under the one on "
                f"unseen data ({aim.accuracy:.1f}%), which gives the forgotten samples away (Streisand effect).")
    return None


def far_under(accuracy: float, n: int, aim: float, m: int) -> bool:
    """Whether an accuracy (percent of n samples) lies three standard errors and a point under another one (of m)."""
    pooled = (accuracy * n + aim * m) / (n + m) / 100
    error = 100 * math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return accuracy < aim - 3 * error and accuracy < aim - 1


def _refuse_non_finite(readings: Readings) -> None:
    for name, side in vars(readings).items():
        losses = torch.empty(0) if side is None else side.loss
        bad = int((~losses.isfinite()).sum())
        if bad:
            raise Diverged(f"{bad} of {len(losses)} losses on the {name} set are not finite: the method destroyed the "
                           "model. A smaller learning rate or alpha may help.")
