"""What one model says of a set, as arrays that the measures of likeness take: probabilities, classes, features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engine.data.base import Data
from engine.evaluation.likeness.cka import features
from engine.evaluation.readout import read_logits
from engine.system.rng import permutation

BATCH = 500
MOST = 1_000  # samples whose features are compared: CKA takes their square


@dataclass(frozen=True)
class Outputs:
    """``probabilities`` float64 (N, C), softmax also where a sample has several labels; ``said`` classes (N,)."""

    probabilities: np.ndarray
    said: np.ndarray
    features: dict[str, np.ndarray]


def outputs(model: nn.Module, data: Data, name: str, index: Tensor, seed: int) -> Outputs:
    """What a model says of the set ``name`` (its samples ``index``) in evaluation mode without augmentation."""
    logits = torch.cat([read_logits(model.eval(), data, inputs) for inputs in _inputs(data, name, index)]).cpu()
    chosen = index[permutation(len(index), seed, f"features/{name}")[:MOST].sort().values.to(index.device)]
    found = logits.double().softmax(dim=1).numpy()
    return Outputs(found, logits.argmax(dim=1).numpy(), features(model, _inputs(data, name, chosen)))


def labels(data: Data, name: str, index: Tensor) -> np.ndarray:
    """The class numbers (N,) of a set; of several labels the first, as accuracies have it."""
    targets = data.pool_of(name).targets[index].cpu()
    found: np.ndarray = (targets if targets.ndim == 1 else targets.argmax(dim=1)).numpy()
    return found


def _inputs(data: Data, name: str, index: Tensor) -> list[Any]:
    """The set as batches of inputs on the data's device."""
    return [data.batch(data.pool_of(name), part)[0] for part in index.split(BATCH)]
