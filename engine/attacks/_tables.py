"""What attacks beside retrained models read of their per-sample tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import ndarray
    from pandas import DataFrame

TRAINING_SETS = ("retain", "forget")  # of the training pool; the other sets are of the held-out pool


def untrained_losses(frame: DataFrame, rows: DataFrame) -> ndarray:
    """The losses (N,) that a retrained model gives samples of one set; NaN where it trained on one."""
    pool = frame["set"].isin(TRAINING_SETS) == rows["set"].isin(TRAINING_SETS).any()
    # Held-out samples of a forgotten class are listed twice; the last list is the one that is attacked.
    never_trained = frame[pool & (frame["set"] != "retain")].drop_duplicates("sample", keep="last")
    losses: ndarray = never_trained.set_index("sample")["loss"].reindex(rows["sample"]).to_numpy(dtype=float)
    return losses
