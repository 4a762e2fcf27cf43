"""MIA_L: membership from the loss (paper, section 5.4, after Kurmanji et al. 2023)."""

from __future__ import annotations

from engine.attacks import _logistic, _quick
from engine.types import Attack

ATTACK = Attack(
    name="mia_loss",
    title="Attack on the loss (MIA_L)",
    feature="loss",
    score=_logistic.score,
    quick=_quick.quick_score,
    quick_many=_quick.quick_scores,
    headline=True,
    summary="A logistic regression tells forgotten from never-seen samples by their loss.",
    source="Trippa et al. 2024, section 5.4; Kurmanji et al. 2023",
)
