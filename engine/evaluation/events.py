"""What a run reports while it runs, as records: a first event, then readings with what the method worked on.

``to_json`` is what the store keeps, ``from_json`` reads it back; events of older versions lack what came later.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Values = Mapping[str, float | None]


@dataclass(frozen=True)
class Reading:
    """One look at a model: loss histograms, their overlap and accuracies in percent, the attacks' accuracies.

    The histogram ``test`` is of the samples that an attacker has to tell from the forget set. An attack that was not
    measured at this look is None. Where a class is forgotten, ``by_class`` has the accuracy in percent on never-seen
    samples of every class (None for a class without any), and ``said`` how often its samples were called each class.
    """

    histogram: Mapping[str, Sequence[int]]
    overlap: float | None
    accuracy: Mapping[str, float] = field(default_factory=dict)
    attacks: Values = field(default_factory=dict)
    by_class: Sequence[float | None] = ()
    said: Sequence[int] = ()

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Reading:
        return cls(**_known(cls, stored))

    def to_json(self) -> dict[str, Any]:
        empty = [name for name in ("by_class", "said") if not getattr(self, name)]
        return {name: value for name, value in vars(self).items() if name not in empty}

    @property
    def values(self) -> Values:
        """Attacks, accuracies and their gap by the names of the metrics."""
        accuracies = {f"{name}_accuracy": value for name, value in self.accuracy.items()}
        return {**self.attacks, **accuracies, "accuracy_gap": abs(self.accuracy["forget"] - self.accuracy["test"])}


@dataclass(frozen=True)
class StartEvent:
    """The first event: bins in nats, samples shown of each set, the Original's reading, the attacks' null bands.

    ``retrained`` is the retrained model's reading where there was one by then; ``band`` says how the null bands were
    made.
    """

    bins: Sequence[float]
    counts: Mapping[str, int]
    before: Reading
    null_band: Mapping[str, Sequence[float] | None] = field(default_factory=dict)
    band: Mapping[str, Any] = field(default_factory=dict)
    retrained: Reading | None = None

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> StartEvent:
        known = _known(cls, stored) | {"before": Reading.from_json(stored["before"])}
        retrained = stored.get("retrained")
        return cls(**known | {"null_band": stored.get("null_band") or {},
                              "retrained": Reading.from_json(retrained) if retrained else None})

    def to_json(self) -> dict[str, Any]:
        return {"kind": "start", **vars(self), "before": self.before.to_json(),
                "retrained": self.retrained and self.retrained.to_json()}

    @property
    def attacked(self) -> dict[str, int]:
        """The samples shown, ``test`` being those that an attacker compares with the forget set."""
        return {**self.counts, "test": self.counts.get("unseen", self.counts.get("test", 0))}


@dataclass(frozen=True)
class ProbeEvent:
    """A look at the model after a step: the method's cost so far, a reading, and the terms of the last steps.

    ``complete`` marks the last one of a finished run, which is of the complete sets rather than of a sample of them.
    """

    step: int
    samples: int
    seconds: float
    reading: Reading
    trace: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    complete: bool = False

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> ProbeEvent:
        return cls(**_known(cls, stored) | {"reading": Reading.from_json(stored["reading"])})

    def to_json(self) -> dict[str, Any]:
        stored = {"kind": "probe", **vars(self), "reading": self.reading.to_json()}
        return stored if self.complete else {name: value for name, value in stored.items() if name != "complete"}


@dataclass(frozen=True)
class Course:
    """A run's events in order: the first one, once it is there, and the looks after it."""

    start: StartEvent | None = None
    probes: tuple[ProbeEvent, ...] = ()

    @classmethod
    def from_json(cls, stored: Iterable[Mapping[str, Any]]) -> Course:
        """Of stored events; other kinds than the two are left out."""
        events = list(stored)
        starts = [StartEvent.from_json(event) for event in events if event["kind"] == "start"]
        probes = tuple(ProbeEvent.from_json(event) for event in events if event["kind"] == "probe")
        return cls(starts[0] if starts else None, probes)

    @property
    def points(self) -> list[ProbeEvent]:
        """The looks with the Original as the first; none before the run has begun."""
        return [ProbeEvent(0, 0, 0.0, self.start.before), *self.probes] if self.start else []


def _known(record: type, stored: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a record that a stored object has."""
    return {one.name: stored[one.name] for one in dataclasses.fields(record) if one.name in stored}
