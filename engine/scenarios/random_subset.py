"""A random subset of the training set (paper, section 5.2)."""

from __future__ import annotations

from typing import Any

from engine.errors import BadSpec
from engine.scenarios._sizes import forget_count, too_small
from engine.types import Scenario, Spec

PAPER_SPLIT_SEED = 42  # docs/methods.md: the paper's seeds vary only the test/validation split and the batch order


def select(data: Any, spec: Spec) -> Any:
    """A uniformly drawn fraction of D, int64 (F,); profile ``paper`` draws the same one for every seed."""
    from engine.system.rng import permutation

    count = forget_count(spec.fraction, len(data.train))
    if count < 1:
        raise BadSpec([too_small(spec.fraction, len(data.train))])
    seed = PAPER_SPLIT_SEED if spec.profile == "paper" else spec.seed
    return permutation(len(data.train), seed, "forget set")[:count]


SCENARIO = Scenario(
    name="random",
    title="a random subset",
    summary="A fraction of the training set, drawn by the seed.",
    source="Trippa et al. 2024, section 5.2",
    aim="The accuracy on it should fall to that on unseen samples.",
    select=select,
)
