"""Any runs side by side: in which settings they differ, which are one setting over seeds, and what the numbers come to.

A setting has a name and a value a run; one that a run does not have, such as another method's hyperparameter, is None.
Hyperparameters are those in effect, so that an automatic value and the same one set by hand are equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from engine.errors import BadInput
from engine.evaluation.measured import UNMEASURED, Metrics
from engine.evaluation.noise import noise_floor
from engine.naming import classes_of
from engine.registry import find, live_attacks
from engine.runs.records import Run
from engine.spec import Resolved
from engine.system.words import spaced

FEWEST, MOST = 2, 20  # runs that are compared at once
SEED = "seed"
Of = Literal["run", "option", "method"]
Span = tuple[float, float]


@dataclass(frozen=True)
class Difference:
    """A setting in which the runs differ: a value for each run. ``of`` is what the setting belongs to."""

    name: str
    values: tuple[Any, ...]
    of: Of = "run"

    @property
    def distinct(self) -> list[Any]:
        """The values that occur, numbers in order, others as they come; None is left out."""
        found = list(dict.fromkeys(value for value in self.values if value is not None))
        return sorted(found) if all(_is_number(value) for value in found) else found


@dataclass(frozen=True)
class Mark:
    """A number of a run beside the range in which chance alone leaves it; ``inside`` is None where no range is known.

    The range is about the run's retrained model; an attack's is about a coin toss where there is none, or where the
    run is the retrained model: then ``coin``.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    coin: bool = False

    @property
    def inside(self) -> bool | None:
        if self.value is None or self.low is None or self.high is None:
            return None
        return self.low <= self.value <= self.high


# --- settings -------------------------------------------------------------------------------


def settings(run: Run) -> dict[tuple[Of, str], Any]:
    """All settings of a run by what they belong to and their name; whole numbers and fractions alike are equal."""
    spec = run.spec
    own: dict[str, Any] = {
        "data": spec.dataset, "model": spec.model, "method": spec.method, "scenario": spec.scenario,
        "forget": _forgotten(run), **{spaced(name): value for name, value in spec.selection.items()},
        "profile": spec.profile, SEED: spec.seed, "original seed": spec.original_seed,
        **({"original": spec.original} if spec.original else {}),
        **{spaced(name): value for name, value in spec.named_seeds.items()}}
    used = {**spec.parameters, **(run.effective or {})}
    found: dict[tuple[Of, str], Any] = {("run", name): value for name, value in own.items()}
    found |= {("option", spaced(name)): value for name, value in _options(run).items()}
    return found | {("method", spaced(name)): value for name, value in used.items()}


def differences(runs: Sequence[Run]) -> tuple[Difference, ...]:
    """The settings in which the runs are not all equal, in the order of the settings."""
    each = [settings(run) for run in runs]
    names = dict.fromkeys(name for one in each for name in one)
    found = (Difference(name, tuple(_plain(one.get((of, name))) for one in each), of) for of, name in names)
    return tuple(one for one in found if len(set(map(repr, one.values))) > 1)


def telling(found: Sequence[Difference]) -> list[Difference]:
    """The differences that are worth a sentence: without hyperparameters that differ only because the methods do.

    >>> method = Difference("method", ("ssd", "scrub"))
    >>> telling([method, Difference("alpha", (0.1, None), "method")]) == [method]
    True
    """
    methods = next((one.values for one in found if one.of == "run" and one.name == "method"), None)
    return [one for one in found if one.of != "method" or methods is None or _within(one, methods)]


def _within(one: Difference, methods: Sequence[Any]) -> bool:
    """Whether a setting differs between runs of one method."""
    values: dict[Any, set[str]] = {}
    for method, value in zip(methods, one.values):
        values.setdefault(method, set()).add(repr(value))
    return any(len(of_one) > 1 for of_one in values.values())


def over_seeds(runs: Sequence[Run]) -> list[list[Run]]:
    """The runs in groups that differ in nothing but the seed, in the order of their first runs."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        spec = replace(run.spec, seed=0)
        groups.setdefault(repr((spec, sorted(run.spec_extra.items()))), []).append(run)
    return list(groups.values())


def check(run_ids: Sequence[str]) -> list[str]:
    """The ids without repetitions; raises BadInput for fewer than two or more than twenty."""
    ids = list(dict.fromkeys(filter(None, run_ids)))
    if not FEWEST <= len(ids) <= MOST:
        raise BadInput(f"{len(ids)} {'run is' if len(ids) == 1 else 'runs are'} selected, but {FEWEST} to {MOST} can "
                       "be compared: choose them on the page Runs.")
    return ids


def _options(run: Run) -> dict[str, Any]:
    """The data set's options as asked for, the others at their defaults."""
    spec, dataset = run.spec, find("dataset", run.spec.dataset)
    usual = {one.name: one.default_in(spec.profile) for one in dataset.options} if dataset else {}
    return {**usual, **spec.options}


def _forgotten(run: Run) -> Any:
    spec = run.spec
    if spec.forget_class is not None:
        return classes_of(spec)
    return spec.forget_fraction


def _plain(value: Any) -> Any:
    """1.0 as 1, so that two spellings of one number are one value."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


# --- numbers --------------------------------------------------------------------------------


def mark(run: Run, metric: str, resolved: Resolved | None) -> Mark:
    """A metric of a run beside its chance range; ``resolved``, the run's spec, says how many samples there were."""
    metrics = run.metrics or UNMEASURED
    aim = None if run.is_reference else (metrics.retrained or UNMEASURED).get(metric)
    if aim is None:
        band = metrics.null_band.get(metric) if metric in {attack.name for attack in live_attacks()} else None
        return Mark(metrics.get(metric), band[0], band[1], coin=True) if band else Mark(metrics.get(metric))
    noise = _noise(metrics, metric, resolved)
    if noise is None:
        return Mark(metrics.get(metric))
    return Mark(metrics.get(metric), max(0.0, aim - noise), min(100.0, aim + noise))  # percent, or points apart


def _noise(metrics: Metrics, metric: str, resolved: Resolved | None) -> float | None:
    """How far chance moves a number; an attack's accuracy as far as its distance from 50."""
    names = {attack.name: attack.metric("gap") for attack in live_attacks()}
    return None if resolved is None else noise_floor(names.get(metric, metric), [_values(metrics)], resolved)


def _values(metrics: Metrics) -> Mapping[str, Any]:
    return metrics.stored
