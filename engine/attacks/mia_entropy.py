"""MIA_E: membership from the entropy of the answer, without labels (paper, section 5.4; Foster et al. 2023)."""

from __future__ import annotations

from engine.attacks import _logistic, _quick
from engine.types import Attack

ATTACK = Attack(
    name="mia_entropy",
    title="Attack on the entropy (MIA_E)",
    feature="entropy",
    score=_logistic.score,
    quick=_quick.quick_score,
    quick_many=_quick.quick_scores,
    headline=True,
    summary="The same attacker sees only the entropy of the model's answer, not the label.",
    source="Trippa et al. 2024, section 5.4; Foster et al. 2023",
)
