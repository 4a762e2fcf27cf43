"""The verdict where manipulated samples are to be corrected: by what they still do to unseen samples, and by no attack.

Whether a found sample looks like a member says nothing here: what was not found stays in the training set. The model is
held against one that was trained without any manipulated sample ("clean-trained"), at three standard errors:

1. ``reference``: the clean-trained model itself.
2. ``damaged``: the test accuracy fell ten points or more.
3. ``not_forgotten``: the trigger works more often than on the clean-trained model; without one, more often than the
   same images are called the target without it. Or the corrected accuracy is lower than the clean-trained model's.
4. ``undecided``: there is no clean-trained model yet.
5. ``forgotten``: corrected, as far as both measures tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.evaluation.evidence import Decisive, Evidence, allowed, texts
from engine.evaluation.judged import Kind, Verdict
from engine.evaluation.metrics import CORRECTIVE_SIZES

TITLES: dict[Kind, str] = {
    "reference": "The reference: a model that never saw a manipulated sample",
    "damaged": "Damaged: the model no longer works on new samples",
    "not_forgotten": "Not corrected: the manipulated samples still show",
    "undecided": "No verdict: there is no clean-trained model yet",
    "forgotten": "Corrected, as far as unseen samples tell"}
REFERENCE = ("This is the clean-trained model: it never saw a manipulated sample, found or not. It is the reference "
             "for the others, so it is not judged itself.")
NO_ATTACK = "Attacks on the found samples say nothing here, so they are not judged."
WITHOUT = ("Whether the accuracy is restored can only be said beside the clean-trained model: run Retraining with all "
           "manipulated samples found.")
Metrics = Mapping[str, Any]


def corrected(metrics: Metrics, damage: Evidence | None, reference: bool) -> Verdict:
    """The verdict on a run's metrics; ``damage`` says that the model is damaged, if it is."""
    if reference:
        return _verdict("reference", REFERENCE)
    if damage:
        return _verdict("damaged", damage.text, (damage,))
    items = tuple(item for item in (_trigger(metrics), _accuracy(metrics)) if item)
    found = [item for item in items if item.kind == "found"]
    kind: Kind = "not_forgotten" if found else "forgotten" if metrics.get("retrained") else "undecided"
    return _verdict(kind, " ".join([*texts(found or items), NO_ATTACK]), items, found[0].decisive if found else None)


def _verdict(kind: Kind, text: str, items: tuple[Evidence, ...] = (), decisive: Decisive | None = None) -> Verdict:
    broken = kind == "damaged"
    return Verdict(kind, text, damaged=broken, evidence=items, decisive=items[0].decisive if broken else decisive,
                   title=TITLES[kind])


def _trigger(metrics: Metrics) -> Evidence | None:
    """Whether the trigger still works; None where none was stamped."""
    now, clean = metrics.get("attack_success"), _clean(metrics, "attack_success")
    aim = metrics.get("attack_success_floor") if clean is None else clean
    if now is None or aim is None:
        return None
    limit = aim + allowed(now, _count(metrics), aim, _count(metrics))
    beside = "without the trigger" if clean is None else "the clean-trained model"
    shown = f"of unseen images with the trigger {now:.1f}% are called its target ({beside}: {aim:.1f}%)"
    if now > limit:
        return Evidence("attack_success", "found", f"The trigger still works: {shown}.",
                        Decisive("attack_success", now, limit))
    return Evidence("attack_success", "chance", f"The trigger no longer works: {shown}.")


def _accuracy(metrics: Metrics) -> Evidence | None:
    """Whether the accuracy on the affected domain is restored; None where it has no sample."""
    now, aim = metrics.get("corrected_accuracy"), _clean(metrics, "corrected_accuracy")
    if now is None:
        return None
    shown = f"{now:.1f}% of the affected unseen samples are classified by their true label"
    if aim is None:
        return Evidence("corrected_accuracy", "unknown", f"{shown[0].upper()}{shown[1:]}. {WITHOUT}")
    limit = aim - allowed(now, _count(metrics), aim, _count(metrics))
    shown += f" (the clean-trained model: {aim:.1f}%)"
    if now < limit:
        return Evidence("corrected_accuracy", "found", f"The accuracy is not restored: {shown}.",
                        Decisive("corrected_accuracy", now, limit, above=False))
    return Evidence("corrected_accuracy", "chance", f"The accuracy is restored: {shown}.")


def _clean(metrics: Metrics, name: str) -> float | None:
    """The clean-trained model's value."""
    value: float | None = (metrics.get("retrained") or {}).get(name)
    return value


def _count(metrics: Metrics) -> int:
    count: int = metrics[CORRECTIVE_SIZES]["affected"]
    return count
