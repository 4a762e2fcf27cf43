"""Which samples to forget, to keep, to validate and to test on. A scenario is a function in ``SCENARIOS``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.errors import BadSpec
from engine.types import Spec

if TYPE_CHECKING:
    from torch import Tensor

    from engine.data import Data
    from engine.training import Split

PAPER_SPLIT_SEED = 42  # METHODS.md: the paper's seeds vary only the test/validation split and the batch order


def forget_count(fraction: float, train_size: int) -> int:
    """The number of samples that a fraction of the training set means."""
    return round(fraction * train_size)


def random_subset(data: Data, spec: Spec) -> Tensor:
    """A uniformly drawn fraction of D; profile ``paper`` draws the same one for every seed."""
    from engine.rng import permutation

    count = forget_count(spec.forget_fraction, len(data.train))
    if count < 1:
        raise BadSpec([too_small(spec.forget_fraction, len(data.train))])
    seed = PAPER_SPLIT_SEED if spec.profile == "paper" else spec.seed
    return permutation(len(data.train), seed, "forget set")[:count]


def too_small(fraction: float, train_size: int) -> str:
    return (f"forget_fraction {fraction:g} of {train_size:,} training samples is no sample at all: the nearest valid "
            f"value is {1 / train_size:.2g}.")


SCENARIOS: dict[str, Callable[[Data, Spec], Tensor]] = {"random": random_subset}


def split(data: Data, spec: Spec) -> Split:
    """The four index sets of a run, on the data's device; the held-out pool is halved by the seed."""
    import torch

    from engine.rng import permutation
    from engine.training import Split

    forget = SCENARIOS[spec.scenario](data, spec).sort().values
    kept = torch.ones(len(data.train), dtype=torch.bool)
    kept[forget] = False
    order = permutation(len(data.heldout), spec.seed, "test/validation")
    validation, test = order[:len(order) // 2].sort().values, order[len(order) // 2:].sort().values
    sets = (forget, kept.nonzero().squeeze(1), validation, test)
    return Split(*(index.to(data.device) for index in sets))
