"""IAM (2506.06112) with models as shadows that were retrained on the same split with other seeds.

All samples of both sides then have the same shadows, which never trained on any of them. The other end of the line is a
model that fitted every sample, for a run does not keep what its Original said of each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.attacks._iam import degrees, signal
from engine.attacks._tables import untrained_losses
from engine.types import Attack

if TYPE_CHECKING:
    from numpy import ndarray
    from pandas import DataFrame


def score_samples(samples: DataFrame, shadows: list[DataFrame]) -> ndarray:
    """The degree of membership of every row, (N,), 0 to 1; NaN where a shadow has no loss of it."""
    import numpy as np

    theirs = np.exp(-np.array([untrained_losses(frame, samples) for frame in shadows]))
    return degrees(signal(np.exp(-samples["loss"].to_numpy(dtype=float))), signal(theirs))


ATTACK = Attack(
    name="iam",
    title="IAM",
    needs=("samples", "shadows"),
    score_samples=score_samples,
    fewest=2,
    means="by IAM",
    summary="How far a sample's probability lies on the way from what retrained models give it to a fitted sample's.",
    source="arXiv:2506.06112",
)
