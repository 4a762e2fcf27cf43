"""Leave-one-out retraining of every sample: what each is worth to a model, measured and not estimated.

On small data, such as points, a network trains in a second or less. All of the training set and all of it but one
sample are then trained on, for every sample and several seeds. That is the definition of memorisation and of influence
(Feldman and Zhang 2020, arXiv:2008.03703), so that estimators and attacks can be held against it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch

from engine.data.base import Data
from engine.errors import BadInput
from engine.evaluation.ensembles.memorisation import Memorisation, memorisation
from engine.evaluation.readout import read_out
from engine.system.rng import generator, permutation
from engine.training.loop import train
from engine.training.networks import build_network
from engine.types import Model, Recipe

Report = Callable[[str, float | None], None]
SHARE = 2 / 3  # of the samples that a model of the estimator is trained on, as those of an ensemble
_CPU = torch.device("cpu")


@dataclass(frozen=True)
class LeftOut:
    """Every model's losses, float64 in nats: ``whole`` (K, n) trained on all n samples, ``without`` (K, n, n).

    ``without[k, i, j]`` is the loss on sample j of the model trained with seed k on all samples but i.

    Examples
    --------
    >>> found = LeftOut(np.zeros((1, 2)), np.log([[[2.0, 1.0], [1.0, 4.0]]]))
    >>> found.memorisation.tolist(), found.influence.round(2).tolist()
    ([0.5, 0.75], [[0.5, 0.0], [0.0, 0.75]])
    """

    whole: np.ndarray
    without: np.ndarray

    @property
    def influence(self) -> np.ndarray:
        """What training on sample i adds to the probability of sample j's label, (n, n), the mean over seeds."""
        found: np.ndarray = np.exp(-self.whole).mean(0) - np.exp(-self.without).mean(0)
        return found

    @property
    def memorisation(self) -> np.ndarray:
        """What training on a sample adds to the probability of its own label, (n,)."""
        return np.diagonal(self.influence).copy()

    @property
    def error(self) -> np.ndarray:
        """The standard error of :attr:`memorisation` over the seeds, (n,); NaN of one seed."""
        each = np.exp(-self.whole) - np.exp(-self.apart)
        with np.errstate(invalid="ignore", divide="ignore"):
            spread: np.ndarray = each.std(axis=0, ddof=1) if len(each) > 1 else np.full(each.shape[1], np.nan)
        error: np.ndarray = spread / np.sqrt(len(each))
        return error

    @property
    def apart(self) -> np.ndarray:
        """The loss on every sample of the models trained without it, (K, n)."""
        return np.diagonal(self.without, axis1=1, axis2=2).copy()

    def exposure(self, score: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """How well an attack by the loss knows each sample, (n,): 1 always, 0.5 by chance.

        The share of pairs of a model with and one without the sample in which the one with it looks more like a
        member; ties count half. It is the attack's exact area under the curve for that sample.
        """
        inside, outside = (np.asarray(score(side)) for side in (self.whole, self.apart))
        wins = (inside[:, None] > outside[None]) + 0.5 * (inside[:, None] == outside[None])
        found: np.ndarray = wins.mean(axis=(0, 1))
        return found


def leave_one_out(data: Data, model: Model, recipe: Recipe, seeds: Sequence[int],
                  report: Report = lambda text, fraction: None) -> LeftOut:
    """Trains ``len(seeds) * (n + 1)`` networks on the CPU and reads each on all n training samples."""
    count = len(data.train)
    if count < 2 or not seeds:
        raise BadInput(f"There are {count} training samples and {len(seeds)} seeds: at least two and one are needed.")
    whole, without = np.empty((len(seeds), count)), np.empty((len(seeds), count, count))
    everything = torch.arange(count)
    for row, seed in enumerate(seeds):
        whole[row] = _losses(data, model, recipe, everything, seed)
        for one in range(count):
            without[row, one] = _losses(data, model, recipe, everything[everything != one], seed)
            report("Retraining without each sample", (row + (one + 1) / count) / len(seeds))
    return LeftOut(whole, without)


def estimated(data: Data, model: Model, recipe: Recipe, models: int, seed: int = 0,
              report: Report = lambda text, fraction: None) -> Memorisation:
    """What our estimator says of the same samples: by models on random two thirds, as ``memorisation`` has them."""
    count = len(data.train)
    inside = np.zeros((models, count), dtype=bool)
    said = np.empty((models, count))
    for number in range(models):
        chosen = permutation(count, seed, f"leave-one-out/{number}")[:round(SHARE * count)].sort().values
        inside[number, chosen] = True
        drawn = int(torch.randint(2**31, (1,), generator=generator(seed, f"leave-one-out/seed {number}")))
        said[number] = np.exp(-_losses(data, model, recipe, chosen, drawn))
        report("Training the estimator's models", (number + 1) / models)
    return memorisation(said, inside)


def first_of(data: Data, count: int) -> Data:
    """The data with the first ``count`` training samples only."""
    size = len(data.train)
    if not 2 <= count <= size:
        raise BadInput(f"{count} samples were asked for, but {data.name} has {size:,}: ask for 2 to {size:,}.")
    whole = {one.name: getattr(data.train, one.name) for one in fields(data.train)}
    cut: dict[str, Any] = {name: value[:count] for name, value in whole.items()
                           if isinstance(value, torch.Tensor | tuple) and len(value) == size}
    return replace(data, train=replace(data.train, **cut))


def _losses(data: Data, model: Model, recipe: Recipe, index: torch.Tensor, seed: int) -> np.ndarray:
    """The loss of every training sample under a network trained on those of the index."""
    network = build_network(model, len(data.classes), data.inputs, seed, _CPU)
    for _ in train(network, data, index, recipe, seed):
        pass
    found: np.ndarray = read_out(network, data, data.train).loss.double().numpy()
    return found
