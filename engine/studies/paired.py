"""Two runs on the same samples: each sample's loss in one and in the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import BadInput
from engine.runs.records import Run

if TYPE_CHECKING:
    from pandas import DataFrame

SETS = ("forget", "test")
LEAST = 1e-6  # nats; a smaller loss is drawn here on a logarithmic axis


@dataclass(frozen=True)
class Paired:
    """Samples that two runs share, row by row: their set, their number in it, and loss and correctness in each run."""

    sets: np.ndarray
    samples: np.ndarray
    losses: tuple[np.ndarray, np.ndarray]
    correct: tuple[np.ndarray, np.ndarray]

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def apart(self) -> np.ndarray:
        """By how many factors of ten the loss is higher in the second run."""
        one, other = (np.log10(np.maximum(loss, LEAST)) for loss in self.losses)
        return np.asarray(other - one)

    def some(self, rows: np.ndarray) -> Paired:
        """These rows, in their order."""
        (one, other), (right, also) = self.losses, self.correct
        return Paired(self.sets[rows], self.samples[rows], (one[rows], other[rows]), (right[rows], also[rows]))


def same_samples(one: Run, other: Run) -> bool:
    """Whether both runs forget and test on the same samples of the same data."""
    data = one.data is None or other.data is None or one.data == other.data
    return data and _split(one) is not None and _split(one) == _split(other)


def paired(one: DataFrame | None, other: DataFrame | None) -> Paired:
    """The forget and test samples that both per-sample tables hold; raises BadInput where there are none.

    Where a run kept no table, that is said.
    """
    if one is None or other is None:
        which = ("Neither run has a table" if one is None and other is None else
                 f"The {'first' if one is None else 'second'} run has no table")
        raise BadInput(f"{which} of its samples: run it again to get one.")
    both = _attacked(one).merge(_attacked(other), on=["set", "sample"], suffixes=("_one", "_other"), validate="1:1")
    if both.empty:
        raise BadInput("The two runs' tables have no sample in common.")
    column = {name: both[name].to_numpy() for name in both.columns}
    return Paired(column["set"], column["sample"], (column["loss_one"], column["loss_other"]),
                  (column["correct_one"].astype(bool), column["correct_other"].astype(bool)))


def _attacked(frame: DataFrame) -> DataFrame:
    return frame.loc[frame["set"].isin(SETS), ["set", "sample", "loss", "correct"]]


def _split(run: Run) -> str | None:
    """The name of the run's split; that of a run without one is worked out; None for a spec of another version."""
    if run.split:
        return run.split
    try:
        return run.resolved().split_identity()
    except BadInput:
        return None
