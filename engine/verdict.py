"""What the numbers of a run come to, in a sentence or two. No page decides what is good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.registry import all_of
from engine.types import Attack

DAMAGED = 10.0  # points of test accuracy lost, from which on a model counts as damaged
GONE = 1.0  # percent of a forgotten class still recognised, under which the model never names it
STILL_KNOWN = 5.0  # points of accuracy on a forgotten class above the retrained model's, from which on it is not


def damage(metrics: dict[str, Any], original: dict[str, Any]) -> str | None:
    """A sentence where the model lost so much that an attack near 50% means nothing."""
    if not is_damaged(metrics | {"original": original}):
        return None
    before, after = original["test_accuracy"], metrics["test_accuracy"]
    return (f"The model is damaged: its test accuracy fell from {before:.1f} to {after:.1f}%. A model that knows "
            "nothing cannot give anything away, so attacks near 50% are no success here.")


def is_damaged(metrics: Mapping[str, Any]) -> bool:
    """Whether a run's stored metrics tell of a test accuracy far under the Original's."""
    before, after = (metrics.get("original") or {}).get("test_accuracy"), metrics.get("test_accuracy")
    return None not in (before, after) and before - after >= DAMAGED


def verdict(metrics: dict[str, Any], bands: dict[str, Any]) -> str | None:
    """Each attack against what chance alone gives at these set sizes, beside the retrained model's where there is one.

    None where there were too few samples.
    """
    said, retrained = [], metrics.get("retrained") or {}
    for attack in all_of("attack"):
        score, band, how = metrics.get(attack.name), bands.get(attack.name), _means(attack)
        if score is None or band is None:
            continue
        span = f"{score:.1f}%, chance alone: {band[0]:.1f} to {band[1]:.1f}%"
        truth = retrained.get(attack.name)
        span += "" if truth is None else f", the retrained model: {truth:.1f}%"
        if score > band[1]:
            said.append(f"An attacker {how} still does better than chance ({span}).")
        elif score >= band[0]:
            said.append(f"An attacker {how} does no better than chance ({span}).")
        else:
            said.append(f"An attacker {how} does worse than a coin toss ({span}): the rule it learns on one part of "
                        "the samples does not carry over to the rest.")
    return " ".join(said) or None


def class_verdict(metrics: dict[str, Any]) -> str:
    """Class removal: whether the class is gone, against the retrained model where there is one, else against zero.

    An attack compares with never-seen samples of the class: where both are still recognised it finds nothing.
    """
    now, retrained = metrics["forget_accuracy"], (metrics.get("retrained") or {}).get("forget_accuracy")
    known = "zero is usual for a retrained one" if retrained is None else f"the retrained model: {retrained:.1f}%"
    if now <= (retrained or 0.0) + STILL_KNOWN:
        return f"The class is forgotten: the model gets {now:.1f}% of its samples right ({known}).{_why(now)}"
    return (f"The class is not forgotten: the model still gets {now:.1f}% of its samples right ({known}). An attack "
            "near 50% only says that it treats all samples of the class alike.")


def _why(accuracy: float) -> str:
    """Where the model never names the class: that high losses are then no over-forgetting."""
    if accuracy >= GONE:
        return ""
    return (" Losses far above those of other unseen data are right here: what is left of the data says that there is "
            "no such class.")


def _means(attack: Attack) -> str:
    """How an attacker goes about it: ``by the loss``."""
    what = attack.short_title.removeprefix("Attack on ")
    return f"with “{what}”" if what == attack.short_title else f"by {what}"
