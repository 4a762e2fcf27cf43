"""What scenarios share: how many samples a fraction is, and how large the held-out sets are."""

from __future__ import annotations

from engine.types import Dataset, Sizes, Spec


def forget_count(fraction: float, train_size: int) -> int:
    """The number of samples that a fraction of the training set means."""
    return round(fraction * train_size)


def too_small(fraction: float, train_size: int) -> str:
    return (f"forget_fraction {fraction:g} of {train_size:,} training samples selects no sample: the nearest valid "
            f"value is {1 / train_size:.2g}.")


def heldout(dataset: Dataset) -> tuple[int, int]:
    """Samples in the test and in the validation set."""
    test = dataset.heldout_size - dataset.heldout_size // 2 if dataset.test_size is None else dataset.test_size
    return test, dataset.heldout_size - test


def by_fraction(spec: Spec, dataset: Dataset) -> Sizes:
    """What to expect where a fraction of D is forgotten and the whole test set is kept."""
    return with_whole_test(forget_count(spec.forget_fraction or 0.0, dataset.train_size), dataset)


def with_whole_test(forget: int, dataset: Dataset) -> Sizes:
    """What to expect where so many samples are forgotten and the whole test set is kept."""
    test, validation = heldout(dataset)
    return Sizes(dataset.train_size, forget, dataset.train_size - forget, validation, test)
