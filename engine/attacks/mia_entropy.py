"""MIA_E: membership from the entropy of the answer, without labels (paper, section 5.4; Foster et al. 2023)."""

from __future__ import annotations

from typing import Any

from engine.attacks import _logistic
from engine.types import Attack


def score_samples(entropy: Any) -> Any:
    return -entropy


ATTACK = Attack(
    name="mia_entropy",
    title="Attack on the entropy (MIA_E)",
    short="entropy attack",
    needs=("entropy",),
    score_samples=score_samples,
    accuracy=_logistic.accuracy,
    quick=_logistic.quick_accuracy,
    quick_many=_logistic.quick_accuracies,
    headline=True,
    means="by the entropy",
    lower=("entropy", "entropies"),
    summary="The same attacker sees only the entropy of the model's answer, not the label.",
    source="Trippa et al. 2024, section 5.4; Foster et al. 2023",
)
