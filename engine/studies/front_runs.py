"""The front of methods over their own knobs, from runs: what belongs to it, what is missing, and what it comes to.

Each method gets the same number of settings: its own value of the hyperparameter it declares as its ``intensity``, a
quarter, half, twice and four times that. Every point is an ordinary run, shared with the method's map in Robustness.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import BadSpec, Problem
from engine.evaluation.metrics import headlines
from engine.registry import current_name, get, names, unknown
from engine.runs.store import Store
from engine.spec import Resolved, resolve
from engine.studies import comparison, sweep_runs
from engine.studies.comparison import REFERENCE, Comparison
from engine.studies.front import CORNER, Configuration, Point, Volume, cloud, privacy, undominated, utility, volume
from engine.studies.intensity import intensity_map, with_a_knob
from engine.studies.sweep import Sweep, check
from engine.types import PROFILES, Spec


@dataclass(frozen=True)
class FrontAsked:
    """What is asked: these methods, each with every setting of its knob, for every seed.

    Parameters
    ----------
    dataset, model, profile : str
        As in a spec.
    methods : tuple of str
        Without retraining, which is always there.
    seeds : tuple of int
        With two or more, the hypervolume is also measured apart from the selection.
    forget_fraction : float
        Of D.
    attack : str
        Whose area under the ROC curve says what privacy is left.
    corner : tuple of float
        The reference point of the hypervolume: utility, privacy.
    """

    dataset: str = "digits"
    methods: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (0, 1, 2)
    forget_fraction: float = Spec().fraction
    profile: str = PROFILES[0]
    model: str | None = None
    attack: str = field(default_factory=lambda: headlines()[0].name)
    corner: Point = CORNER

    def checked(self) -> FrontAsked:
        """The same, where nothing is wrong with it. Raises BadSpec with every problem."""
        known = tuple(method.name for method in with_a_knob())
        problems = [Problem("methods", unknown("method with a knob", name, known))
                    for name in self.methods if current_name("method", name) not in known]
        if self.attack not in names("attack"):
            problems.append(Problem("attack", unknown("attack", self.attack, names("attack"))))
        if not self.methods:
            problems.append(Problem("methods", "No method is chosen: a front needs one at least."))
        for part in [self.reference(), *(() if problems else self.grids().values())]:
            try:
                comparison.check(part) if isinstance(part, Comparison) else check(part)
            except BadSpec as error:
                problems += error.problems
        if problems:
            raise BadSpec(list(dict.fromkeys(problems)))
        return self

    def reference(self) -> Comparison:
        """The retrained models of these forget sets."""
        return Comparison(self.dataset, Spec().scenario, self.forget_fraction, (REFERENCE,), self.seeds, self.profile,
                          self.model)

    def grids(self) -> dict[str, Sweep]:
        """By method, its settings at this forget fraction."""
        return {name: intensity_map(name, self.dataset, self.seeds, self.profile, self.model, (self.forget_fraction,))
                for name in (current_name("method", one) for one in self.methods)}


@dataclass(frozen=True)
class Front:
    """What the runs there are come to.

    Parameters
    ----------
    asked : FrontAsked
        What it is of.
    configurations : tuple of Configuration
        Those with a finished run for every seed.
    retrained : mapping of int to tuple of float
        Each retrained model against the mean of the others: what is attainable. Empty with one seed.
    missing : int
        Runs that are not finished.
    """

    asked: FrontAsked
    configurations: tuple[Configuration, ...]
    retrained: Mapping[int, Point]
    missing: int

    @property
    def best(self) -> tuple[Configuration, ...]:
        """The configurations on the front, best utility first."""
        return tuple(self.configurations[at] for at in undominated([one.mean for one in self.configurations]))

    @property
    def whole(self) -> Volume:
        """The hypervolume of all methods together."""
        return volume(self.configurations, self.asked.corner)

    def of(self, method: str) -> tuple[Configuration, ...]:
        """A method's configurations."""
        return tuple(one for one in self.configurations if one.method == method)

    def volumes(self) -> dict[str, Volume]:
        """By method the hypervolume of its settings, the largest (measured apart, where that is known) first."""
        found = {name: volume(own, self.asked.corner) for name in self.asked.grids() if (own := self.of(name))}
        return dict(sorted(found.items(), key=lambda item: -(
            item[1].naive if item[1].apart is None else item[1].apart)))

    def to_json(self) -> dict[str, Any]:
        """All of it, for a file."""
        asked, best = self.asked, self.best
        return {
            "dataset": asked.dataset, "forget_fraction": asked.forget_fraction, "profile": asked.profile,
            "seeds": list(asked.seeds), "attack": asked.attack, "corner": list(asked.corner), "missing": self.missing,
            "utility": "test accuracy / retrained test accuracy, at most 1",
            "privacy": "1 - |ROC area - retrained ROC area| / 0.5",
            "points": [{"method": one.method, "setting": one.setting, "utility": one.mean[0], "privacy": one.mean[1],
                        "seeds": {str(seed): list(point) for seed, point in one.points.items()},
                        "on_front": one in best} for one in self.configurations],
            "retrained": {str(seed): list(point) for seed, point in self.retrained.items()},
            "hypervolume": {"all": vars(self.whole), **{name: vars(one) for name, one in self.volumes().items()}}}


def todo(asked: FrontAsked, store: Store) -> list[Resolved]:
    """The runs that are missing, the retrained models first, each once."""
    reference = asked.reference()
    runs = comparison.find_runs(reference, store)
    found = {one.fingerprint: one for one in map(resolve, comparison.missing(reference, runs))}
    for grid in asked.grids().values():
        cells = sweep_runs.resolved_cells(grid)
        found |= {cells[cell].fingerprint: cells[cell]
                  for cell in sweep_runs.missing(grid, sweep_runs.find_runs(grid, store))}
    return list(found.values())


def front(asked: FrontAsked, store: Store) -> Front:
    """The front of what has finished so far."""
    attack, missing = get("attack", asked.attack), 0
    finished = {seed: run.metrics for (_, seed), run in comparison.find_runs(asked.reference(), store).items()
                if run.finished and run.metrics}
    accuracies = {seed: float(metrics["test_accuracy"]) for seed, metrics in finished.items()}
    areas = {seed: area for seed, metrics in finished.items() if (area := attack.value(metrics, "auc")) is not None}
    found: list[Configuration] = []
    for name, grid in asked.grids().items():
        runs = sweep_runs.find_runs(grid, store)
        for value in grid.across.values:
            own = {seed: run.metrics for seed in areas
                   if (run := runs.get((value, asked.forget_fraction, seed))) and run.finished and run.metrics}
            points = {seed: (utility(metrics["test_accuracy"], accuracies[seed]), privacy(area, areas[seed]))
                      for seed, metrics in own.items() if (area := attack.value(metrics, "auc")) is not None}
            missing += len(asked.seeds) - len(points)
            if len(points) == len(asked.seeds):
                found.append(Configuration(name, f"{grid.across.name}={value:g}", points))
    return Front(asked, tuple(found), cloud(accuracies, areas), missing + len(asked.seeds) - len(areas))

