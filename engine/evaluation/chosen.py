"""Attacks on samples that a person or a rule chose, and that an attacker has to tell from the whole test set.

The hardest samples stand out in a model that never saw them, and so do the easiest: chance is no yardstick. Only the
retrained model says what such samples look like to a model without them. Both models are attacked on the same samples,
so their ROC areas are held against one another, at three standard errors to either side. Above, something is left;
below, the samples are worse than in the retrained model. The attack accuracy says neither, for the rule that it learns
may have either direction. Without a retrained model nothing is judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.evaluation.evidence import Counts, Decisive, Evidence, by_sample, means, off_half
from engine.registry import live_attacks
from engine.types import Attack

TITLE = "No verdict yet: retrain to compare"
WHY = ("These samples were chosen, so they differ from the test set without any training, and what an attacker finds "
       "says nothing by itself. Retrain to compare: run Retraining on the same forget set.")
Metrics = Mapping[str, Any]


def of_chosen(metrics: Metrics, counts: Counts | None) -> list[Evidence]:
    """What each live attack comes to beside the retrained model, and each that weighs samples against such models.

    >>> from engine.evaluation.evidence import Counts
    >>> [item.kind for item in of_chosen({"mia_loss": 67.0, "mia_loss_auc": 0.3}, Counts(100, 100, 100))]
    ['unknown']
    """
    live = [item for attack in live_attacks() if (item := _of_attack(attack, metrics, counts))]
    return live + by_sample(metrics, counts)


def waits(items: Iterable[Evidence]) -> bool:
    """Whether a verdict needs a retrained model first."""
    return any(item.kind == "unknown" and item.title == TITLE for item in items)


def _of_attack(attack: Attack, metrics: Metrics, counts: Counts | None) -> Evidence | None:
    score, area = metrics.get(attack.name), attack.value(metrics, "auc")
    truth = attack.value(metrics.get("retrained") or {}, "auc")
    if area is None or truth is None or counts is None:
        return None if score is None and area is None else Evidence(attack.name, "unknown", "", title=TITLE)
    off, name = off_half(counts), attack.metric("auc")
    if area < truth - off:
        return _below(attack, metrics, Decisive(name, area, truth - off, attack.name, above=False), truth)
    number = Decisive(name, area, truth + off, attack.name)
    if area > number.limit:
        return Evidence(attack.name, "found", f"An attacker {means(attack)} ranks forgotten samples further ahead of "
                        f"never-seen ones than in the retrained model ({_shown(number, truth)}).", number)
    return Evidence(attack.name, "chance", f"An attacker {means(attack)} finds no more than in the retrained model "
                    f"({_shown(number, truth)}).")


def _below(attack: Attack, metrics: Metrics, number: Decisive, truth: float) -> Evidence:
    """Further from unseen samples than the retrained model has it: over-forgotten, unless more of them are still right.

    A model that half knows a false label answers with a high entropy, where one that never saw it is sure.
    """
    higher, lower = attack.lower, f"their scores in “{attack.short_title}” are lower"
    they = f"they have higher {higher[1]}" if higher else lower
    now, aim = metrics.get("forget_accuracy"), (metrics.get("retrained") or {}).get("forget_accuracy")
    if now is not None and aim is not None and now > aim:
        return Evidence(attack.name, "found", f"An attacker {means(attack)} still finds some of the forgotten samples: "
                        f"{they} than in the retrained model, though more of them are right ({now:.1f}% and "
                        f"{aim:.1f}%; {_shown(number, truth)}).", number)
    return Evidence(attack.name, "reverse", f"Over-forgotten: an attacker {means(attack)} finds forgotten samples, for "
                    f"{they} than in the retrained model ({_shown(number, truth)}; Streisand effect).", number)


def _shown(number: Decisive, truth: float) -> str:
    return f"{number.words('ROC area', digits=3)}, the retrained model: {truth:.3f}"
