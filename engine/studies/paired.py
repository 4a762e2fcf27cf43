"""Two runs on the same samples: each sample's loss in one and in the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import BadInput
from engine.runs.records import Run
from engine.runs.sources import Pool, Source, said_of

if TYPE_CHECKING:
    from pandas import DataFrame

SETS = ("forget", "test")
POOLS: Mapping[str, Pool] = {"forget": "train", "test": "heldout"}
LEAST = 1e-6  # nats; a smaller loss is drawn here on a logarithmic axis


@dataclass(frozen=True)
class Paired:
    """Samples that two runs share, row by row: their set, their number in it, and loss and correctness in each run.

    ``said`` is the number of the class that each run said; not a number where it was not kept.
    """

    sets: np.ndarray
    samples: np.ndarray
    losses: tuple[np.ndarray, np.ndarray]
    correct: tuple[np.ndarray, np.ndarray]
    said: tuple[np.ndarray, np.ndarray]

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def apart(self) -> np.ndarray:
        """By how many factors of ten the loss is higher in the second run."""
        one, other = (np.log10(np.maximum(loss, LEAST)) for loss in self.losses)
        return np.asarray(other - one)

    def some(self, rows: np.ndarray) -> Paired:
        """These rows, in their order."""
        (one, other), (right, also), (said, too) = self.losses, self.correct, self.said
        return Paired(self.sets[rows], self.samples[rows], (one[rows], other[rows]), (right[rows], also[rows]),
                      (said[rows], too[rows]))


@dataclass(frozen=True)
class InBoth:
    """One sample in two runs: its ``picture`` or ``text`` (empty where it is not at hand), its labels, both answers.

    ``label`` is what the data call it (None where it is not at hand), ``truth`` its true class where labels may be
    wrong on purpose; ``said`` is None where a wrong answer was not kept. Losses are in nats.
    """

    set: str
    sample: int
    shown: Mapping[str, Any]
    label: str | None
    truth: str | None
    said: tuple[str | None, str | None]
    right: tuple[bool, bool]
    losses: tuple[float, float]

    @property
    def false_label(self) -> bool:
        """Whether the data call it something else than it is."""
        return self.truth is not None and self.truth != self.label


def in_both(pairs: Paired, row: int, source: Source) -> InBoth:
    """The sample in this row as people see it."""
    name, number = str(pairs.sets[row]), int(pairs.samples[row])
    pool = POOLS[name]
    label = source.label(pool, number)
    (one, other), (right, also), (said, too) = pairs.losses, pairs.correct, pairs.said
    return InBoth(name, number, source.shown(pool, number), label,
                  source.truth(pool, number) if pool == "train" else None,
                  (said_of(source, label, said[row], bool(right[row])), said_of(source, label, too[row],
                                                                                bool(also[row]))),
                  (bool(right[row]), bool(also[row])), (float(one[row]), float(other[row])))


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
                  (column["correct_one"].astype(bool), column["correct_other"].astype(bool)),
                  (column["predicted_one"], column["predicted_other"]))


def _attacked(frame: DataFrame) -> DataFrame:
    rows = frame.loc[frame["set"].isin(SETS)]
    said = rows.get("predicted", np.nan)  # older runs did not keep it
    return rows[["set", "sample", "loss", "correct"]].assign(predicted=said)


def _split(run: Run) -> str | None:
    """The name of the run's split; that of a run without one is worked out; None for a spec of another version."""
    if run.split:
        return run.split
    try:
        return run.resolved().split_identity()
    except BadInput:
        return None
