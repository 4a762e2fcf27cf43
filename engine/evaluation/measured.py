"""What was measured on one model, as a record. The store's JSON goes in and comes out unchanged, value for value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import UnknownMetric
from engine.evaluation.metrics import CORRECTIVE, by_name, tow_mia
from engine.system.words import unknown

Span = tuple[float, float]
DERIVED: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Any]] = {"tow_mia": tow_mia}


@dataclass(frozen=True, eq=False)
class Metrics(Mapping[str, Any]):
    """The metrics of one model by name (:mod:`engine.evaluation.metrics`), and what is known about them.

    Two are equal where their contents are, also to a plain dictionary.

    Parameters
    ----------
    stored : mapping of str to Any
        The JSON object of the store; of older versions it may lack whatever came later. Accuracies are in percent.

    Attributes
    ----------
    original, retrained : Metrics or None
        Of the Original and of the retrained model, on the same sets.
    run_id : str or None
        Of a retrained model's metrics: the run that measured them.
    missing : mapping of str to str
        Why a metric is empty, by its name.
    notes : tuple of str
        What to know when reading the numbers, in sentences.
    sizes : mapping of str to int, or None
        The samples behind the numbers: ``forget``, ``test``, ``nonmembers``; None in runs of older versions.
    null_band : mapping of str to tuple of float, or None
        Where each attack's accuracy lies by chance alone, in percent.
    band : mapping of str to Any
        How the null bands were made: ``permutations``, ``of`` whose losses.

    Examples
    --------
    >>> metrics = Metrics({"test_accuracy": 81.2, "missing": {"mia_loss": "Too few samples."}})
    >>> metrics["test_accuracy"], metrics.retrained, metrics.missing["mia_loss"]
    (81.2, None, 'Too few samples.')
    """

    stored: Mapping[str, Any]

    @classmethod
    def from_json(cls, stored: Mapping[str, Any] | None) -> Metrics | None:
        """The record of a stored object; None for none."""
        return None if stored is None else cls(stored)

    def to_json(self) -> dict[str, Any]:
        """The object to store: what :meth:`from_json` was given."""
        return dict(self.stored)

    def __getitem__(self, name: str) -> Any:
        """What is stored under a name, also a former one; raises UnknownMetric, which is a KeyError."""
        if name in self:
            return self.get(name)
        raise UnknownMetric(self._absent(name))

    def __contains__(self, name: object) -> bool:
        return name in self.stored or (name in DERIVED and self._derived(str(name)) is not None)

    def get(self, name: str, default: Any = None) -> Any:
        """What is stored under a name, or the default; no sentence is made for what is absent."""
        if name in DERIVED and name not in self.stored and (value := self._derived(name)) is not None:
            return value
        return self.stored.get(name, default)

    def _derived(self, name: str) -> Any:
        """What came after this result was stored and follows from it and its retrained model; else None."""
        theirs = self.stored.get("retrained")
        return DERIVED[name](self.stored, theirs) if theirs else None

    def __iter__(self) -> Iterator[str]:
        return iter(self.stored)

    def __len__(self) -> int:
        return len(self.stored)

    # --- beside the numbers -----------------------------------------------------------------

    @property
    def original(self) -> Metrics | None:
        """The Original's metrics on the same sets."""
        return self._of("original")

    @property
    def retrained(self) -> Metrics | None:
        """The retrained model's metrics on the same sets; None as long as there is none."""
        return self._of("retrained")

    @property
    def run_id(self) -> str | None:
        """Of a retrained model's metrics: the run that measured them."""
        return self.stored.get("run_id")

    @property
    def missing(self) -> Mapping[str, str]:
        """Why a metric is empty, by its name."""
        return self.stored.get("missing") or {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know when reading the numbers, in sentences."""
        return tuple(self.stored.get("notes") or ())

    @property
    def sizes(self) -> Mapping[str, int] | None:
        """The samples behind the numbers: ``forget``, ``test``, ``nonmembers``; None in runs of older versions."""
        return self.stored.get("sizes")

    @property
    def null_band(self) -> Mapping[str, Span | None]:
        """Where each attack's accuracy lies by chance alone, in percent."""
        return self.stored.get("null_band") or {}

    @property
    def band(self) -> Mapping[str, Any]:
        """How the null bands were made: ``permutations``, ``of`` whose losses."""
        return self.stored.get("band") or {}

    def interval(self, name: str) -> Span | None:
        """A metric's 95% interval; None where it has none."""
        return self.stored.get(f"{name}_interval")

    def _absent(self, name: str) -> str:
        """Why there is nothing under a name, as a sentence with the nearest name or what to do."""
        known = {**by_name(), **{metric.name: metric for metric in CORRECTIVE}}
        if name in known:
            return f"The metric {name!r} was not measured for this result: run it again in this version to measure it."
        return unknown("metric", name, tuple({**known, **dict.fromkeys(self.stored)}))

    def _of(self, model: str) -> Metrics | None:
        return Metrics.from_json(self.stored.get(model))


UNMEASURED = Metrics({})  # of a run that has no metrics
