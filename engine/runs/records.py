"""Runs as values: what is stored of a run, as a record, and how scripts read it.

The store's rows and the JSON of archives become a :class:`Run` at their edge; everything behind it reads attributes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine import chain, registry
from engine.errors import BadInput, BadSpec, Problem
from engine.evaluation.measured import Metrics
from engine.evaluation.verdict import remarks, verdict_of
from engine.spec import MADE_BY, Resolved, resolve
from engine.types import ENDED, Spec, Status

SPEC_FIELDS = frozenset(one.name for one in dataclasses.fields(Spec))


@dataclass(frozen=True)
class Run:
    """One run. The fields are the store's columns (:mod:`engine.runs.schema`); times are seconds since 1970.

    Parameters
    ----------
    id : str
        Its id.
    status : {'queued', 'running', 'finished', 'failed', 'cancelled', 'interrupted'}
        How far it has come.
    spec : Spec
        What was asked for.
    spec_extra : mapping of str to Any
        Fields of a spec of another version that this one does not know; :meth:`resolved` then raises BadSpec.
    spec_missing : frozenset of str
        Fields of this version that such a spec lacked.
    recorded : bool
        Whether it ships with the repository.
    number : int, optional
        Its place in the order of the store.
    code : mapping of str to str, optional
        The code of its components that made it, by kind.
    effective : mapping of str to Any, optional
        The hyperparameters that it really used.
    fingerprint, identity : str, optional
        Hashes of what a person chose, and of everything that changes the result.
    split, data : str, optional
        Hashes of what it shares with its retrained reference, and of the data.
    train_original : bool
        Whether it may train an Original first.
    keep_weights : bool, optional
        Whether its weights are to be kept; None keeps small ones only.
    created, started, ended, heartbeat, imported : float, optional
        When it was asked for, begun and over, when its process was last alive, and when it came from an archive.
    progress : mapping of str to Any, optional
        Its last reported step.
    metrics : Metrics, optional
        What was measured.
    reason, notice : str, optional
        Why it ended as it did, and what to know about it, in sentences.
    seconds : float, optional
        The time of the method alone.
    steps, samples : int, optional
        Steps of the optimiser, and samples that passed forward and backward.
    device, code_version : str, optional
        The machine's device, and the version of this project.
    owner : mapping of str to Any, optional
        The process that carries it out.
    cancel : bool
        Whether a person asked it to stop.
    note : str, optional
        A line of one's own.
    tags : sequence of str, optional
        Its tags.
    evidence : mapping of str to Any, optional
        What was found out about it later, as numbers by key (:mod:`engine.evaluation.further`).
    person : str, optional
        Who started it, on a server with login (:mod:`engine.runs.people`).
    most_seconds : float, optional
        After how long it is stopped.

    Examples
    --------
    >>> run = Run("cafe", "finished", Spec(method="retrain"))
    >>> run.has_ended, run.is_reference, Run.from_row(run.to_row()) == run
    (True, True, True)
    """

    id: str
    status: Status
    spec: Spec
    spec_extra: Mapping[str, Any] = field(default_factory=dict)
    spec_missing: frozenset[str] = frozenset()
    recorded: bool = False
    number: int | None = None
    code: Mapping[str, str] | None = None
    effective: Mapping[str, Any] | None = None
    fingerprint: str | None = None
    split: str | None = None
    data: str | None = None
    identity: str | None = None
    train_original: bool = False
    keep_weights: bool | None = None
    created: float | None = None
    started: float | None = None
    ended: float | None = None
    progress: Mapping[str, Any] | None = None
    metrics: Metrics | None = None
    reason: str | None = None
    notice: str | None = None
    seconds: float | None = None
    steps: int | None = None
    samples: int | None = None
    device: str | None = None
    code_version: str | None = None
    owner: Mapping[str, Any] | None = None
    heartbeat: float | None = None
    cancel: bool = False
    tags: Sequence[str] | None = None
    note: str | None = None
    imported: float | None = None
    evidence: Mapping[str, Any] | None = None
    person: str | None = None
    most_seconds: float | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Any], recorded: bool = False) -> Run:
        """The run of a row of the store or of an archive; columns that it lacks are empty."""
        known = {name: row[name] for name in COLUMNS if name in row}
        asked, keep = row["spec"], row.get("keep_weights")
        return cls(**known | {
            "spec": spec_of(asked), "recorded": recorded, "metrics": Metrics.from_json(row.get("metrics")),
            "spec_extra": {name: value for name, value in asked.items() if name not in SPEC_FIELDS},
            "spec_missing": SPEC_FIELDS - set(asked),
            "keep_weights": None if keep is None else bool(keep),
            "train_original": bool(row.get("train_original")), "cancel": bool(row.get("cancel"))})

    def to_row(self) -> dict[str, Any]:
        """The columns as they are stored: what :meth:`from_row` was given."""
        row = {name: getattr(self, name) for name in COLUMNS}
        asked = {name: value for name, value in vars(self.spec).items() if name not in self.spec_missing}
        return row | {"spec": asked | dict(self.spec_extra), "metrics": self.metrics and self.metrics.to_json(),
                      "keep_weights": None if self.keep_weights is None else int(self.keep_weights),
                      "train_original": int(self.train_original), "cancel": int(self.cancel)}

    @property
    def has_ended(self) -> bool:
        """Whether it is over, however it ended."""
        return self.status in ENDED

    @property
    def finished(self) -> bool:
        """Whether it came to its end with a result."""
        return self.status == "finished"

    @property
    def is_reference(self) -> bool:
        """Whether it is a retraining by the recipe, which the others are measured against."""
        return registry.is_reference(self.spec)

    @property
    def reference_split(self) -> str | None:
        """The split of the retraining that it is held against; None where this version cannot say."""
        asked = registry.held_against(self.spec)
        if asked == self.spec:
            return self.split
        try:
            return resolve(asked).split_identity()
        except BadInput:
            return None

    def resolved(self) -> Resolved:
        """Its spec as this version understands it. Raises BadSpec where it does not."""
        if self.spec_extra:
            raise BadSpec([Problem(name, f"The spec of run {self.id} has a field {name!r}, which this version "
                                   "does not know: start a new run instead.") for name in sorted(self.spec_extra)])
        try:
            return resolve(self.spec)
        except BadInput:
            raise
        except (TypeError, ValueError, AttributeError) as error:  # values of kinds that no check expects
            raise BadSpec([Problem(None, f"The spec of run {self.id} cannot be read by this version "
                                   f"({type(error).__name__}: {error}): start a new run instead.")]) from error


COLUMNS = tuple(one.name for one in dataclasses.fields(Run) if one.name not in ("recorded", "spec_extra",
                                                                               "spec_missing"))


def spec_of(asked: Mapping[str, Any]) -> Spec:
    """A stored spec as far as this version knows it: other fields are left out, absent ones have their default."""
    return Spec(**{name: value for name, value in asked.items() if name in SPEC_FIELDS})


def stored_spec(spec: Spec) -> dict[str, Any]:
    """A spec as it is stored (:mod:`engine.chain`)."""
    return chain.stored(spec)


DESCRIBED = ("status", "spec", "effective", "metrics", "seconds", "steps", "samples", "device", "reason", "notice",
             "identity", "code_version", "created", "started", "ended", "tags", "note", "person")


def outdated(run: Run) -> list[str]:
    """The kinds of component whose code has changed since a stored run: ``["method"]``; empty where none has.

    Components that are not known here any more are left out: nothing can be said of them.
    """
    spec, made_by = run.spec, run.code or {}
    return [kind for kind in MADE_BY if registry.find(kind, getattr(spec, kind)) is not None
            and registry.code(kind, getattr(spec, kind)) != made_by.get(kind, "")]


def described(run: Run) -> dict[str, Any]:
    """A run as scripts read it: its verdict by the present rules, and which components have changed since."""
    found, row = verdict_of(run), run.to_row()
    return {"run_id": run.id, "recorded": run.recorded, **{name: row[name] for name in DESCRIBED},
            "metrics": run.metrics and _numbers(run.metrics),
            "verdict": found and {"kind": found.kind, "title": found.title, "text": found.text,
                                  "evidence": [{"name": item.name, "kind": item.kind, "text": item.text,
                                                "about": item.about} for item in found.evidence]},
            "outdated": outdated(run)}


def _numbers(metrics: Metrics) -> dict[str, Any]:
    """Stored metrics without what older versions concluded from them."""
    kept = {name: value for name, value in metrics.stored.items() if name not in ("verdict", "over_forgotten")}
    return kept | {"notes": remarks(metrics)}
