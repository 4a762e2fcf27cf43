"""The manipulated samples that were found, of those that were not the model is to be freed as well.

Goel et al. 2024 (arXiv:2402.14015), "Corrective Machine Unlearning". The reference is the model trained without any
manipulated sample ("clean-trained"): retraining without the found ones keeps the effect of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.errors import BadSpec, Problem
from engine.hyperparameters import parameter
from engine.scenarios._sizes import with_whole_test
from engine.types import Dataset, Scenario, Sizes, Spec

ALL = 1.0


@dataclass(frozen=True)
class Parameters:
    found: float = parameter(ALL, low=0.01, high=ALL, step=0.1,
                             help="Share of the manipulated samples that was found. A larger share contains a smaller "
                                  "one of the same seed.")


def select(data: Any, spec: Spec) -> Any:
    """The found part of the manipulated training samples, drawn by the seed, int64 (F,)."""
    from engine.system.rng import permutation

    there = data.manipulated.nonzero().squeeze(1)
    if not len(there):
        raise BadSpec([f"No training sample of {data.name} is manipulated, so the scenario 'corrupted' has nothing to "
                       "forget: choose another scenario or another data set."])
    order = permutation(len(there), spec.seed, "found")
    return there[order[:_found(spec, len(there))]]


def sizes(spec: Spec, dataset: Dataset) -> Sizes:
    """By the number of manipulated samples that the data set declares."""
    return with_whole_test(_found(spec, dataset.manipulated), dataset)


def why_not(dataset: Dataset) -> str | None:
    """Where no option of the data set manipulates any sample."""
    return None if dataset.manipulated or _manipulating(dataset) else (
        f"The scenario 'corrupted' needs manipulated samples, and {dataset.name} has none: choose another data set.")


def problems(spec: Spec, dataset: Dataset) -> list[Problem]:
    """Where no sample is manipulated under the options asked for, with those that would manipulate some."""
    if dataset.manipulated:
        return []
    names = _manipulating(dataset)
    return [Problem(f"options.{names[0]}", "The scenario 'corrupted' needs manipulated samples, and "
                    f"{dataset.name} has none as it is: set {' or '.join(names)}.")]


def _manipulating(dataset: Dataset) -> list[str]:
    """The names of the options that can manipulate samples."""
    usual = dataset.filled({}, "corrected")
    return [one.name for one in dataset.options
            if any(dataset.at(usual | {one.name: choice}).manipulated for choice in one.choices)]


def reference(spec: Spec) -> Spec:
    """The same with all manipulated samples found: a retraining on it is clean-trained."""
    if spec.selection.get("found", ALL) == ALL:
        return spec
    return replace(spec, selection={name: value for name, value in spec.selection.items() if name != "found"})


def gone(spec: Spec, earlier: Sequence[Spec]) -> bool:
    """Where all were found, or as many by the same seed."""
    ours = Parameters(**spec.selection).found
    return any((theirs := Parameters(**before.selection).found) == ALL or (
        theirs >= ours and before.seeds.forget == spec.seeds.forget) for before in earlier)


def _found(spec: Spec, there: int) -> int:
    return max(1, round(Parameters(**spec.selection).found * there))


SCENARIO = Scenario(
    name="corrupted",
    title="manipulated samples",
    summary="The found part of the samples that were manipulated: wrong labels, two classes confused, a trigger.",
    aim="The model should work as if it had never seen a manipulated sample, found or not.",
    source="Goel et al. 2024, arXiv:2402.14015",
    select=select,
    sizes=sizes,
    target="selection",
    parameters=Parameters,
    why_not=why_not,
    problems=problems,
    columns=("attack_success", "corrected_accuracy", "rest_accuracy"),
    corrective=True,
    reference=reference,
    gone=gone,
)
