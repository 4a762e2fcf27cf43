"""A fair search of hyperparameters, as data: every method gets the same number of trials and the same cap on samples.

Trial 0 is always the setting that the method has on these data without any choice. The others are proposed by a
sampler (:mod:`engine.studies.tuning_sampler`) within a declared space (:mod:`engine.studies.tuning_space`). A trial is
one run for each tuning seed; its score is on validation data with one attack (:mod:`engine.studies.tuning_score`). What
is chosen is reported with other seeds, so on other forget sets, on the test set and with another attack.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from engine.checks import number
from engine.errors import BadSpec, Problem
from engine.registry import all_of, corrective, find, live_attacks, names, unknown
from engine.spec import MAX_SEED, resolve
from engine.studies.comparison import REFERENCE, Comparison
from engine.studies.comparison import check as check_comparison
from engine.studies.tuning_sampler import SAMPLERS, best_here
from engine.studies.tuning_sampler import problem as sampler_problem
from engine.system.files import short_hash
from engine.types import Spec

MOST_TRIALS = 200
PASSES = 6.0  # over the retain set: what the methods that train take in the profile "corrected" (docs/methods.md)
TUNING_SEEDS, REPORT_SEEDS = (100, 101), (0, 1, 2, 3, 4)
TRIALS = 12


@dataclass(frozen=True)
class Tuning:
    """What is tuned: the methods, data and forget sets of ``comparison``, whose seeds are those of the search.

    Parameters
    ----------
    comparison : Comparison
        The methods, the data, who is forgotten, and the tuning seeds.
    report_seeds : tuple of int
        Other seeds, on which published and tuned settings are reported.
    trials : int
        Settings tried for each method, the first one its own.
    attack, report_attack : str
        The attack that a setting is chosen by, and the one that it is reported with.
    sampler : str
        Who proposes settings: a name of :data:`engine.studies.tuning_sampler.SAMPLERS`.
    """

    comparison: Comparison
    report_seeds: tuple[int, ...] = REPORT_SEEDS
    trials: int = TRIALS
    attack: str = ""
    report_attack: str = ""
    sampler: str = ""

    @property
    def name(self) -> str:
        """What its record is kept under: the same for the same question."""
        return short_hash(self.to_json())

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that are tuned; the reference is computed anyway."""
        return self.comparison.methods

    @property
    def seeds(self) -> tuple[int, ...]:
        """The tuning seeds."""
        return self.comparison.seeds

    @property
    def most_runs(self) -> int:
        """How many runs it takes at most, those of the retrained models among them."""
        each = self.trials * len(self.seeds) + 2 * len(self.report_seeds)
        return len(self.methods) * each + len(self.seeds) + len(self.report_seeds)

    def spec(self, method: str, seed: int, parameters: Mapping[str, Any] | None = None) -> Spec:
        """One run with these hyperparameters; without any the method's own."""
        return replace(self.comparison.spec(method, seed), parameters=dict(parameters or {}))

    def cap(self, method: str) -> float:
        """The most samples that a run of the method may process: a budget of all, or what its own setting takes."""
        resolved = resolve(self.spec(method, self.seeds[0]))
        return max(PASSES * resolved.sizes.retain, resolved.plan.samples)

    def to_json(self) -> dict[str, Any]:
        """As JSON, for :meth:`from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Tuning:
        """What :meth:`to_json` wrote. Raises KeyError or TypeError for something else."""
        asked: dict[str, Any] = {name: _plain(value) for name, value in stored["comparison"].items()}
        return cls(Comparison(**asked), **{name: _plain(value) for name, value in stored.items()
                                           if name != "comparison"})


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def selectable() -> tuple[str, ...]:
    """The attacks that a model is enough for, the first ones first."""
    return tuple(attack.name for attack in live_attacks())


def tunable() -> tuple[str, ...]:
    """The methods that can be tuned: all but the reference."""
    return tuple(method.name for method in all_of("method") if method.role != "reference")


def filled(tuning: Tuning) -> Tuning:
    """The search with what it leaves open: the first two attacks that need one model, and the best sampler here.

    The model is named and methods stand in one order, so that the same question has the same name.
    """
    attacks = selectable()
    chosen = tuning.attack or attacks[0]
    other = next((name for name in attacks if name != chosen), "")
    return replace(tuning, attack=chosen, report_attack=tuning.report_attack or other,
                   sampler=tuning.sampler or best_here(), comparison=_in_order(tuning.comparison))


def _in_order(comparison: Comparison) -> Comparison:
    order = {name: place for place, name in enumerate(names("method"))}
    methods = tuple(sorted(comparison.methods, key=lambda name: order.get(name, len(order))))
    model = comparison.model
    if model is None and (dataset := find("dataset", comparison.dataset)):
        model = dataset.default_model
    return replace(comparison, methods=methods, model=model)


def check(tuning: Tuning) -> None:
    """Raises BadSpec with every problem of a :func:`filled` search."""
    problems: list[Problem] = []
    try:
        check_comparison(tuning.comparison)
    except BadSpec as error:
        problems += error.problems
    problems += [*_bad_methods(tuning), *_bad_seeds(tuning), *_bad_trials(tuning), *_bad_attacks(tuning)]
    if tuning.sampler not in SAMPLERS:
        problems.append(Problem("sampler", unknown("sampler", tuning.sampler, SAMPLERS)))
    elif why := sampler_problem(tuning.sampler):
        problems.append(Problem("sampler", why))
    if problems:
        raise BadSpec(list(dict.fromkeys(problems)))


def _bad_methods(tuning: Tuning) -> list[Problem]:
    found = [Problem("method", f"{REFERENCE} is the reference that all others are held against: it is computed by "
                               "itself, so leave it out.")] if REFERENCE in tuning.methods else []
    if corrective(tuning.comparison.scenario):
        found.append(Problem("scenario", f"is {tuning.comparison.scenario!r}, whose reference forgets other samples: "
                                         "tuning is for scenarios with a model retrained on the same forget set."))
    return found


def _bad_seeds(tuning: Tuning) -> list[Problem]:
    asked, found = tuning.report_seeds, list[Problem]()
    if not asked:
        found.append(Problem("report_seeds", "No report seed is chosen: the result needs at least one."))
    if len(set(asked)) < len(asked):
        found.append(Problem("report_seeds", "A report seed is chosen twice: once is enough."))
    both = [str(seed) for seed in asked if seed in tuning.seeds]
    if both:
        found.append(Problem("report_seeds", f"{', '.join(both)} is a tuning seed and a report seed: what is reported "
                                             "must not have been chosen by."))
    for seed in asked:
        found += _number_problems("report_seeds", seed, 0, MAX_SEED)
    return found


def _bad_trials(tuning: Tuning) -> list[Problem]:
    return _number_problems("trials", tuning.trials, 1, MOST_TRIALS)


def _number_problems(field: str, value: Any, low: int, high: int) -> list[Problem]:
    try:
        number(field, value, "int", low, high)
    except BadSpec as error:
        return error.problems
    return []


def _bad_attacks(tuning: Tuning) -> list[Problem]:
    found = [Problem(field, unknown("attack on one model", name, selectable()))
             for field, name in (("attack", tuning.attack), ("report_attack", tuning.report_attack))
             if find("attack", name) is None or name not in selectable()]
    if not found and tuning.attack == tuning.report_attack:
        found.append(Problem.about("report_attack", f"is {tuning.attack!r}, by which the settings are chosen: report "
                                                    "another one."))
    return found
