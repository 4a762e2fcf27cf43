"""The samples that a finished run had to forget, with what the model said and lost on each before and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.data.splits import split
from engine.errors import BadInput
from engine.evaluation.readout import Readout
from engine.originals.checkpoints import Checkpoints
from engine.originals.workbench import Bench, Report, prepare_bench
from engine.runs.records import Run
from engine.spec import resolve
from engine.system.device import default_device


def exhibits(run: Run, frame: Any, checkpoints: Checkpoints, order: str = "most",
             count: int = 24) -> list[dict[str, Any]]:
    """The ``count`` samples of D_f whose loss rose ``most`` (or ``least``), in that order; loads the data if need be.

    ``order`` ``lost``: of those that were classified rightly before and no longer are, the ones whose loss rose most.
    ``frame`` is the run's per-sample table. Each sample has ``sample`` (its number in D), ``text`` or ``picture``
    (uint8, (H, W, C)), ``label``, ``before`` and ``after`` (class names, ``after`` None for runs of versions that did
    not keep it), ``before_right`` and ``after_right``, ``loss_before`` and ``loss_after`` (nats). Raises BadInput where
    the table, the data or the Original is missing, or one of the last two is another than the run's.
    """
    if frame is None:
        raise BadInput("This recorded run ships without a table of its samples, to stay small: "
                       "run it again to get one." if run.recorded else
                       "This run has no table of its samples, so they cannot be shown.")
    bench = own_bench(run, checkpoints)
    rows = _ranked(frame[frame["set"] == "forget"], bench.readouts["train"], order)
    return [_exhibit(bench.data, row) for row in rows.head(count).to_dict("records")]


def own_bench(run: Run, checkpoints: Checkpoints, lost: str = "its samples cannot be shown",
              report: Report = lambda text, fraction: None) -> Bench:
    """The data and the Original that a run was made with; loads them if need be.

    Raises BadInput where either is missing here or is another than the run's; ``lost`` says what that costs.
    """
    asked = run.resolved()
    bench = prepare_bench(asked, checkpoints, default_device(), report=report)
    if run.data and not bench.data.content.startswith(run.data):
        raise BadInput(f"This run was made on another copy of {bench.data.name} than the one on this machine, so "
                       f"{lost}.")
    resolved = resolve(asked.spec, split(bench.data, asked.spec).sizes)
    if run.identity and run.identity != resolved.identity(bench.data.content, bench.original.sha256):
        raise BadInput("This run began from another Original than the one on this machine, which has "
                       f"since been trained again, so {lost}.")
    return bench


def with_before(rows: Any, before: Readout) -> Any:
    """Rows of the training samples of a per-sample table, with the loss and the class by the Original."""
    assert before.predicted is not None  # the bench reads both pools out with it
    rows = rows.copy()
    rows["loss_before"] = before.loss.numpy()[rows["sample"]]
    rows["said_before"] = before.predicted.numpy()[rows["sample"]]
    return rows


def _ranked(rows: Any, before: Readout, order: str) -> Any:
    """The rows with what the Original said, and in that order."""
    rows = with_before(rows, before)
    rows["right_before"] = before.correct.numpy()[rows["sample"]].astype(bool)
    if order == "lost":
        rows = rows[rows["right_before"] & ~rows["correct"].astype(bool)]
    rise = rows["loss"] - rows["loss_before"]
    return rows.assign(rise=rise).sort_values(["rise", "sample"], ascending=[order == "least", True])


def _exhibit(data: Any, row: dict[str, Any]) -> dict[str, Any]:
    number, pool = int(row["sample"]), data.train
    said = row.get("predicted")
    return {"sample": number, **pool.shown(number), "label": labels(data, pool, number),
            "before": data.classes[int(row["said_before"])],
            "after": None if said is None or said != said else data.classes[int(said)],
            "before_right": bool(row["right_before"]), "after_right": bool(row["correct"]),
            "loss_before": float(row["loss_before"]), "loss_after": float(row["loss"])}


def labels(data: Any, pool: Any, number: int) -> str:
    """A sample's label, or all of them where it has several."""
    target = pool.targets[number]
    classes: Sequence[str] = data.classes
    if target.ndim == 0:
        return classes[int(target)]
    return ", ".join(classes[index] for index in target.nonzero().flatten().tolist())
