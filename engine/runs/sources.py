"""Where the samples of a run are to be had: in the loaded data, or in the excerpt of them that ships."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from engine.errors import BadInput
from engine.registry import find, get
from engine.runs.records import Run

if TYPE_CHECKING:
    from pandas import DataFrame

    from engine.originals.checkpoints import Checkpoints
    from engine.originals.workbench import Bench, Report

Pool = Literal["train", "heldout"]
NOISE = "label_noise"  # the option of data sets whose labels are partly wrong on purpose; without it they are true


class Source(Protocol):
    """Samples as people see them, and what the Original said of them; numbers are places in their pool."""

    @property
    def classes(self) -> Sequence[str]: ...

    def shown(self, pool: Pool, number: int) -> Mapping[str, Any]:
        """A ``picture``, uint8 (H, W, C), or a ``text``; empty where the sample is not at hand."""
        ...

    def label(self, pool: Pool, number: int) -> str | None:
        """Its label, or all of them; None where it is not at hand."""
        ...

    def truth(self, pool: Pool, number: int) -> str | None:
        """What a sample truly is, where its label may be wrong on purpose."""
        ...

    def with_before(self, rows: DataFrame) -> DataFrame:
        """Rows of training samples that are at hand, with ``loss_before``, ``said_before`` and ``right_before``."""
        ...

    def twin(self, number: int) -> int | None:
        """The held-out sample most like a training sample, as its kind of data has it (``engine.kind``)."""
        ...


def said_of(source: Source, label: str | None, predicted: Any, right: bool) -> str | None:
    """The class that a model said; where it was not kept, that follows from a right answer only."""
    if predicted is not None and predicted == predicted:
        return source.classes[int(predicted)]
    return label if right and label in source.classes else None


# --- the loaded data ------------------------------------------------------------------------


def own_bench(run: Run, checkpoints: Checkpoints, lost: str = "",
              report: Report = lambda text, fraction: None) -> Bench:
    """The data and the Original that a run was made with; loads them if need be.

    Raises BadInput where either is missing here or is another than the run's; ``lost`` says what that costs
    where it is not the samples.
    """
    from engine.data.splits import split
    from engine.originals.workbench import prepare_bench
    from engine.spec import resolve
    from engine.system.device import default_device

    asked = run.resolved()
    bench = prepare_bench(asked, checkpoints, default_device(), report=report)
    if run.data and not bench.data.content.startswith(run.data):
        raise BadInput(f"This run was made on another copy of {bench.data.name} than the one on this machine, so "
                       f"{lost or 'its samples cannot be shown'}.")
    resolved = resolve(asked.spec, split(bench.data, asked.spec).sizes)
    if run.identity and run.identity != resolved.identity(bench.data.content, bench.original.sha256):
        raise BadInput("This run began from another Original than the one on this machine, which has "
                       f"since been trained again, so {lost or 'the earlier predictions cannot be shown'}.")
    return bench


@dataclass(frozen=True)
class Loaded:
    """Every sample of the data that a run was made on; torch is imported with them."""

    run: Run
    bench: Bench

    @property
    def classes(self) -> Sequence[str]:
        return tuple(self.bench.data.classes)

    def pool(self, pool: Pool) -> Any:
        return getattr(self.bench.data, pool)

    def shown(self, pool: Pool, number: int) -> Mapping[str, Any]:
        shown: Mapping[str, Any] = self.pool(pool).shown(number)
        return shown

    def label(self, pool: Pool, number: int) -> str:
        target = self.pool(pool).targets[number]
        if target.ndim == 0:
            return self.classes[int(target)]
        return ", ".join(self.classes[index] for index in target.nonzero().flatten().tolist())

    def truth(self, pool: Pool, number: int) -> str | None:
        true = getattr(self.pool(pool), "clean", None) if bool(self.bench.data.manipulated.any()) else None
        if true is None and self._clean is not None:
            true = getattr(self._clean, pool).labels
        return None if true is None else self.classes[int(true[number])]

    def with_before(self, rows: DataFrame) -> DataFrame:
        before, numbers = self.bench.readouts["train"], rows["sample"].to_numpy()
        assert before.predicted is not None  # the bench reads both pools out with it
        return rows.assign(loss_before=before.loss.numpy()[numbers], said_before=before.predicted.numpy()[numbers],
                           right_before=before.correct.numpy()[numbers].astype(bool))

    def twin(self, number: int) -> int | None:
        like: int | None = self.pool("heldout").like(self.pool("train"), number)
        return like

    @functools.cached_property
    def _clean(self) -> Any:
        """The same data without the noise that their labels carry on purpose; None where they have no such option."""
        resolved = self.run.resolved()
        if not resolved.options.get(NOISE):
            return None
        return get("dataset", self.run.spec.dataset).load({**resolved.options, NOISE: 0.0}, lambda *_: None)


def loaded(run: Run, checkpoints: Checkpoints) -> Loaded:
    """The run's data and Original. Raises as :func:`own_bench`."""
    return Loaded(run, own_bench(run, checkpoints))


def embedded(run: Run) -> bool:
    """Whether the run's data come with the app, so that loading them takes no time."""
    dataset = find("dataset", run.spec.dataset)
    return dataset is not None and dataset.available() == "embedded"
