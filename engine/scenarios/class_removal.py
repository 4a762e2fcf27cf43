"""Whole classes (paper, section 5.2, table 4, with one class), or a share of them.

docs/methods.md: the attack compares the forgotten samples with all held-out ones of the same classes, of both halves;
the test set leaves the classes out; the validation set is the whole half.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import BadSpec, Problem
from engine.scenario import Yardstick
from engine.scenarios._classes import named
from engine.scenarios._sizes import heldout
from engine.types import Dataset, Scenario, Sizes, Spec, parameter

PAPER_SEED = 42  # as of a random subset: profile ``paper`` draws one forget set for all seeds


@dataclass(frozen=True)
class Parameters:
    share: float = parameter(1.0, low=0.01, high=1.0, step=0.01, group="main",
                             help="The share of each class that is forgotten, drawn by the seed; 1 forgets it whole.")


def select(data: Any, spec: Spec) -> Any:
    """Every training sample of the classes, or the share of each that the seed draws, int64 (F,).

    Raises BadSpec where there is none, or no other.
    """
    import torch

    labels, share = data.train.labels.cpu(), Parameters(**spec.selection).share
    members = [(labels == number).nonzero().squeeze(1) for number in spec.class_numbers]
    _check(data, spec, [len(one) for one in members], share)
    if share == 1:
        return torch.cat(members).sort().values
    return torch.cat([_drawn(one, share, spec, number) for one, number in zip(members, spec.class_numbers)])


def _drawn(members: Any, share: float, spec: Spec, number: int) -> Any:
    """The share of one class; larger shares hold the smaller ones."""
    from engine.system.rng import permutation

    seed = PAPER_SEED if spec.profile == "paper" else spec.seed
    return members[permutation(len(members), seed, f"forget set/class {number}")[:round(share * len(members))]]


def _check(data: Any, spec: Spec, counts: list[int], share: float) -> None:
    labels = data.train.labels.cpu()
    for number, count in zip(spec.class_numbers, counts):
        if not count:
            present = ", ".join(data.classes[one] for one in labels.unique().tolist())
            raise BadSpec([f"forget_class is {named(spec, data.classes)}, but none of the {len(labels):,} training "
                           f"samples is of {'that class' if len(counts) == 1 else f'class {number}'}. "
                           f"Valid: {present}."])
        if not round(share * count):
            raise BadSpec([f"share is {share:g}, but {data.classes[number]} has {count:,} training samples, of which "
                           f"that is none: the nearest valid value is {1 / count:.2g}."])
    if sum(counts) == len(labels) and share == 1:
        raise BadSpec([f"forget_class is {named(spec, data.classes)}, but all {len(labels):,} training samples are of "
                       f"{'that class' if len(counts) == 1 else 'these classes'}: there would be nothing left to "
                       "keep."])


def unseen(data: Any, spec: Spec) -> Any:
    """All held-out samples of the classes, int64 (M,)."""
    import torch

    return torch.isin(data.heldout.labels.cpu(), torch.tensor(spec.class_numbers)).nonzero().squeeze(1)


def sizes(spec: Spec, dataset: Dataset) -> Sizes:
    """Where the data set declares no counts, classes of equal size: the data say how many there really are."""
    test, validation = heldout(dataset)
    share, numbers = Parameters(**spec.selection).share, spec.class_numbers
    if dataset.class_counts:
        in_test, outside = (sum(counts[number] for number in numbers) for counts in dataset.class_counts[1:])
        forget = sum(round(share * dataset.class_counts[0][number]) for number in numbers)
    else:
        each = [samples // len(dataset.classes) for samples in (dataset.train_size, test, dataset.heldout_size)]
        in_test, outside = (len(numbers) * samples for samples in each[1:])
        forget = len(numbers) * round(share * each[0])
    return Sizes(dataset.train_size, forget, dataset.train_size - forget, validation, test - in_test, outside)


def problems(spec: Spec, dataset: Dataset) -> Iterator[Problem]:
    """Every class as a whole leaves nothing to train on."""
    if len(spec.class_numbers) == len(dataset.classes) and Parameters(**spec.selection).share == 1:
        yield Problem.about("forget_class", f"is {named(spec, dataset.classes)}, but these are all classes of "
                            f"{dataset.title}: leave one out, or forget a share of each (share below 1).")


def gone(spec: Spec, earlier: Sequence[Spec]) -> bool:
    """Whole classes are gone whatever the seed; a share of one where as much was drawn by the same seed."""
    return all(any(_holds(before, number, spec) for before in earlier) for number in spec.class_numbers)


def _holds(before: Spec, number: int, spec: Spec) -> bool:
    theirs, ours = (Parameters(**one.selection).share for one in (before, spec))
    drawn_alike = before.seeds.forget == spec.seeds.forget or spec.profile == "paper"
    return number in before.class_numbers and (theirs == 1 or (theirs >= ours and drawn_alike))


def judged(spec: Spec) -> Yardstick:
    """Of a share, the retrained model still knows the class: only it says how well."""
    return "class" if Parameters(**spec.selection).share == 1 else "retrained"


SCENARIO = Scenario(
    name="class",
    title="a class",
    summary="All training samples of one class or of several, or a share of them.",
    aim="The accuracy on it should fall to zero, as in a retrained model.",
    source="Trippa et al. 2024, section 5.2",
    select=select,
    sizes=sizes,
    target="class",
    parameters=Parameters,
    problems=problems,
    judged=judged,
    unseen=unseen,
    gone=gone,
    columns=("retain_accuracy", "forget_accuracy", "test_accuracy"),
    ideals={"accuracy_gap": "match_retrained"},  # a forgotten class is not to look like the test set, which lacks it
)
