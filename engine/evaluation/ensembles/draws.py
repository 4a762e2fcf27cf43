"""How an ensemble's samples are dealt to its models, and which seeds these have: pure functions of a seed and a number.

For every block of three models the training set is drawn once: each sample is left out of one model's data, kept in
another's, and forgotten by the third. So each sample has equally many models in every state, and model m's draw does
not depend on how many models there are.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from engine.evaluation.ensembles.outputs import IN
from engine.spec import MAX_SEED
from engine.types import Sizes

BLOCK = 3  # models that one draw is dealt to
DESIGN = 1  # raised where the same ensemble is drawn or read in another way, so that what was kept is not mixed in
ORIGINAL = "original"


@dataclass(frozen=True)
class ModelSeeds:
    """The seeds of one model, each for one thing.

    Parameters
    ----------
    data : int
        Who is left out, kept and forgotten, and how the held-out samples are halved; one for a block of three models.
    training : int
        First weights and batches of the Original.
    retraining : int
        First weights and batches of the retrained model.
    unlearning : int
        The seed of every method.

    Examples
    --------
    >>> seeds_of(0, 4).data == seeds_of(0, 5).data, seeds_of(0, 4).training == seeds_of(0, 5).training
    (True, False)
    """

    data: int
    training: int
    retraining: int
    unlearning: int


def seeds_of(seed: int, number: int) -> ModelSeeds:
    """The seeds of model ``number`` of the ensembles with this seed, whatever their size."""
    def drawn(purpose: str, at: int) -> int:
        digest = hashlib.sha256(f"{seed}/ensemble/{purpose}/{at}".encode()).digest()
        return int.from_bytes(digest[:4], "big") % MAX_SEED

    return ModelSeeds(drawn("data", number // BLOCK), *(drawn(what, number) for what in
                                                        ("training", "retraining", "unlearning")))


def states_of(seed: int, number: int, samples: int, candidates: int | None = None) -> np.ndarray:
    """Who is out, in and to be forgotten (n,) for model ``number``: a third each, and other thirds in its block.

    With fewer ``candidates`` than samples, the thirds are of them, and all others are always in.

    Examples
    --------
    >>> block = np.stack([states_of(0, number, 6) for number in (3, 4, 5)])
    >>> sorted(block[:, 0].tolist()), np.bincount(block[0]).tolist()
    ([0, 1, 2], [2, 2, 2])
    """
    rng, pool = np.random.default_rng(seeds_of(seed, number).data), candidates_of(seed, samples, candidates)
    state = np.full(samples, IN, dtype=np.uint8)
    state[pool] = (rng.permutation(len(pool)) + number) % BLOCK
    return state


def candidates_of(seed: int, samples: int, candidates: int | None = None) -> np.ndarray:
    """The samples that take part, in order: the same for all models; without a number of them all.

    Examples
    --------
    >>> candidates_of(0, 5).tolist(), len(candidates_of(0, 1_000, 390))
    ([0, 1, 2, 3, 4], 390)
    """
    if candidates is None:
        return np.arange(samples)
    digest = hashlib.sha256(f"{seed}/ensemble/candidates".encode()).digest()
    drawn = np.random.default_rng(int.from_bytes(digest[:4], "big")).permutation(samples)[:candidates]
    return np.sort(drawn)


def sizes_of(samples: int, candidates: int, expected: Sizes) -> Sizes:
    """The set sizes of a model: a third of the candidates to forget, one left out, and the usual held-out halves.

    Examples
    --------
    >>> sizes = sizes_of(1_000, 390, Sizes(1_000, 150, 850, 398, 399))
    >>> sizes.train, sizes.forget, round(sizes.forget_fraction, 2)
    (870, 130, 0.15)
    """
    third = candidates // BLOCK
    always = samples - candidates
    return Sizes(always + 2 * third, third, always + third, expected.validation, expected.test)
