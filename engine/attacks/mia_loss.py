"""MIA_L: membership from the loss (paper, section 5.4, after Kurmanji et al. 2023)."""

from __future__ import annotations

from typing import Any

from engine.attacks import _logistic
from engine.types import Attack


def score_samples(loss: Any) -> Any:
    return -loss


ATTACK = Attack(
    name="mia_loss",
    title="Attack on the loss (MIA_L)",
    short="loss attack",
    needs=("loss",),
    score_samples=score_samples,
    accuracy=_logistic.accuracy,
    quick=_logistic.quick_accuracy,
    quick_many=_logistic.quick_accuracies,
    headline=True,
    means="by the loss",
    lower=("loss", "losses"),
    stored={"auc": ("mia_loss_auc", "mia_auc"), "tpr_at_1pct_fpr": ("tpr_at_1pct_fpr",),  # as the first version did
            "tpr_at_0_1pct_fpr": ("tpr_at_0_1pct_fpr",)},
    summary="A logistic regression separates forgotten from never-seen samples by their loss.",
    source="Trippa et al. 2024, section 5.4; Kurmanji et al. 2023",
)
