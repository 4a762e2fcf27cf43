"""Which methods correct manipulated samples, by the share of them that was found: methods by shares by seeds.

Every run is an ordinary one of the scenario ``corrupted``, so nothing is computed twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from statistics import fmean, stdev
from typing import Any

from engine.evaluation.judged import Kind
from engine.evaluation.metrics import CORRECTIVE
from engine.evaluation.verdict import verdict_of
from engine.options import chosen
from engine.registry import all_of, get
from engine.runs.records import Run
from engine.runs.store import Store
from engine.studies.comparison import REFERENCE, Comparison, Runs, find_runs
from engine.studies.notes import ORIGINAL, judged_as, method_title
from engine.types import PROFILES, Spec

SHARES = (0.1, 0.3, 0.5, 0.8, 1.0)
MEASURES = tuple(metric.name for metric in CORRECTIVE if metric.name != "attack_success_floor")
CLEAN = "clean_trained"  # the row of the model that never saw a manipulated sample


@dataclass(frozen=True)
class Correction:
    """``methods`` at each share of ``found`` with each seed, on data of which a part is manipulated by ``options``."""

    dataset: str
    methods: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    found: tuple[float, ...] = SHARES
    seeds: tuple[int, ...] = (0,)
    model: str | None = None

    def at(self, found: float) -> Comparison:
        """The methods at one share."""
        return Comparison(self.dataset, "corrupted", None, self.methods, self.seeds, model=self.model,
                          options=self.options, selection={"found": found})

    def comparisons(self) -> list[Comparison]:
        """One a share; before them the clean-trained models, which all runs are held against."""
        return [replace(self.at(1.0), methods=(REFERENCE,)), *map(self.at, self.found)]


@dataclass(frozen=True)
class Row:
    """A method at a share: each measure's values by seed, in percent, and the seeds of each verdict.

    ``found`` is None for the Original and the clean-trained model, which no share changes.
    """

    method: str
    found: float | None
    values: Mapping[str, Mapping[int, float]]
    verdicts: Mapping[Kind, tuple[int, ...]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return "Clean-trained" if self.method == CLEAN else method_title(self.method)

    @property
    def runs(self) -> int:
        return max(map(len, self.values.values()), default=0)

    @property
    def corrects(self) -> bool:
        """Whether every run came as near to the clean-trained model as chance can tell."""
        return self.runs > 0 and len(self.verdicts.get("forgotten", ())) == self.runs

    def mean(self, measure: str) -> float | None:
        return fmean(known) if (known := self.values[measure].values()) else None

    def std(self, measure: str) -> float | None:
        """Over seeds (n - 1); None under two."""
        return stdev(known) if len(known := self.values[measure].values()) > 1 else None

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Row:
        """The row that :meth:`to_json` wrote."""
        values = {name: {int(seed): value for seed, value in kept[name]["seeds"].items()} for name in MEASURES}
        verdicts = {kind: tuple(seeds) for kind, seeds in kept["verdicts"].items()}
        return cls(kept["method"], kept["found"], values, verdicts)

    def to_json(self) -> dict[str, Any]:
        """Every number, with those that follow from them."""
        measures = {name: {"mean": self.mean(name), "std": self.std(name), "seeds": dict(self.values[name])}
                    for name in MEASURES}
        return {"method": self.method, "found": self.found, "runs": self.runs, "corrects": self.corrects,
                "verdicts": {kind: list(seeds) for kind, seeds in self.verdicts.items()}, **measures}


def runs_of(asked: Correction, store: Store) -> list[Runs]:
    """The runs that are there: the clean-trained models, then those at each share."""
    return [find_runs(one, store) for one in asked.comparisons()]


def rows(asked: Correction, store: Store) -> list[Row]:
    """The Original, the clean-trained model, then the methods, share after share; only finished runs count."""
    return rows_of(asked, runs_of(asked, store))


def rows_of(asked: Correction, runs: Sequence[Runs]) -> list[Row]:
    """The same from what :func:`runs_of` found."""
    clean, *shares = runs
    return [_original([clean, *shares]), _row(CLEAN, None, clean, REFERENCE),
            *_methods(asked, dict(zip(asked.found, shares, strict=True)))]


def to_compute(asked: Correction, rows: Sequence[Row]) -> list[Comparison]:
    """What the rows with too few runs need: the clean-trained models, and at each share the methods that lack some."""
    short = {(row.method, row.found) for row in rows if row.runs < len(asked.seeds)}
    clean = [replace(asked.at(1.0), methods=(REFERENCE,))] if (CLEAN, None) in short else []
    shares = [(share, tuple(method for method in asked.methods if (method, share) in short)) for share in asked.found]
    return [*clean, *(replace(asked.at(share), methods=methods) for share, methods in shares if methods)]


def _methods(asked: Correction, shares: Mapping[float, Runs]) -> Iterator[Row]:
    for method in asked.methods:
        for found, runs in shares.items():
            if method != REFERENCE or found < 1:  # with all found it is the clean-trained model
                yield _row(method, found, runs, method)


def _row(name: str, found: float | None, runs: Runs, method: str) -> Row:
    mine = {seed: run for (of, seed), run in runs.items() if of == method and run.finished and run.metrics}
    verdicts = {seed: verdict for seed, run in mine.items() if (verdict := verdict_of(run))}
    return Row(name, found, _values({seed: run.metrics or {} for seed, run in mine.items()}), judged_as(verdicts))


def _original(everything: Sequence[Runs]) -> Row:
    """As any run of a seed has measured it."""
    found: dict[int, Mapping[str, Any]] = {}
    for runs in everything:
        for (_, seed), run in runs.items():
            if before := _before(run):
                found.setdefault(seed, before)
    return Row(ORIGINAL, None, _values(found))


def _before(run: Run) -> Mapping[str, Any] | None:
    return run.metrics.original if run.finished and run.metrics else None


def _values(by_seed: Mapping[int, Mapping[str, Any]]) -> dict[str, dict[int, float]]:
    return {name: {seed: metrics[name] for seed, metrics in sorted(by_seed.items()) if metrics.get(name) is not None}
            for name in MEASURES}


def manipulations(dataset: str) -> list[dict[str, Any]]:
    """The options under which samples of these data are manipulated, what differs from the usual ones only."""
    one = get("dataset", dataset)
    names = [option.name for option in one.options]
    every = [dict(zip(names, values)) for values in product(*(option.choices for option in one.options))]
    fit = [options for options in every if not chosen(Spec(dataset, options=options), one)[1]
           and one.at(options).manipulated]
    usual = one.filled({}, PROFILES[0])
    return [{name: value for name, value in options.items() if value != usual[name]} for options in fit]


def correctable() -> list[str]:
    """The names of the data sets of which samples can be manipulated, those that ship with the app first."""
    found = [one for one in all_of("dataset") if manipulations(one.name)]
    return [one.name for one in sorted(found, key=lambda one: one.available() != "embedded")]


def summary(asked: Correction) -> str:
    """What was manipulated and what was run, in a sentence."""
    dataset = get("dataset", asked.dataset)
    options = dataset.filled(asked.options, "corrected")
    said = ", ".join(f"{name} {value}" for name, value in options.items())
    return (f"{dataset.title} ({said}): {dataset.at(options).manipulated:,} of {dataset.train_size:,} training samples "
            "are manipulated")
