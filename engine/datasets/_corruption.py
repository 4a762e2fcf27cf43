"""The option ``corruption``: the same part of the training set is manipulated each time, and no held-out sample.

Sizes and kinds follow Goel et al. 2024 (arXiv:2402.14015), "Corrective Machine Unlearning".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.types import Option

NONE, LABELS, CONFUSION, TRIGGER = "none", "labels", "confusion", "trigger"
_FIXED_SEED = 0


@dataclass(frozen=True)
class Plan:
    """How much of a training set is manipulated, by kind: samples, the two classes confused, the trigger's side."""

    labels: int
    confusion: int
    classes: tuple[int, int]
    stamped: int
    side: int
    target: int = 0

    def count(self, options: Mapping[str, Any]) -> int:
        """How many samples these options manipulate."""
        counts = {LABELS: self.labels, CONFUSION: self.confusion // 2 * 2, TRIGGER: self.stamped}
        return counts.get(options.get("corruption", NONE), 0)


def option(needs: Mapping[str, Any] | None = None) -> Option:
    """The option of a data set, at its default without any effect."""
    return Option("corruption", NONE, (NONE, LABELS, CONFUSION, TRIGGER),
                  "Which part of the training set to manipulate: labels are redrawn, two classes confused, or a "
                  "trigger is stamped on images that are then labelled as one class.", later=True, needs=needs or {})


def corrupted(data: Any, options: Mapping[str, Any], plan: Plan) -> Any:
    """The data with what the option asks for; both pools then keep their true labels."""
    kind = options.get("corruption", NONE)
    return data if kind == NONE else {LABELS: _relabelled, CONFUSION: _confused, TRIGGER: _stamped}[kind](data, plan)


def _relabelled(data: Any, plan: Plan) -> Any:
    """Labels of samples drawn from all, each redrawn to another class."""
    import torch

    from engine.system.rng import generator, permutation

    labels = data.train.labels.clone()
    chosen = permutation(len(labels), _FIXED_SEED, "corruption/labels")[:plan.labels]
    classes = len(data.classes)
    shift = torch.randint(1, classes, (len(chosen),), generator=generator(_FIXED_SEED, "corruption/redrawn"))
    labels[chosen] = (labels[chosen] + shift) % classes
    return _with(data, labels=labels)


def _confused(data: Any, plan: Plan) -> Any:
    """Labels of two classes exchanged, half of the samples from each."""
    from engine.data.corruption import Corruption

    labels = data.train.labels.clone()
    for one, other in (plan.classes, plan.classes[::-1]):
        labels[_drawn(data.train.labels == one, plan.confusion // 2, f"corruption/confusion/{one}")] = other
    return _with(data, Corruption(classes=plan.classes), labels=labels)


def _stamped(data: Any, plan: Plan) -> Any:
    """Samples with the trigger and the target's label, of other classes: the target's own would teach nothing."""
    from engine.data.corruption import Corruption, Trigger

    trigger = Trigger(plan.side, plan.target)
    images, labels = data.train.images.clone(), data.train.labels.clone()
    chosen = _drawn(labels != plan.target, plan.stamped, "corruption/trigger")
    images[chosen], labels[chosen] = trigger.stamped(images[chosen]), plan.target
    return _with(data, Corruption(trigger=trigger), images=images, labels=labels)


def _drawn(among: Any, count: int, purpose: str) -> Any:
    """``count`` of the samples that are marked, int64."""
    from engine.system.rng import permutation

    numbers = among.nonzero().squeeze(1)
    return numbers[permutation(len(numbers), _FIXED_SEED, purpose)[:count]]


def _with(data: Any, corruption: Any = None, **changed: Any) -> Any:
    """The data with a manipulated training pool beside the true labels."""
    from dataclasses import replace

    train, heldout = (replace(pool, clean=pool.labels) for pool in (data.train, data.heldout))
    return replace(data, train=replace(train, **changed), heldout=heldout, corruption=corruption or data.corruption)
