"""A few forgotten samples that tell what happened: a wrong label that was memorised, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.errors import BadInput
from engine.originals.checkpoints import Checkpoints
from engine.registry import get
from engine.runs.records import Run
from engine.runs.samples import labels, own_bench, with_before

NOISE = "label_noise"  # the option of data sets whose labels are partly wrong on purpose; without it they are true


@dataclass(frozen=True)
class Story:
    """One forgotten sample: its picture or text, its label, and what each model says of it.

    ``truth`` is its true class where that is known, ``label`` what the data call it; ``retrained`` and ``now`` are
    None where they were not kept. Losses are in nats. ``twin`` is the nearest never-seen sample, as a picture.
    """

    sample: int
    label: str
    truth: str | None
    before: str
    now: str | None
    retrained: str | None
    loss_before: float
    loss_now: float
    picture: Any = None
    text: str | None = None
    twin: Any = None

    @property
    def false_label(self) -> bool:
        """Whether the data call it something else than it is."""
        return self.truth is not None and self.truth != self.label


def stories(run: Run, frame: Any, checkpoints: Checkpoints, retrained: Any = None, count: int = 5) -> list[Story]:
    """Up to ``count`` forgotten samples, the telling ones first; loads the data if need be.

    First those with a false label that the Original had memorised and the model no longer repeats, then those whose
    loss rose most. ``frame`` and ``retrained`` are per-sample tables of the run and of the retrained model. Raises
    BadInput where the table, the data or the Original is missing or another one.
    """
    if frame is None or "predicted" not in frame:
        raise BadInput("This run kept no table of what the model says of its samples.")
    bench = own_bench(run, checkpoints)
    rows = with_before(frame[frame["set"] == "forget"], bench.readouts["train"])
    truth = _truth(run)
    theirs = _said(retrained)
    found = [_story(bench.data, row, truth, theirs) for row in rows.to_dict("records")]
    found.sort(key=lambda story: (-_tells(story), story.loss_before - story.loss_now, story.sample))
    return [_with_twin(bench.data, story) for story in found[:count]]


def _tells(story: Story) -> int:
    """How much of the tale a sample tells: the lie was memorised, and is gone."""
    memorised = story.false_label and story.before == story.label
    return 2 * (memorised and story.now == story.truth) + (memorised and story.now != story.label)


def _truth(run: Run) -> Any:
    """The training labels without the noise that these data carry on purpose; None where they have no such option."""
    resolved = run.resolved()
    if not resolved.options.get(NOISE):
        return None
    clean = get("dataset", run.spec.dataset).load({**resolved.options, NOISE: 0.0}, lambda *_: None)
    return clean.train.labels.numpy()


def _said(frame: Any) -> dict[int, int]:
    if frame is None or "predicted" not in frame:
        return {}
    rows = frame[frame["set"] == "forget"]
    return dict(zip(rows["sample"].astype(int), rows["predicted"].astype(int), strict=True))


def _story(data: Any, row: dict[str, Any], truth: Any, theirs: dict[int, int]) -> Story:
    number = int(row["sample"])
    said = theirs.get(number)
    return Story(
        number, labels(data, data.train, number), None if truth is None else data.classes[int(truth[number])],
        data.classes[int(row["said_before"])], _name(data, row["predicted"]),
        None if said is None else data.classes[said], float(row["loss_before"]), float(row["loss"]),
        **data.train.shown(number))


def _name(data: Any, said: Any) -> str | None:
    return None if said is None or said != said else data.classes[int(said)]


def _with_twin(data: Any, story: Story) -> Story:
    """With the held-out picture that looks most like it."""
    if story.picture is None or not hasattr(data.heldout, "images"):
        return story
    pictures = data.heldout.images.cpu().numpy().astype(np.float32)
    away = ((pictures - story.picture.astype(np.float32)) ** 2).reshape(len(pictures), -1).sum(1)
    return replace(story, twin=pictures[int(away.argmin())].astype(np.uint8))
