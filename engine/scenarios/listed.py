"""Samples that a person names: the right to be forgotten names records, not fractions (GDPR, Article 17)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import BadSpec, Problem
from engine.types import Dataset, Scenario, Sizes, Spec, parameter


@dataclass(frozen=True)
class Parameters:
    list: str = parameter("", samples=True, group="main", help="The name of the kept list of samples.")


def select(data: Any, spec: Spec) -> Any:
    """The samples of the list, int64 (F,). Raises BadSpec where the data have fewer than it names."""
    import torch

    from engine.sample_lists import FIELD, load

    numbers = load(Parameters(**spec.selection).list)
    if numbers[-1] >= len(data.train):
        raise BadSpec([Problem.about(FIELD, f"names the sample {numbers[-1]}, but the data that were loaded have the "
                                     f"training samples 0 to {len(data.train) - 1:,}.")])
    return torch.tensor(numbers)


def problems(spec: Spec, dataset: Dataset) -> Iterator[Problem]:
    """What keeps the list from being forgotten from these data."""
    from engine.sample_lists import FIELD, Asked, load

    name = Parameters(**spec.selection).list
    if not name:
        yield Problem.about(FIELD, "is missing: name the samples with --forget-list FILE, or paste, upload or tick "
                            "them in the app.")
        return
    try:
        numbers = load(name)
    except BadSpec as error:
        yield from error.problems
        return
    asked = Asked(dataset.name, dataset.train_size)
    if numbers[-1] >= asked.size:
        yield Problem.about(FIELD, f"names the sample {numbers[-1]}, but {dataset.name} has the training samples 0 to "
                            f"{asked.size - 1:,}: it was made for other data.")
    elif len(numbers) > asked.most:
        yield Problem.about(FIELD, f"names {len(numbers):,} samples, but of {dataset.name} at most {asked.most:,} can "
                            "be forgotten at once.")


def sizes(spec: Spec, dataset: Dataset) -> Sizes:
    """As many as the list names."""
    from engine.sample_lists import load
    from engine.scenarios._sizes import with_whole_test

    return with_whole_test(len(load(Parameters(**spec.selection).list)), dataset)


def gone(spec: Spec, earlier: Sequence[Spec]) -> bool:
    """Where every sample of the list is in an earlier one."""
    from engine.sample_lists import load

    taken = {number for before in earlier for number in load(Parameters(**before.selection).list)}
    return taken.issuperset(load(Parameters(**spec.selection).list))


SCENARIO = Scenario(
    name="listed",
    title="listed samples",
    summary="The training samples that a person names by number.",
    aim="The model should treat them as a model retrained without them does.",
    source="Regulation (EU) 2016/679 (GDPR), Article 17",
    select=select,
    sizes=sizes,
    target="selection",
    parameters=Parameters,
    problems=problems,
    gone=gone,
)
