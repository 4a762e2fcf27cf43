"""The manipulated samples that were found, of those that were not the model is to be freed as well.

Goel et al. 2024 (arXiv:2402.14015), "Corrective Machine Unlearning". The reference is the model trained without any
manipulated sample ("clean-trained"): retraining without the found ones keeps the effect of the others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from engine.errors import BadSpec, Problem
from engine.hyperparameters import parameter
from engine.scenarios._sizes import heldout
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
    test, validation = heldout(dataset)
    forget = _found(spec, _manipulated(spec, dataset))
    return Sizes(dataset.train_size, forget, dataset.train_size - forget, validation, test)


def why_not(dataset: Dataset) -> str | None:
    """Data that keep no true labels cannot say which samples are manipulated."""
    return None if dataset.manipulated else (
        f"The scenario 'corrupted' needs manipulated samples, and {dataset.name} has none: choose another data set.")


def problems(spec: Spec, dataset: Dataset) -> list[Problem]:
    """Where no sample is manipulated under the options asked for."""
    options = dataset.filled(spec.options, spec.profile)
    if any(options[one.name] not in one.choices for one in dataset.options) or _manipulated(spec, dataset):
        return []  # a wrong option is reported by itself
    said = ", ".join(f"{name} {value}" for name, value in options.items())
    return [Problem("options", f"The scenario 'corrupted' needs manipulated samples, and {dataset.name} has none with "
                    f"{said}: set another {' or '.join(options)}.")]


def reference(spec: Spec) -> Spec:
    """The same with all manipulated samples found: a retraining on it is clean-trained."""
    if spec.selection.get("found", ALL) == ALL:
        return spec
    return replace(spec, selection={name: value for name, value in spec.selection.items() if name != "found"})


def _found(spec: Spec, there: int) -> int:
    return max(1, round(Parameters(**spec.selection).found * there))


def _manipulated(spec: Spec, dataset: Dataset) -> int:
    assert dataset.manipulated is not None  # why_not() comes first
    return dataset.manipulated(dataset.filled(spec.options, spec.profile))


SCENARIO = Scenario(
    name="corrupted",
    title="manipulated samples that were found",
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
)
