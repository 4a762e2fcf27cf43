"""U-LiRA on one run (Hayes et al. 2024, 2403.01218): an ensemble's models of the method are the attacker's shadows.

A forgotten sample's score is the likelihood of its phi among models that forgot it over that among models that never
had it. Non-members are the same samples under models that never had them, each without its own data draw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.types import Attack

if TYPE_CHECKING:
    from numpy import ndarray
    from pandas import DataFrame


def score_samples(samples: DataFrame, ensemble: Any) -> ndarray:
    """The log likelihood ratio of every row, (N,); a row with a ``model`` is of that shadow, which is left out."""
    model = samples["model"].to_numpy() if "model" in samples else None
    found: ndarray = ensemble.ratios(samples["sample"].to_numpy(), samples["phi"].to_numpy(dtype=float), model)
    return found


ATTACK = Attack(
    name="u_lira",
    title="Per-example attack (U-LiRA)",
    short="per-example attack",
    needs=("samples", "ensemble"),
    score_samples=score_samples,
    fewest=6,
    means="by U-LiRA",
    summary="What models say of a sample that forgot it, against what models say of it that never had it.",
    source="Hayes et al. 2024, arXiv:2403.01218",
)
