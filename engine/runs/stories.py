"""A few forgotten samples that tell what happened: a wrong label that was memorised, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from engine.errors import BadInput, UnknownRun
from engine.runs import library
from engine.runs.excerpt import excerpt_of
from engine.runs.records import Run
from engine.runs.sources import Source, embedded, loaded, said_of

if TYPE_CHECKING:
    from pandas import DataFrame

    from engine.originals.checkpoints import Checkpoints
    from engine.runs.store import Store

COUNT = 5
NO_TABLE = "This run kept no table of what the model says of its samples."


@dataclass(frozen=True)
class Story:
    """One forgotten sample: its picture or text, its label, and what each model says of it.

    ``truth`` is its true class where that is known, ``label`` what the data call it; ``now`` and ``retrained`` are None
    where the answer was not kept; ``right_before``, ``right_now`` and ``right_retrained`` say whether it was the label
    (None without a retrained model). Losses are in nats. ``shown`` is the sample's ``picture`` or ``text``, ``twin``
    that of the never-seen sample most like it.
    """

    sample: int
    label: str
    truth: str | None
    before: str
    now: str | None
    retrained: str | None
    loss_before: float
    loss_now: float
    right_before: bool = False
    right_now: bool = False
    right_retrained: bool | None = None
    shown: Mapping[str, Any] = field(default_factory=dict)
    twin: Mapping[str, Any] = field(default_factory=dict)

    @property
    def false_label(self) -> bool:
        """Whether the data call it something else than it is."""
        return self.truth is not None and self.truth != self.label


def stories_at_once(run: Run, store: Store, checkpoints: Checkpoints, count: int = COUNT) -> list[Story]:
    """The stories of a finished run that need neither a download nor a wait; else none.

    Its data, or an excerpt of them, come with the app. Raises BadInput where a recorded run kept no table, and as
    :func:`engine.runs.sources.loaded`.
    """
    source, table = excerpt_of(run), library.samples(run, store)
    if not embedded(run):
        if source is None:
            if run.recorded and table is None:
                raise BadInput(NO_TABLE)
            return []
        return stories(run, source.frame(run, table), source, _retrained(run, store), count)
    return stories(run, table, loaded(run, checkpoints), _retrained(run, store), count)


def stories(run: Run, frame: DataFrame | None, source: Source, retrained: DataFrame | None = None,
            count: int = COUNT) -> list[Story]:
    """Up to ``count`` forgotten samples, the telling ones first.

    First those with a false label that the Original had memorised and the model no longer repeats, then those that it
    classified rightly and the model does not; among equals, those whose loss rose most. ``frame`` and ``retrained`` are
    per-sample tables of the run and of the retrained model. Raises BadInput where there is no table.
    """
    if frame is None:
        raise BadInput(NO_TABLE)
    rows = source.with_before(frame[frame["set"] == "forget"])
    theirs = {} if retrained is None else {
        int(row["sample"]): row for row in retrained[retrained["set"] == "forget"].to_dict("records")}
    found = [_story(source, row, theirs.get(int(row["sample"]))) for row in rows.to_dict("records")]
    found.sort(key=lambda one: (-_tells(one), one.right_now or not one.right_before, one.loss_before - one.loss_now,
                                one.sample))
    return [_with_pictures(source, story) for story in found[:count]]


def _tells(story: Story) -> int:
    """How much of the tale a sample tells: the lie was memorised, and is gone."""
    memorised = story.false_label and story.before == story.label
    return 2 * (memorised and story.now == story.truth) + (memorised and story.now != story.label)


def _story(source: Source, row: dict[Any, Any], theirs: dict[Any, Any] | None) -> Story:
    number = int(row["sample"])
    label, right = source.label("train", number) or "", bool(row["correct"])
    right_retrained = None if theirs is None else bool(theirs["correct"])
    return Story(
        number, label, source.truth("train", number), source.classes[int(row["said_before"])],
        said_of(source, label, row.get("predicted"), right),
        None if theirs is None else said_of(source, label, theirs.get("predicted"), bool(right_retrained)),
        float(row["loss_before"]), float(row["loss"]), bool(row["right_before"]), right, right_retrained)


def _with_pictures(source: Source, story: Story) -> Story:
    twin = source.twin(story.sample)
    return replace(story, shown=source.shown("train", story.sample),
                   twin={} if twin is None else source.shown("heldout", twin))


def _retrained(run: Run, store: Store) -> DataFrame | None:
    """The per-sample table of the retrained model on the run's split, or the rows of it that ship."""
    known = None if run.is_reference else _reference(run, store)
    if known is None:
        return None
    table, few = library.samples(known, store), excerpt_of(known)
    return few.frame(known, table) if table is None and few else table


def _reference(run: Run, store: Store) -> Run | None:
    """The retraining that the run was measured against, else one on the same split."""
    measured = run.metrics.retrained if run.metrics else None
    try:
        if measured and measured.run_id:
            return library.get(measured.run_id, store).run
    except UnknownRun:  # deleted since
        pass
    from engine.runs.references import find_reference  # torch

    return find_reference(store, run.resolved(), run.data) if run.data else None
