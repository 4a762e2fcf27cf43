"""A sweep: a grid over two quantities and seeds, as data, and the specs that it stands for.

The default is the paper's figure 2, alpha by forget fraction for ∇τ; any hyperparameter of any method can be an axis.
Nothing is computed here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

from engine.errors import BadSpec, Problem
from engine.registry import get, names, unknown
from engine.spec import resolve
from engine.system.words import spaced
from engine.types import PROFILES, Spec, declared

FRACTION = "forget_fraction"
TRAINING = "original_seed"  # an axis of its own: how much another Original would move a map
TITLES = {TRAINING: "training seed"}
MOST_RUNS = 10_000  # a grid beyond this is a slip of the pen: the authors' has 432
SHOWN = 5  # duplicates named per side
# The authors' grid for alpha and for the forget fraction (paper, section 6.4, figure 2).
AUTHORS = (0.01, 0.02, 0.05, *(round(0.05 * k, 2) for k in range(2, 11)))
AUTHORS_CAP = {"max_forget_epochs": 80}  # the authors' bound on the smallest forget sets' epochs
Cell = tuple[Any, Any, int]  # value across, value down, seed


@dataclass(frozen=True)
class Axis:
    """One side of the grid: ``forget_fraction`` or a hyperparameter of the method, and its values."""

    name: str
    values: tuple[Any, ...]

    @property
    def title(self) -> str:
        """The name as people read it: ``forget fraction``."""
        return TITLES.get(self.name) or spaced(self.name)


@dataclass(frozen=True)
class Sweep:
    """A grid: ``across`` by ``down`` by ``seeds``; everything else is the same in every cell."""

    dataset: str = "digits"
    method: str = "nabla_tau"
    across: Axis = Axis("alpha", AUTHORS)
    down: Axis = Axis(FRACTION, AUTHORS)
    seeds: tuple[int, ...] = (0,)
    forget_fraction: float = 0.15
    profile: str = PROFILES[0]
    model: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    original_seed: int = 0

    @property
    def size(self) -> int:
        """How many runs the grid has."""
        return len(self.across.values) * len(self.down.values) * len(self.seeds)

    def cells(self) -> list[Cell]:
        """All cells, seed by seed, so that a whole picture is there early and grows sharper."""
        return [(x, y, seed) for seed in self.seeds for y in self.down.values for x in self.across.values]

    def spec(self, x: Any, y: Any, seed: int) -> Spec:
        """The run of one cell."""
        return self.spec_with({self.across.name: x, self.down.name: y}, seed)

    def spec_with(self, varied: Mapping[str, Any], seed: int = 0) -> Spec:
        """A run of the sweep in which only these quantities are set, the others as the method has them."""
        values = {**self.parameters, **varied}
        fraction, training = values.pop(FRACTION, self.forget_fraction), values.pop(TRAINING, self.original_seed)
        return Spec(dataset=self.dataset, method=self.method, model=self.model, forget_fraction=fraction, seed=seed,
                    profile=self.profile, options=dict(self.options), parameters=values, original_seed=training)

    def specs(self) -> list[Spec]:
        """The specs of all cells, in the order of :meth:`cells`."""
        return [self.spec(*cell) for cell in self.cells()]


PRESETS: dict[str, Sweep] = {
    "small": Sweep(across=Axis("alpha", (0.05, 0.25, 0.5)), down=Axis(FRACTION, (0.03, 0.15, 0.3))),
    "medium": Sweep(across=Axis("alpha", (0.05, 0.1, 0.2, 0.3, 0.4, 0.5)),
                    down=Axis(FRACTION, (0.05, 0.1, 0.2, 0.3, 0.4, 0.5)), parameters=AUTHORS_CAP),
    "authors": Sweep(seeds=(0, 1, 2), parameters=AUTHORS_CAP),
}


def preset(name: str, **changes: Any) -> Sweep:
    """A preset with some fields changed. Raises BadSpec for an unknown name."""
    if name not in PRESETS:
        raise BadSpec([unknown("preset", name, tuple(PRESETS))])
    return replace(PRESETS[name], **changes)


def axes_of(method: str) -> list[str]:
    """What can be an axis of a map: the forget fraction, the method's hyperparameters that are numbers, Originals."""
    numbers = [h.name for h in declared(get("method", method).parameters) if h.kind in ("int", "float")]
    return [FRACTION, *numbers, TRAINING]


def suggested(name: str, dataset: str, method: str) -> tuple[Any, ...]:
    """Values to begin an axis with: the small preset's, else half of what the method uses, that, and twice that."""
    if name == TRAINING:
        return 0, 1, 2
    usual = PRESETS["small"]
    for axis in (usual.across, usual.down):
        if axis.name == name and (name == FRACTION or method == usual.method):
            return axis.values
    field = next(h for h in declared(get("method", method).parameters) if h.name == name)
    own = resolve(Spec(dataset, method)).effective[name] or field.step or 1
    low, high = (-inf if field.low is None else field.low), (inf if field.high is None else field.high)
    found = [min(high, max(low, own * factor)) for factor in (0.5, 1, 2)]
    return tuple(dict.fromkeys(int(x) if field.kind == "int" else float(f"{x:.6g}") for x in found))


def check(sweep: Sweep) -> None:
    """Raises BadSpec with every problem of the grid: axes, values, duplicates, size. Costs one spec a value."""
    problems = [*_axis_problems(sweep), *_value_problems(sweep)]
    if problems:
        raise BadSpec(list(dict.fromkeys(problems)))


def _axis_problems(sweep: Sweep) -> list[Problem]:
    problems: list[Problem] = []
    for name, values in _sides(sweep):
        field = name if name in (FRACTION, TRAINING, "seed") else f"parameters.{name}"
        if not values:
            problems.append(Problem.about(field, "has no values: each side of the grid needs at least one."))
        twice = [value for value, count in Counter(values).items() if count > 1][:SHOWN]
        problems += [Problem.about(field, f"{value} is given twice: once is enough.") for value in twice]
    if sweep.across.name == sweep.down.name:
        problems.append(Problem(None, f"Both sides of the grid are {sweep.across.name}: they must differ."))
    if sweep.size > MOST_RUNS:
        problems.append(Problem(None, f"The grid has {sweep.size:,} runs, but at most {MOST_RUNS:,} are allowed: take "
                                      "fewer values or seeds."))
    return problems + _unknown_axes(sweep)


def _unknown_axes(sweep: Sweep) -> list[Problem]:
    if sweep.method not in names("method"):
        return []  # told by the spec itself
    known = (FRACTION, TRAINING, *(h.name for h in declared(get("method", sweep.method).parameters)))
    return [Problem(None, unknown("axis", axis.name, known)) for axis in (sweep.across, sweep.down)
            if axis.name not in known]


def _value_problems(sweep: Sweep) -> list[Problem]:
    """What is wrong with single values: each is tried once, everything else at its default."""
    if sweep.size > MOST_RUNS or _unknown_axes(sweep):
        return []
    tries = [sweep.spec_with({}), *(sweep.spec_with({}, seed) for seed in sweep.seeds),
             *(sweep.spec_with({axis.name: value}) for axis in (sweep.across, sweep.down) for value in axis.values)]
    problems: list[Problem] = []
    for spec in tries:
        try:
            resolve(spec)
        except BadSpec as error:
            problems += error.problems
    return problems


def _sides(sweep: Sweep) -> list[tuple[str, tuple[Any, ...]]]:
    return [(sweep.across.name, sweep.across.values), (sweep.down.name, sweep.down.values), ("seed", sweep.seeds)]
