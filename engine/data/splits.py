"""Which samples to forget, to keep, to validate and to test on. A scenario is a record in ``SCENARIOS``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import BadSpec
from engine.registry import all_of
from engine.types import Dataset, Sizes, Spec

if TYPE_CHECKING:
    from torch import Tensor

    from engine.data.images import Data

PAPER_SPLIT_SEED = 42  # docs/methods.md: the paper's seeds vary only the test/validation split and the batch order


def forget_count(fraction: float, train_size: int) -> int:
    """The number of samples that a fraction of the training set means."""
    return round(fraction * train_size)


def random_subset(data: Data, spec: Spec) -> Tensor:
    """A uniformly drawn fraction of D; profile ``paper`` draws the same one for every seed."""
    from engine.system.rng import permutation

    count = forget_count(spec.forget_fraction, len(data.train))
    if count < 1:
        raise BadSpec([too_small(spec.forget_fraction, len(data.train))])
    seed = PAPER_SPLIT_SEED if spec.profile == "paper" else spec.seed
    return permutation(len(data.train), seed, "forget set")[:count]


def class_removal(data: Data, spec: Spec) -> Tensor:
    """Every training sample of the class ``spec.forget_class`` (its number).

    Raises BadSpec where there is none, or no other.
    """
    labels = data.train.labels.cpu()
    forget = (labels == spec.forget_class).nonzero().squeeze(1)
    if not len(forget):
        present = ", ".join(data.classes[number] for number in labels.unique().tolist())
        raise BadSpec([f"forget_class is {spec.forget_class} ({data.classes[spec.forget_class]}), but none of the "
                       f"{len(labels):,} training samples is of that class. Valid: {present}."])
    if len(forget) == len(labels):
        raise BadSpec([_nothing_left(data, spec, f"{len(labels):,} training samples", "keep")])
    return forget


def _nothing_left(data: Data, spec: Spec, samples: str, purpose: str) -> str:
    return (f"forget_class is {spec.forget_class} ({data.classes[spec.forget_class]}), but all {samples} are of that "
            f"class: there would be nothing left to {purpose}.")


def too_small(fraction: float, train_size: int) -> str:
    return (f"forget_fraction {fraction:g} of {train_size:,} training samples is no sample at all: the nearest valid "
            f"value is {1 / train_size:.2g}.")


@dataclass(frozen=True)
class Scenario:
    """A way to choose D_f. ``forget(data, spec)`` gives its indices, ``sizes(spec, dataset)`` what to expect of it."""

    title: str
    forget: Callable[[Data, Spec], Tensor]
    sizes: Callable[[Spec, Dataset], Sizes]


def _random_sizes(spec: Spec, dataset: Dataset) -> Sizes:
    forget = forget_count(spec.forget_fraction, dataset.train_size)
    test, validation = _heldout(dataset)
    return Sizes(dataset.train_size, forget, dataset.train_size - forget, validation, test)


def _heldout(dataset: Dataset) -> tuple[int, int]:
    """Samples in the test and in the validation set."""
    test = dataset.heldout_size - dataset.heldout_size // 2 if dataset.test_size is None else dataset.test_size
    return test, dataset.heldout_size - test


def _class_sizes(spec: Spec, dataset: Dataset) -> Sizes:
    """Where the data set declares no counts, classes of equal size: the data say how many there really are."""
    test, validation = _heldout(dataset)
    sets = (dataset.train_size, test, dataset.heldout_size)
    if dataset.class_counts:
        forget, in_test, unseen = (counts[spec.forget_class] for counts in dataset.class_counts)
    else:
        forget, in_test, unseen = (samples // len(dataset.classes) for samples in sets)
    return Sizes(dataset.train_size, forget, dataset.train_size - forget, validation, test - in_test, unseen)


def class_name(dataset: str, number: Any) -> str:
    """A class by its number in a stored spec: its name, or the number where the data set is gone or has no such."""
    classes = next((record.classes for record in all_of("dataset") if record.name == dataset), ())
    return classes[number] if isinstance(number, int) and 0 <= number < len(classes) else str(number)


def class_range(dataset: Dataset) -> str:
    """``classes 0 to 9 (airplane to truck)``; names that are the numbers themselves are not told twice."""
    first, last = dataset.classes[0], dataset.classes[-1]
    told = f"classes 0 to {len(dataset.classes) - 1}"
    return told if (first, last) == ("0", str(len(dataset.classes) - 1)) else f"{told} ({first} to {last})"


SCENARIOS: dict[str, Scenario] = {
    "random": Scenario("a random subset", random_subset, _random_sizes),
    "class": Scenario("a class", class_removal, _class_sizes),
}


def _halves(data: Data, spec: Spec) -> tuple[Tensor, Tensor]:
    """Validation and test indices into the held-out pool: the official ones, else its halves by the seed."""
    import torch

    from engine.system.rng import permutation

    if data.test_count is not None:
        everything = torch.arange(len(data.heldout))
        return everything[data.test_count:], everything[:data.test_count]
    order = permutation(len(data.heldout), spec.seed, "test/validation")
    return order[:len(order) // 2].sort().values, order[len(order) // 2:].sort().values


def split(data: Data, spec: Spec) -> Split:
    """The index sets of a run, on the data's device; the held-out pool is halved by the seed or officially split.

    Class removal (docs/methods.md): the test set leaves the class out, and the attack's non-members are all
    held-out samples of that class, of both halves; the validation set is the whole half.
    """
    import torch


    forget = SCENARIOS[spec.scenario].forget(data, spec).sort().values
    kept = torch.ones(len(data.train), dtype=torch.bool)
    kept[forget] = False
    validation, test = _halves(data, spec)
    unseen = None
    if spec.scenario == "class":
        forgotten = data.heldout.labels.cpu() == spec.forget_class
        kept_to_test, unseen = test[~forgotten[test]], forgotten.nonzero().squeeze(1)
        if not len(kept_to_test):
            raise BadSpec([_nothing_left(data, spec, f"{len(test):,} samples of the test half", "test on")])
        test = kept_to_test
    sets = (forget, kept.nonzero().squeeze(1), validation, test)
    return Split(*(index.to(data.device) for index in sets), None if unseen is None else unseen.to(data.device))


@dataclass(frozen=True)
class Split:
    """Index tensors (int64, on the device): forget and retain into D, the others into the held-out pool.

    ``unseen`` are the attack's non-members where they are not the test set: in class removal, all held-out
    samples of the forgotten class.
    """

    forget: Tensor
    retain: Tensor
    validation: Tensor
    test: Tensor
    unseen: Tensor | None = None

    @property
    def nonmembers(self) -> Tensor:
        """What an attacker has to tell from the forget set."""
        return self.test if self.unseen is None else self.unseen

    @property
    def sizes(self) -> Sizes:
        forget, retain = len(self.forget), len(self.retain)
        return Sizes(forget + retain, forget, retain, len(self.validation), len(self.test),
                     None if self.unseen is None else len(self.unseen))
