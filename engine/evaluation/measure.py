"""From one model's read-outs to its metrics: accuracies, membership inference, and what chance alone gives.

Exactly docs/methods.md, "Metrics": an attack is a logistic regression on one raw feature, ten
stratified shuffle splits, the mean accuracy in percent. Scores are higher where *member* is
likelier, everywhere.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn import config_context
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedShuffleSplit
from threadpoolctl import ThreadpoolController

from engine.errors import Diverged
from engine.evaluation import distances
from engine.evaluation.readout import Readout
from engine.registry import all_of
from engine.types import Attack

FEWEST = 10  # samples a side, below which an attack's accuracy says nothing
PERMUTATIONS = 100
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
    """Both sides at the size of the smaller: the larger is shuffled by ``default_rng(1)`` and cut.

    Equal sides stay in order, where the authors still shuffle the forget rows: their ten splits draw other samples.
    """
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

    None below ten samples a side. Hand it the sides that are attacked: a band of other losses (the Original's, which
    are nearly all 0) has another width, and too many models that forgot fall outside.
    """
    members, nonmembers = balanced(members, nonmembers)
    if len(members) < FEWEST:
        return None
    values, rng = np.concatenate([members, nonmembers]), np.random.default_rng(seed)
    mixed = np.stack([rng.permutation(values) for _ in range(permutations)])
    scores = _quick_scores(attack, mixed[:, :len(members)], mixed[:, len(members):])
    center, spread = float(np.mean(scores)), 1.96 * float(np.std(scores, ddof=1))
    return center - spread, center + spread


def _quick_scores(attack: Attack, members: np.ndarray, nonmembers: np.ndarray) -> np.ndarray:
    """The attack's quickest way on P pairs of sides (P, N), as percent (P,)."""
    if attack.quick_many:
        return attack.quick_many(members, nonmembers)
    return np.array([attack.quickest(*pair) for pair in zip(members, nonmembers, strict=True)])


def run_attacks(forget: Readout, unseen: Readout, quick: bool = False) -> dict[str, float | None]:
    """The accuracy of every registered attack by name; None below ten samples a side."""
    few = min(len(forget), len(unseen)) < FEWEST
    return {attack.name: None if few else (attack.quickest if quick else attack.score)(
        *_features(attack, forget, unseen)) for attack in all_of("attack")}


def null_bands(forget: Readout, unseen: Readout, seed: int) -> dict[str, tuple[float, float] | None]:
    """The null band of every registered attack, of the losses and entropies that it sees."""
    return {attack.name: null_band(attack, *_features(attack, forget, unseen), seed) for attack in all_of("attack")}


def expected_null_bands(unseen: Readout, members: int, seed: int) -> dict[str, tuple[float, float] | None]:
    """The null bands of a run that has not been yet: as many pseudo-members and non-members as it will have.

    Both are drawn from a model's losses of never-seen samples, as the losses of a model that forgot look alike on
    both sides; again where there are too few of them for two sides.
    """
    size, rng = min(members, len(unseen)), np.random.default_rng(seed)
    if size < FEWEST:
        return dict.fromkeys(attack.name for attack in all_of("attack"))
    drawn = torch.from_numpy(rng.choice(len(unseen), 2 * size, replace=2 * size > len(unseen)))
    return null_bands(unseen[drawn[:size]], unseen[drawn[size:]], seed)


def band_of(losses: str) -> dict[str, Any]:
    """How a null band was made, to be stored beside it: by how many permutations, of whose losses."""
    return {"permutations": PERMUTATIONS, "of": losses}


def _features(attack: Attack, forget: Readout, unseen: Readout) -> tuple[np.ndarray, np.ndarray]:
    return getattr(forget, attack.feature).numpy(), getattr(unseen, attack.feature).numpy()


def measure(readings: Readings) -> dict[str, Any]:
    """Every metric of :mod:`engine.evaluation.metrics` that one model has by itself; accuracies in percent.

    Attack metrics are None below ten samples a side, and ``notes`` says so in a sentence. ``sizes`` are the numbers
    of samples behind them. What they come to is :func:`engine.evaluation.verdict.judge`'s to say.
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
    sizes = {"forget": len(forget), "test": len(test), "nonmembers": len(unseen)}
    return metrics | {"sizes": sizes, "notes": [_too_few(readings)] if few else []}


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


def _refuse_non_finite(readings: Readings) -> None:
    for name, side in vars(readings).items():
        losses = torch.empty(0) if side is None else side.loss
        bad = int((~losses.isfinite()).sum())
        if bad:
            raise Diverged(f"{bad} of {len(losses)} losses on the {name} set are not finite: the method destroyed the "
                           "model. A smaller learning rate or alpha may help.")
