"""A search under way: what is there of it, what is to be computed next, and its record as it grows.

All state is in the store's runs and the search's record, so that a search that was killed continues: settings that were
proposed stay, runs that are there are used wherever they come from, and only the rest is computed.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.metadata import version
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from engine.errors import BadSpec, NotWritten
from engine.registry import held_against
from engine.runs import library
from engine.runs.records import Run
from engine.runs.store import Store
from engine.spec import Resolved, resolve
from engine.studies.comparison import REFERENCE
from engine.studies.tuning import Tuning
from engine.studies.tuning_kept import load, save
from engine.studies.tuning_record import WORST, Measured, Record, Trial, Tuned
from engine.studies.tuning_sampler import BATCH, PATIENCE, SPREAD, TPE, Point, spread, spread_first, suggested
from engine.studies.tuning_score import Side, gaps, score_of
from engine.studies.tuning_space import Dimension, point_of, space_of
from engine.system.version import code_version

if TYPE_CHECKING:
    from pandas import DataFrame

ENDED = ("finished", "failed")  # a setting that breaks a model has its score: the worst
OWN = "own setting"


class Race:
    """One search. :meth:`propose`, :meth:`missing` and :meth:`take` are called in turn until nothing is missing."""

    def __init__(self, tuning: Tuning, store: Store):
        self.tuning, self.store = tuning, store
        self.unwritten: NotWritten | None = None  # why the record could not be kept last time
        kept = load(tuning.name, store.root)
        known = {one.method: one for one in kept.methods} if kept else {}
        self.methods = {name: known.get(name) or begun(tuning, name) for name in tuning.methods}
        self._runs: dict[str, Run] = {}  # by fingerprint: those that have ended
        self._measured = {(side, one.run_id, one.reference_id): one for tuned in self.methods.values()
                          for side, runs in _sides(tuned) for one in runs if one.run_id}
        self._frame = functools.lru_cache(maxsize=16)(self._load)
        self._resolved: dict[tuple[str, int, str], Resolved] = {}

    @property
    def record(self) -> Record:
        """What is known by now."""
        versions = {"engine": code_version(), "scipy": version("scipy")}
        if self.tuning.sampler == TPE:
            versions["optuna"] = version("optuna")
        return Record(self.tuning, tuple(self.methods.values()), versions)

    # --- what to compute ----------------------------------------------------------------------

    def propose(self) -> None:
        """Adds the settings that are to be tried next of every method whose settings so far have their scores."""
        for name, one in self.methods.items():
            first = spread_first(self.tuning.sampler, self.tuning.trials)
            if one.exhausted or len(one.trials) == self.tuning.trials:
                continue
            if len(one.trials) < first:
                self.methods[name] = self._more(one, first, SPREAD)
            elif all(trial.score is not None for trial in one.trials):
                self.methods[name] = self._more(one, min(self.tuning.trials, len(one.trials) + BATCH), TPE)

    def wanted(self) -> dict[str, Resolved]:
        """Every run that is asked for by now, by fingerprint, in the order in which they are best run."""
        found = [self._of(REFERENCE, seed) for seed in (*self.tuning.seeds, *self.tuning.report_seeds)]
        most = max((len(one.trials) for one in self.methods.values()), default=0)
        found += [self._of(one.method, seed, one.trials[at].parameters) for at in range(most)
                  for one in self.methods.values() if at < len(one.trials) for seed in self.tuning.seeds]
        for one in self.methods.values():
            settings = [{}, *([one.best.parameters] if one.best and one.complete(self.tuning.trials) else [])]
            found += [self._of(one.method, seed, values) for values in settings for seed in self.tuning.report_seeds]
        return {resolved.fingerprint: resolved for resolved in found}

    def missing(self) -> list[Resolved]:
        """What has not ended and is not on its way."""
        wanted = self.wanted()
        self._look(wanted)
        return [resolved for name, resolved in wanted.items() if name not in self._runs]

    def left(self) -> int:
        """About how many runs are to go, those of settings that are not proposed yet among them."""
        there, trials = sum(name not in self._runs for name in self.wanted()), self.tuning.trials
        ahead = sum(len(self.tuning.seeds) * (trials - len(one.trials)) for one in self.methods.values()
                    if not one.exhausted)
        reports = sum(len(self.tuning.report_seeds) for one in self.methods.values() if not one.complete(trials))
        return there + ahead + reports

    # --- what came of it ----------------------------------------------------------------------

    def take(self, run: Run) -> None:
        """Uses a run that has ended."""
        if run.fingerprint and run.status in ENDED:
            self._runs[run.fingerprint] = run

    def refresh(self) -> Record:
        """Scores what is there and keeps the record, which is written again with the next look where that fails."""
        for name, one in self.methods.items():
            trials = tuple(replace(trial, runs=self._all(name, trial.parameters, self.tuning.seeds, "validation"))
                           for trial in one.trials)
            one = replace(one, trials=trials)
            best = one.best if one.complete(self.tuning.trials) else None
            published = self._all(name, {}, self.tuning.report_seeds, "test")
            tuned = self._all(name, best.parameters, self.tuning.report_seeds, "test") if best else ()
            self.methods[name] = replace(one, published=published, tuned=tuned)
        try:
            save(self.record, self.store.root)
            self.unwritten = None
        except NotWritten as error:
            self.unwritten = error
        return self.record

    def check_written(self) -> None:
        """Raises NotWritten where the record could not be kept in the end."""
        if self.unwritten:
            raise self.unwritten

    def _all(self, method: str, parameters: Mapping[str, Any], seeds: tuple[int, ...],
             side: Side) -> tuple[Measured, ...]:
        return tuple(self._one(method, parameters, seed, side) for seed in seeds)

    def _one(self, method: str, parameters: Mapping[str, Any], seed: int, side: Side) -> Measured:
        resolved = self._of(method, seed, parameters)
        run, reference = (self._runs.get(one.fingerprint) for one in (resolved, self._of(REFERENCE, seed)))
        if run is None:
            return Measured(seed)
        about = Measured(seed, run.id, samples=run.samples, seconds=run.seconds)
        if run.status == "failed":
            return replace(about, score=WORST, failed=run.reason or "Failed.")
        if reference is None or not reference.finished:
            return about
        key = side, run.id, reference.id
        if key not in self._measured:
            attack = self.tuning.attack if side == "validation" else self.tuning.report_attack
            found = gaps(self._frame(run.id), self._frame(reference.id), side, attack)
            self._measured[key] = replace(about, reference_id=reference.id, gaps=found, score=score_of(found))
        return self._measured[key]

    def _load(self, run_id: str) -> DataFrame:
        samples = library.samples(library.get(run_id, self.store).run, self.store)
        assert samples is not None  # _look has seen that it is there
        return samples

    def _look(self, wanted: Mapping[str, Resolved]) -> None:
        """Finds the runs in the store; what ships counts where it has its samples."""
        best = library.best({name: name for name in wanted}, self.store)
        self._runs = {name: run for name, run in best.items() if run.status == "failed" or (
            run.finished and library.has_samples(run, self.store))}

    # --- settings ----------------------------------------------------------------------------

    def _of(self, method: str, seed: int, parameters: Mapping[str, Any] | None = None) -> Resolved:
        """The resolved run; that of the reference is the one that a method's run is held against."""
        key = method, seed, repr(sorted((parameters or {}).items()))
        if key not in self._resolved:
            spec = self.tuning.spec(method, seed, parameters)
            self._resolved[key] = resolve(held_against(spec) if method == REFERENCE else spec)
        return self._resolved[key]

    def _more(self, one: Tuned, wanted: int, by: str) -> Tuned:
        """With so many trials, or as many different ones as there are within the budget."""
        trials = one.trials or (Trial(0, OWN),)
        taken = {self._of(one.method, self.tuning.seeds[0], trial.parameters).fingerprint for trial in trials}
        for values in self._settings(one, by) if one.space else ():
            if len(trials) >= wanted:
                break
            if (name := self._allowed(one, values)) and name not in taken:
                taken.add(name)
                trials = (*trials, Trial(len(trials), by, values))
        return replace(one, trials=trials, exhausted=len(trials) < wanted)

    def _settings(self, one: Tuned, by: str) -> Iterator[dict[str, Any]]:
        """Settings in the order in which they are to be tried; they end after so many in vain."""
        known = [(point_of(one.space, one.values(trial)), trial.score) for trial in one.trials]
        scored = [(point, score) for point, score in known if score is not None]
        points = spread(len(one.space)) if by == SPREAD else suggested(scored, len(one.space))
        return (_values(one.space, point) for point in islice(points, PATIENCE + self.tuning.trials))

    def _allowed(self, one: Tuned, values: Mapping[str, Any]) -> str | None:
        """The fingerprint of a setting that is valid and within the budget of samples."""
        try:
            resolved = self._of(one.method, self.tuning.seeds[0], values)
        except BadSpec:
            return None
        return resolved.fingerprint if resolved.plan.samples <= one.cap else None


def begun(tuning: Tuning, method: str) -> Tuned:
    """A method of which nothing was tried yet."""
    spec = tuning.spec(method, tuning.seeds[0])
    space, effective = space_of(spec), resolve(spec).effective
    return Tuned(method, space, {one.name: effective[one.name] for one in space}, tuning.cap(method))


def _values(space: tuple[Dimension, ...], point: Point) -> dict[str, Any]:
    return {one.name: one.value(at) for one, at in zip(space, point, strict=True)}


def _sides(one: Tuned) -> tuple[tuple[Side, tuple[Measured, ...]], ...]:
    """All runs of a method that were measured, by what they were measured on."""
    return (("validation", tuple(chain.from_iterable(trial.runs for trial in one.trials))),
            ("test", (*one.published, *one.tuned)))
