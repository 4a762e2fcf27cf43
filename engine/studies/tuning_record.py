"""What a search of hyperparameters tried and found, as records and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import comb, sqrt
from statistics import fmean, stdev
from typing import Any

from engine.studies.tuning import Tuning
from engine.studies.tuning_space import Dimension

WORST = 100.0  # the score of a run that failed, in points: no setting can have a larger gap
MEANING = 1  # of the file; raised where it changes


@dataclass(frozen=True)
class Measured:
    """One run of a setting. ``gaps`` are its distances to the retrained model in points, by what is compared.

    ``score`` is their mean, None while the run or its retrained model is not there, and ``WORST`` of a failed run.
    """

    seed: int
    run_id: str | None = None
    reference_id: str | None = None
    score: float | None = None
    gaps: Mapping[str, float] = field(default_factory=dict)
    samples: int | None = None
    seconds: float | None = None
    failed: str | None = None


@dataclass(frozen=True)
class Trial:
    """One setting: its hyperparameters (none for the method's own), who proposed it, and its runs by tuning seed."""

    number: int
    by: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    runs: tuple[Measured, ...] = ()

    @property
    def score(self) -> float | None:
        """The mean over the tuning seeds, None while one is not there."""
        return mean_score(self.runs)

    @property
    def failures(self) -> int:
        """How many of its runs failed."""
        return sum(one.failed is not None for one in self.runs)


@dataclass(frozen=True)
class Tuned:
    """A method's search: the space, the method's own values in it, the cap, the trials, and both reports.

    ``space`` may be empty: a method without a number to search has one trial. ``published`` are the runs of the
    method's own setting on the report seeds, ``tuned`` those of the chosen one.
    """

    method: str
    space: tuple[Dimension, ...]
    own: Mapping[str, Any]
    cap: float
    trials: tuple[Trial, ...] = ()
    exhausted: bool = False
    published: tuple[Measured, ...] = ()
    tuned: tuple[Measured, ...] = ()

    def complete(self, trials: int) -> bool:
        """Whether every trial has its score."""
        return (len(self.trials) == trials or self.exhausted) and all(one.score is not None for one in self.trials)

    @property
    def best(self) -> Trial | None:
        """The trial with the lowest score so far, the earlier of two alike."""
        known = [one for one in self.trials if one.score is not None]
        return min(known, key=lambda one: (one.score, one.number), default=None)

    @property
    def failures(self) -> int:
        """How many runs of the search failed."""
        return sum(one.failures for one in self.trials)

    def values(self, trial: Trial) -> dict[str, Any]:
        """The searched hyperparameters of a trial."""
        return {**self.own, **trial.parameters}

    def best_so_far(self) -> list[float]:
        """The lowest score after each trial, up to the first that is not there."""
        found: list[float] = []
        for trial in self.trials:
            if trial.score is None:
                break
            found.append(min([*found[-1:], trial.score]))
        return found

    def expected_best(self) -> list[float]:
        """The same as a mean over all orders of the trials after the first, which stays where it is."""
        known = [one.score for one in self.trials if one.score is not None]
        return [] if not known else [_expected(known[0], known[1:], count) for count in range(len(known))]


def _expected(first: float, others: Sequence[float], count: int) -> float:
    """The mean of the least of ``first`` and ``count`` of the others, drawn without putting back."""
    values = sorted(min(first, one) for one in others)
    ways = comb(len(values), count)
    if not count:
        return first
    return sum(value * comb(len(values) - 1 - at, count - 1) for at, value in enumerate(values)) / ways


@dataclass(frozen=True)
class Interval:
    """A mean over seeds with half its 95% t interval, which one seed has not."""

    mean: float
    half: float | None
    count: int


def interval_of(values: Sequence[float]) -> Interval | None:
    """The mean of these values with its interval; None of none.

    Examples
    --------
    >>> interval_of([1.0, 2.0, 3.0]).half is not None, interval_of([1.0])
    (True, Interval(mean=1.0, half=None, count=1))
    """
    if not values:
        return None
    if len(values) < 2:
        return Interval(values[0], None, 1)
    from scipy.stats import t

    return Interval(fmean(values), float(t.ppf(0.975, len(values) - 1)) * stdev(values) / sqrt(len(values)),
                    len(values))


def mean_score(runs: Sequence[Measured]) -> float | None:
    """The mean score of runs, None while one has none."""
    scores = [one.score for one in runs if one.score is not None]
    return fmean(scores) if scores and len(scores) == len(runs) else None


@dataclass(frozen=True)
class Row:
    """A method's published and tuned settings side by side, on the report seeds; ``gain`` is paired by seed.

    ``chosen_score`` and ``own_score`` are what the search saw. The chosen one is the least of many, so its score is
    too good by what chance gave it: the report is what counts.
    """

    method: str
    chosen: int | None
    values: Mapping[str, Any]
    own: Mapping[str, Any]
    own_score: float | None
    chosen_score: float | None
    published: Interval | None
    tuned: Interval | None
    gain: Interval | None
    failures: int


@dataclass(frozen=True)
class Record:
    """A search and all that came of it. ``made_by`` holds the versions that proposed the settings."""

    tuning: Tuning
    methods: tuple[Tuned, ...]
    made_by: Mapping[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every trial and every report is there."""
        return all(one.complete(self.tuning.trials) and mean_score(one.tuned) is not None
                   and mean_score(one.published) is not None for one in self.methods)

    def rows(self) -> list[Row]:
        """A row a method, the smallest reported gap of the tuned settings first, those without one last."""
        found = [_row(one, self.tuning.trials) for one in self.methods]
        return sorted(found, key=lambda row: (row.tuned is None, row.tuned.mean if row.tuned else 0.0))

    def to_json(self) -> dict[str, Any]:
        """As JSON, with what follows from it."""
        return {"meaning": MEANING, "tuning": self.tuning.to_json(), "made_by": dict(self.made_by),
                "methods": [asdict(one) | {"best_so_far": one.best_so_far(), "expected_best": one.expected_best()}
                            for one in self.methods],
                "rows": [asdict(row) for row in self.rows()], "complete": self.complete}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Record:
        """What :meth:`to_json` wrote. Raises KeyError, TypeError or ValueError for something else."""
        if stored["meaning"] != MEANING:
            raise ValueError(f"meaning {stored['meaning']}")
        return cls(Tuning.from_json(stored["tuning"]), tuple(map(_tuned, stored["methods"])), stored["made_by"])


def _row(one: Tuned, trials: int) -> Row:
    best = one.best if one.complete(trials) else None
    pairs = [(a.score, b.score) for a, b in zip(one.published, one.tuned, strict=False)]
    gains = [a - b for a, b in pairs if a is not None and b is not None]
    first = one.trials[0].score if one.trials else None
    return Row(one.method, best.number if best else None, one.values(best) if best else {}, one.own, first,
               best.score if best else None, _reported(one.published), _reported(one.tuned),
               interval_of(gains) if len(gains) == len(pairs) and pairs else None, one.failures)


def _reported(runs: Sequence[Measured]) -> Interval | None:
    scores = [one.score for one in runs if one.score is not None]
    return interval_of(scores) if len(scores) == len(runs) else None


def _tuned(stored: Mapping[str, Any]) -> Tuned:
    known: dict[str, Any] = {name: value for name, value in stored.items()
                             if name not in ("best_so_far", "expected_best")}
    return Tuned(**known | {
        "space": tuple(Dimension(**one) for one in stored["space"]),
        "trials": tuple(Trial(**one | {"runs": _runs(one["runs"])}) for one in stored["trials"]),
        "published": _runs(stored["published"]), "tuned": _runs(stored["tuned"])})


def _runs(stored: Sequence[Mapping[str, Any]]) -> tuple[Measured, ...]:
    return tuple(Measured(**one) for one in stored)
