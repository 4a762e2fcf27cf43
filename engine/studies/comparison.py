"""Which runs a comparison of methods consists of: what is there, what is missing, what to queue.

A comparison is a grid of methods and seeds on one forget set with default hyperparameters. A run belongs to it
where the resolved spec has the same fingerprint, so nothing is computed twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.checks import number
from engine.errors import BadSpec, Problem
from engine.registry import reference, target
from engine.runs import afterwards, library
from engine.runs.records import Run
from engine.runs.store import Store
from engine.spec import MAX_SEED, resolve
from engine.types import PROFILES, Forgotten, Spec

REFERENCE = reference().name
APART = 1_000  # unlearning seed = APART * training seed + seed, as SUPREME (2510.26714) decouples them
MOST_TRAINING_SEED = MAX_SEED // APART - 1
REPEAT_APART, MOST_REPEATS = 100_000_000, 10  # between unlearning seeds on one forget set, and how many there may be
Runs = dict[tuple[str, int], Run]


@dataclass(frozen=True)
class Comparison:
    """Methods side by side on one forget set; ``forget`` is a fraction, or a class in a scenario that forgets one.

    Its runs begin from the first Original of ``training_seeds`` and have the unlearning seed number ``repeat`` on each
    forget set; :mod:`engine.studies.training_seeds` goes over all.
    """

    dataset: str = "digits"
    scenario: str = "random"
    forget: Forgotten = 0.15
    methods: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (0,)
    profile: str = PROFILES[0]
    model: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    training_seeds: tuple[int, ...] = (0,)
    forget_seed: int | None = None  # one forget set for all seeds; without it each seed draws its own
    selection: Mapping[str, Any] = field(default_factory=dict)  # the scenario's own parameters
    unlearning_seeds: int = 1  # how many for each forget set
    repeat: int = 0  # which of these, from 0, the specs are of

    def spec(self, method: str, seed: int) -> Spec:
        """One run of the comparison, with default hyperparameters.

        Every Original has unlearning seeds of its own, so that what is drawn for one is not drawn for another.
        """
        training = self.training_seeds[0] if self.training_seeds else 0
        goes_by = target(self.scenario)  # an unknown one is named when the spec is checked
        forget: Any = self.forget  # whatever was typed: resolve() says what is wrong with it
        return Spec(dataset=self.dataset, method=method, model=self.model, scenario=self.scenario,
                    forget_fraction=forget if goes_by == "fraction" else None,
                    forget_class=forget if goes_by == "class" else None, selection=dict(self.selection),
                    seed=seed, profile=self.profile, options=dict(self.options), original_seed=training,
                    unlearning_seed=_apart(training, seed, self.repeat), forget_seed=self.forget_seed)

    def specs(self) -> list[Spec]:
        """All methods with all seeds, retraining first, then one seed after the other."""
        return [self.spec(*cell) for cell in self.grid()]

    def of_each_original(self) -> list[Comparison]:
        """One comparison for each training seed."""
        return [replace(self, training_seeds=(seed,)) for seed in self.training_seeds]

    def of_each_seed(self) -> list[Comparison]:
        """One comparison for each training seed and each unlearning seed on a forget set."""
        return [replace(one, repeat=repeat) for one in self.of_each_original() for repeat in
                range(self.unlearning_seeds)]

    def grid(self) -> list[tuple[str, int]]:
        """The (method, seed) pairs in the order in which they are best run: others are completed by a retraining."""
        first = [(method, seed) for method in self.methods if method == REFERENCE for seed in self.seeds]
        return first + [(method, seed) for seed in self.seeds for method in self.methods if method != REFERENCE]


def check(comparison: Comparison) -> None:
    """Raises BadSpec with every problem: no methods or seeds, one named twice, an unknown name, a bad value."""
    problems: list[Problem] = []
    asked = {"method": comparison.methods, "seed": comparison.seeds, "training seed": comparison.training_seeds}
    for what, values in asked.items():
        if not values:
            problems.append(Problem(what, f"No {what} is chosen: a comparison needs at least one."))
        twice = [value for value in dict.fromkeys(values) if list(values).count(value) > 1]
        problems += [Problem.about(what, f"{value} is chosen twice: once is enough.") for value in twice]
    bad = [*_bad_training_seeds(comparison), *_bad_repeats(comparison)]
    for one in [replace(comparison, training_seeds=())] if bad else comparison.of_each_seed() or [comparison]:
        problems += _bad_runs(one)
    if problems + bad:
        raise BadSpec(list(dict.fromkeys(problems + bad)))


def _bad_runs(comparison: Comparison) -> list[Problem]:
    problems: list[Problem] = []
    for method in comparison.methods or (REFERENCE,):
        for seed in comparison.seeds or (0,):
            try:
                resolve(comparison.spec(method, seed))
            except BadSpec as error:
                problems += error.problems
    return problems


def _bad_training_seeds(comparison: Comparison) -> list[Problem]:
    problems: list[Problem] = []
    for seed in comparison.training_seeds:
        try:
            number("training_seed", seed, "int", 0, MOST_TRAINING_SEED)
        except BadSpec as error:
            problems += error.problems
    return problems


def _bad_repeats(comparison: Comparison) -> list[Problem]:
    try:
        count = number("unlearning_seeds", comparison.unlearning_seeds, "int", 1, MOST_REPEATS)
    except BadSpec as error:
        return error.problems
    if count > 1 and comparison.forget_seed is not None:
        return [Problem.about("unlearning_seeds", f"is {count}, but with forget_seed {comparison.forget_seed} all runs "
                              "have one forget set: the seeds are then its unlearning seeds, so name more of those.")]
    return []


def _apart(training: Any, seed: Any, repeat: int = 0) -> int | None:
    """The unlearning seed with this Original; None, which follows the seed, with the usual one or a bad seed."""
    if not (training or repeat) or not isinstance(training, int) or not isinstance(seed, int):
        return None
    return APART * training + seed + REPEAT_APART * repeat


def find_runs(comparison: Comparison, store: Store, recorded: bool = True) -> Runs:
    """The best run for each (method, seed); a pair without any run is left out.

    Best is as :mod:`engine.runs.library` has it, recorded runs with ``recorded`` only. Finished runs that a later
    retraining left without its reference are completed on the way. Raises BadSpec where the comparison is not valid.
    """
    wanted = {cell: resolve(comparison.spec(*cell)).fingerprint for cell in comparison.grid()}
    best = library.best(wanted, store, recorded, dataset=comparison.dataset, scenario=comparison.scenario,
                        profile=comparison.profile)
    return {cell: afterwards.completed(run, store) for cell, run in _completed(best, store).items()}


def notices(comparison: Comparison, runs: Runs) -> dict[str, list[str]]:
    """What to know of single runs, such as how an earlier version read them, with the methods that it is said of."""
    found: dict[str, dict[str, None]] = {}
    for (method, _), run in runs.items():
        if run.notice and method in comparison.methods:
            found.setdefault(run.notice, {})[method] = None
    return {notice: list(methods) for notice, methods in found.items()}


def missing(comparison: Comparison, runs: Runs) -> list[Spec]:
    """The specs that are neither finished nor running nor queued, in the order in which they are best run."""
    return [comparison.spec(*cell) for cell in library.missing(comparison.grid(), runs)]


def queue_missing(comparison: Comparison, jobs: Any, recorded: bool = True, train_original: bool = False) -> list[str]:
    """Queues what is missing with ``jobs`` (``engine.runs.queue.manager``); returns the new ids. Raises BadSpec."""
    check(comparison)
    todo = missing(comparison, find_runs(comparison, jobs.store, recorded))
    jobs.store.check_room(len(todo))  # all of them or none
    return [jobs.submit(spec, train_original) for spec in todo]


# --- references -----------------------------------------------------------------------------


def _completed(runs: Runs, store: Store) -> Runs:
    """The runs, those completed whose retrained reference is there by now but was not when they were measured."""
    waiting = {cell: run for cell, run in runs.items() if run.finished and not run.recorded and run.metrics
               and (run.metrics.retrained is None or afterwards.lacks_beside(run.metrics))}
    if not waiting:
        return runs
    there = set(_references(store, waiting.values()))
    stale = {cell: run for cell, run in waiting.items() if (run.reference_split, run.data) in there}
    if not stale:
        return runs
    from engine.runs.references import complete  # imports torch, which is not needed as long as nothing is stale

    return runs | {cell: complete(store, run) for cell, run in stale.items()}


def _references(store: Store, waiting: Iterable[Run]) -> list[tuple[str | None, str | None]]:
    """The (split, data) pairs of these runs for which a retraining by the recipe has finished."""
    splits = tuple({run.reference_split for run in waiting})
    return [(run.split, run.data) for run in store.list(status=("finished",), split=splits)
            if run.is_reference]
