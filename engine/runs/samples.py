"""The samples that a finished run had to forget, with what the model said and lost on each before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.errors import BadInput
from engine.runs.records import Run
from engine.runs.sources import Source, said_of

if TYPE_CHECKING:
    from pandas import DataFrame


def table_of(run: Run, frame: DataFrame | None) -> DataFrame:
    """The run's per-sample table. Raises BadInput where ``frame`` is None: it kept or ships none."""
    if frame is None:
        raise BadInput("This recorded run ships without a table of its samples, to stay small: "
                       "run it again to get one." if run.recorded else
                       "This run has no table of its samples, so they cannot be shown.")
    return frame


def with_places(frame: DataFrame, data: Any) -> DataFrame:
    """The per-sample table with ``place``, the file and row that a sample came from; empty where nobody knows."""
    places = {name: data.about[name].places if name in data.about else () for name in ("train", "heldout")}
    pools = ["train" if name in ("retain", "forget") else "heldout" for name in frame["set"]]
    found = [places[pool][number] if number < len(places[pool]) else ""
             for pool, number in zip(pools, frame["sample"], strict=True)]
    return frame.assign(place=found)


def exhibits(frame: DataFrame, source: Source, order: str = "most", count: int = 24) -> list[dict[str, Any]]:
    """The ``count`` samples of D_f at hand whose loss rose ``most`` (or ``least``), in that order.

    ``order`` ``lost``: of those that were classified rightly before and no longer are, the ones whose loss rose most.
    ``frame`` is the run's per-sample table. Each sample has ``sample`` (its number in D), ``text`` or ``picture``
    (uint8, (H, W, C)), ``label``, ``truth`` (None where it is not known apart from the label), ``before`` and
    ``after`` (class names, ``after`` None where a wrong answer was not kept), ``before_right`` and ``after_right``
    (whether that is the label), ``loss_before`` and ``loss_after`` (nats). ``order`` ``false``: of those whose label is
    known to be false, the ones whose loss rose most.
    """
    rows = _ranked(source.with_before(frame[frame["set"] == "forget"]), order)
    if order == "false":
        rows = rows[[_lies(source, int(number)) for number in rows["sample"]]]
    return [_exhibit(source, row) for row in rows.head(count).to_dict("records")]


def _ranked(rows: Any, order: str) -> Any:
    """The rows, with what the Original said, in that order."""
    if order == "lost":
        rows = rows[rows["right_before"] & ~rows["correct"].astype(bool)]
    rise = rows["loss"] - rows["loss_before"]
    return rows.assign(rise=rise).sort_values(["rise", "sample"], ascending=[order == "least", True])


def _lies(source: Source, number: int) -> bool:
    """Whether a training sample's label is known to be false."""
    return source.truth("train", number) not in (None, source.label("train", number))


def _exhibit(source: Source, row: dict[str, Any]) -> dict[str, Any]:
    number, right = int(row["sample"]), bool(row["correct"])
    label = source.label("train", number)
    return {"sample": number, **source.shown("train", number), "label": label,
            "truth": source.truth("train", number), "before": source.classes[int(row["said_before"])],
            "after": said_of(source, label, row.get("predicted"), right),
            "before_right": bool(row["right_before"]), "after_right": right,
            "loss_before": float(row["loss_before"]), "loss_after": float(row["loss"])}
