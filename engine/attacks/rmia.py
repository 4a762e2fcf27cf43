"""RMIA: robust membership inference (Zarifzadeh et al. 2024), offline, with retrained models as references.

A sample's score is the share of the population that it dominates: r(x) / r(z) > gamma, where r is the probability of
the label under this model over the mean of those under the references. A sample's references are the retrained models
that did not train on it; the population, the validation set, is read against the same ones. (Forget samples may have
fewer references than held-out ones, and a mean over more models is smoother: r(x) / r(z) by different models would
separate the sets of a perfect model.) The paper's offline correction of the mean, a p + (1 - a), is fixed at a = 1: the
mean as it is. The area of retraining itself is not measured: it is 0.5 by construction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.attacks._tables import untrained_losses
from engine.types import Attack

if TYPE_CHECKING:
    from numpy import ndarray
    from pandas import DataFrame


def score_samples(samples: DataFrame, population: DataFrame, retrained: list[DataFrame]) -> ndarray:
    """RMIA's score of every row, (N,); NaN where no retrained model can be its reference."""
    import numpy as np

    of_side, of_population = (np.array([untrained_losses(frame, rows) for frame in retrained])
                              .reshape(len(retrained), len(rows)) for rows in (samples, population))
    usable = np.isfinite(of_population).all(axis=1, keepdims=True) & np.isfinite(of_side)
    loss, scores = samples["loss"].to_numpy(), np.full(len(samples), np.nan)
    for references in np.unique(usable, axis=1).T:
        rows = (usable == references[:, None]).all(axis=0)
        if references.any():
            scores[rows] = dominated(loss[rows], _mean_loss(of_side[references][:, rows]),
                                     population["loss"].to_numpy(), _mean_loss(of_population[references]))
    return scores


def dominated(loss: ndarray, reference: ndarray, population: ndarray, population_reference: ndarray,
              gamma: float = 1.0) -> ndarray:
    """The share of population points z with r(x) / r(z) > gamma (docs/methods.md).

    r = p_model(y|x) / p_references(y|x). All arguments are losses -ln p in nats; ``reference`` is that of
    the mean probability over the reference models. Shapes (N,), (N,), (M,), (M,); returns (N,) in [0, 1].
    """
    import numpy as np

    ratio = reference - loss  # ln r(x)
    of_population = np.sort(population_reference - population)
    above: ndarray = np.searchsorted(of_population, ratio - np.log(gamma), side="left") / len(of_population)
    return above


def _mean_loss(losses: Any) -> ndarray:
    """-ln of the mean over K models of the probabilities exp(-loss): (K, N) to (N,); exact for one model."""
    import numpy as np

    mean: ndarray = np.log(len(losses)) - np.logaddexp.reduce(-losses, axis=0)
    return mean


ATTACK = Attack(
    name="rmia",
    title="RMIA",
    needs=("samples", "population", "retrained"),
    score_samples=score_samples,
    means="by RMIA",
    summary="Robust membership inference: a sample's probability against that of retrained models which never saw it.",
    source="Zarifzadeh et al. 2024",
)
