"""From one model's read-outs to its metrics: accuracies, membership inference, and what chance alone gives.

Exactly docs/methods.md, "Metrics". An attack gives every sample a score, higher where *member* is likelier; its
accuracy, ROC area and exposure at few false alarms are derived from the scores here, for every attack alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from engine.attacks import _logistic
from engine.attacks._attacker import FEWEST, balanced
from engine.data.persets import PerSet
from engine.errors import BadInput, Diverged
from engine.evaluation import distances
from engine.evaluation.readout import Readout
from engine.registry import attack_codes, live_attacks
from engine.types import Attack

PERMUTATIONS = 100
LOW_FPR = {"tpr_at_1pct_fpr": 0.01, "tpr_at_0_1pct_fpr": 0.001}


class Readings(PerSet[Readout]):
    """The read-outs of one model on the sets that metrics look at."""


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
    scores = quick_accuracies(attack, mixed[:, :len(members)], mixed[:, len(members):])
    center, spread = float(np.mean(scores)), 1.96 * float(np.std(scores, ddof=1))
    return center - spread, center + spread


def quick_accuracies(attack: Attack, members: np.ndarray, nonmembers: np.ndarray) -> np.ndarray:
    """The attack's quickest way on P pairs of sides (P, N), as percent (P,)."""
    if attack.accuracy is None:
        return _logistic.quick_accuracies(members, nonmembers)
    if attack.quick_many:
        return attack.quick_many(members, nonmembers)
    return np.array([accuracy(attack, *pair, quick=True) for pair in zip(members, nonmembers, strict=True)])


def accuracy(attack: Attack, members: np.ndarray, nonmembers: np.ndarray, quick: bool = False) -> float:
    """An attack's accuracy in percent from both sides' scores; ``quick`` by its cheapest way."""
    if attack.accuracy is None:
        return (_logistic.quick_accuracy if quick else _logistic.accuracy)(members, nonmembers)
    return (attack.quick or attack.accuracy if quick else attack.accuracy)(members, nonmembers)


def run_attacks(forget: Readout, unseen: Readout, quick: bool = False) -> dict[str, float | None]:
    """The accuracy of every attack on one model by name; None below ten samples a side."""
    few = min(len(forget), len(unseen)) < FEWEST
    return {attack.name: None if few else accuracy(attack, *_sides(attack, forget, unseen), quick=quick)
            for attack in live_attacks()}


def null_bands(forget: Readout, unseen: Readout, seed: int) -> dict[str, tuple[float, float] | None]:
    """The null band of every attack on one model, of the scores that it gives."""
    return {attack.name: null_band(attack, *_sides(attack, forget, unseen), seed) for attack in live_attacks()}


def expected_null_bands(unseen: Readout, members: int, seed: int) -> dict[str, tuple[float, float] | None]:
    """The null bands of a run that has not been yet: as many pseudo-members and non-members as it will have.

    Both are drawn from a model's losses of never-seen samples, as the losses of a model that forgot look alike on
    both sides; again where there are too few of them for two sides.
    """
    size, rng = min(members, len(unseen)), np.random.default_rng(seed)
    if size < FEWEST:
        return dict.fromkeys(attack.name for attack in live_attacks())
    drawn = torch.from_numpy(rng.choice(len(unseen), 2 * size, replace=2 * size > len(unseen)))
    return null_bands(unseen[drawn[:size]], unseen[drawn[size:]], seed)


def band_of(losses: str) -> dict[str, Any]:
    """How a null band was made, to be stored beside it: by how many permutations, of whose losses."""
    return {"permutations": PERMUTATIONS, "of": losses}


def scores(attack: Attack, columns: Mapping[str, Any], count: int) -> np.ndarray:
    """An attack's scores (``count``,) of samples with these columns or tables, float64. Raises BadInput otherwise."""
    seen = {name: columns[name] if attack.needs_retrained else _exact(columns[name]) for name in attack.needs}
    found = np.asarray(attack.score_samples(**seen), dtype=np.float64)
    if found.shape != (count,):
        raise BadInput(f"The attack {attack.name!r} gave scores of shape {found.shape} for {count:,} samples: "
                       "score_samples must return one number per sample.")
    return found


def _exact(column: Any) -> np.ndarray:
    """A column (N,) with its numbers in float64; truth values stay what they are."""
    values = np.asarray(column)
    return values.astype(np.float64) if values.dtype.kind == "f" else values


def of_scores(attack: Attack, members: np.ndarray | None, nonmembers: np.ndarray | None) -> dict[str, Any]:
    """All that an attack's scores come to, by the names that runs store; None throughout without both sides."""
    found: dict[str, Any] = {}
    for what, value in _derived(attack, members, nonmembers):
        found |= dict.fromkeys(attack.metric_names(what) if what else (attack.name,), value)
    return found


def _derived(attack: Attack, members: np.ndarray | None, nonmembers: np.ndarray | None) -> Iterator[tuple[str, Any]]:
    """What is derived, by the ending of its name (the accuracy has none), and its value."""
    if members is None or nonmembers is None:
        yield from dict.fromkeys(["", "gap", "auc"]).items()
        for name in LOW_FPR:
            yield from ((name, None), (f"{name}_interval", None))
        return
    percent = accuracy(attack, members, nonmembers)
    yield from (("", percent), ("gap", abs(percent - 50)), ("auc", distances.auc(members, nonmembers)))
    for name, fpr in LOW_FPR.items():
        rate, span = distances.tpr_at(members, nonmembers, fpr)
        yield from ((name, rate), (f"{name}_interval", list(span)))  # a list, as the store gives it back


def _sides(attack: Attack, forget: Readout, unseen: Readout) -> tuple[np.ndarray, np.ndarray]:
    return scores(attack, vars(forget), len(forget)), scores(attack, vars(unseen), len(unseen))


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
    few = min(len(forget), len(unseen)) < FEWEST
    for attack in live_attacks():
        metrics |= of_scores(attack, *((None, None) if few else _sides(attack, forget, unseen)))
    sides = (forget.loss.numpy(), unseen.loss.numpy())
    apart = {"ks_test": distances.kolmogorov_smirnov, "wasserstein_test": distances.wasserstein}
    metrics |= {name: distance(*sides) if len(unseen) else None for name, distance in apart.items()}
    if codes := attack_codes(live_attacks()):
        metrics["attack_code"] = codes
    sizes = {"forget": len(forget), "test": len(test), "nonmembers": len(unseen)}
    return metrics | {"sizes": sizes, "notes": [_too_few(readings)] if few else []}


def _too_few(readings: Readings) -> str:
    counted = {"forget": readings.forget, "test" if readings.unseen is None else "unseen": readings.nonmembers}
    few = " and ".join(f"{len(side)} {name}" for name, side in counted.items() if len(side) < FEWEST)
    return f"Only {few} samples: an attack needs at least {FEWEST} per side, so the attack metrics are empty."


def _refuse_non_finite(readings: Readings) -> None:
    for name, side in readings.items():
        bad = int((~side.loss.isfinite()).sum())
        if bad:
            raise Diverged(f"{bad} of {len(side)} losses on the {name} set are not finite: the method destroyed the "
                           "model. A smaller learning rate or alpha may help.")
