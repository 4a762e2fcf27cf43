"""Memorisation: how much a sample's being in the training data helps a model to be right on it.

Feldman and Zhang 2020 (arXiv:2008.03703). The continuous variant takes the probability of the label in place of
correctness, and is less noisy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.errors import NotMeasurable

FEWEST = 2  # models a side and sample


@dataclass(frozen=True)
class Memorisation:
    """Scores (n,) from -1 to 1 with their standard errors, and how many models had the sample in or out.

    Parameters
    ----------
    score, error : ndarray
        The difference of both sides' means, and its standard error.
    inside, outside : ndarray
        Models (n,) with and without the sample.

    Examples
    --------
    >>> found = memorisation(np.eye(4)[:, :1], np.array([[1], [1], [0], [0]]))
    >>> found.score.tolist(), found.inside.tolist()
    ([0.5], [2])
    """

    score: np.ndarray
    error: np.ndarray
    inside: np.ndarray
    outside: np.ndarray


@dataclass(frozen=True)
class Scores:
    """Both scores of every training sample.

    Parameters
    ----------
    correctness : Memorisation
        The published score: the share of models that are right.
    probability : Memorisation
        The continuous variant, which is less noisy: the probability of the label.
    models : int
        Models that it is from.
    """

    correctness: Memorisation
    probability: Memorisation
    models: int


def memorisation(values: np.ndarray, inside: np.ndarray) -> Memorisation:
    """mean(value | in the training data) - mean(value | not in it), per sample.

    Parameters
    ----------
    values : ndarray
        Correctness (M, n) as truth values or 0 and 1: the published score, with a binomial error. Or the probability of
        the label: the continuous variant, with the error of a mean.
    inside : ndarray
        Truth values (M, n): whether model m was trained on the sample.

    Raises
    ------
    NotMeasurable
        Where a sample has fewer than two models on a side, or values are not between 0 and 1.

    Examples
    --------
    >>> right, mask = np.array([[1], [1], [0], [1]]), np.array([[1], [1], [0], [0]])
    >>> memorisation(right, mask).score.tolist()
    [0.5]
    """
    values, mask = np.asarray(values, dtype=np.float64), np.asarray(inside, dtype=bool)
    _refuse_bad(values, mask)
    sides = [_side(values, side) for side in (mask, ~mask)]
    (kept, kept_error, with_it), (left, left_error, without) = sides
    return Memorisation(kept - left, np.sqrt(kept_error + left_error), with_it, without)


def _side(values: np.ndarray, here: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, squared standard error and number of models, per sample. For 0 and 1 the error is p (1 - p) / n."""
    count = here.sum(0)
    mean = (values * here).sum(0) / count
    variance = (here * (values - mean) ** 2).sum(0) / count
    return mean, variance / count, count


def _refuse_bad(values: np.ndarray, mask: np.ndarray) -> None:
    if values.shape != mask.shape or values.ndim != 2:
        raise NotMeasurable(f"Memorisation was given values of the shape {values.shape} and a mask of {mask.shape}: "
                            "give both one row a model and one column a sample.")
    if not ((values >= 0) & (values <= 1)).all():
        raise NotMeasurable("Memorisation needs correctness or probabilities between 0 and 1 for every sample.")
    fewest = min(int(side.sum(0).min()) for side in (mask, ~mask))
    if fewest < FEWEST:
        raise NotMeasurable(f"A sample has {fewest} of at least {FEWEST} models with or without it: train more models "
                            f"than {len(values)}.")
