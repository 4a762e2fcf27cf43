"""What a model says about every sample: loss, entropy, its label, whether it is right and how sure, in float32.

A read-out is taken once over a whole pool; every metric of every split is then an index look-up.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.data.base import Data, Pool
from engine.data.batches import batch_sizes
from engine.evaluation.phi import phi_of
from engine.system.device import lacks_float64, on_card
from engine.system.rng import generator

BATCH, BATCH_ON_CARD = 1_000, 5_000
MEANING = 3  # of the columns; raised where it changes, so that read-outs kept before are not used


@dataclass(frozen=True)
class Readout:
    """Per-sample columns on the CPU, each of shape (N,): loss and entropy in nats, correctness, the class said.

    ``phi`` is the logit-scaled confidence (:mod:`engine.evaluation.phi`). It and ``predicted`` (int16) are None where
    they were not kept.
    """

    loss: Tensor
    entropy: Tensor
    correct: Tensor
    predicted: Tensor | None = None
    phi: Tensor | None = None

    def __getitem__(self, index: Tensor) -> Readout:
        index = index.cpu()
        later = (None if column is None else column[index] for column in (self.predicted, self.phi))
        return Readout(self.loss[index], self.entropy[index], self.correct[index], *later)

    def __len__(self) -> int:
        return len(self.loss)

    @property
    def accuracy(self) -> float:
        """Percent of the samples that are classified as labelled."""
        return 100 * float(self.correct.double().mean())


def read_out(model: nn.Module, data: Data, pool: Pool, index: Tensor | None = None) -> Readout:
    """Reads ``pool[index]`` (all of it by default) in evaluation mode without augmentation."""
    was_training = model.training
    model.eval()
    index = torch.arange(len(pool), device=data.device) if index is None else index
    parts = [_columns(model, data, *data.batch(pool, part)) for part in index.split(read_at_once(data.device))]
    model.train(was_training)
    return _joined(parts)


def read_at_once(device: torch.device) -> int:
    """Samples of a batch that is only read."""
    return BATCH_ON_CARD if on_card(device) else BATCH


def read_out_as_trained(model: nn.Module, data: Data, pool: Pool, index: Tensor, seed: int, augment: bool,
                        batch_size: int) -> Readout:
    """The paper's reading of Retraining on its training pool: batch statistics, and the recipe's augmentation.

    docs/methods.md, "Rows of the paper that look like another protocol": for kinds that say ``read_as_trained``. See
    :mod:`engine.evaluation.protocol`. The model's running statistics are put back afterwards. A lone sample has no
    batch statistics and is read in evaluation mode.
    """
    if len(index) < 2:
        return read_out(model, data, pool, index)
    kept = {name: value.clone() for name, value in model.state_dict().items()}
    rng = generator(seed, "augment/read-out") if augment else None
    model.train()
    parts = [_columns(model, data, *data.batch(pool, part, rng))
             for part in index.split(batch_sizes(len(index), batch_size))]
    model.load_state_dict(kept)
    return _joined(parts)


def read_logits(model: nn.Module, data: Data, inputs: Tensor) -> Tensor:
    """Logits (B, C) without gradients, on a CPU in parts of the size that the kind of data reads fastest.

    For a model in evaluation mode, where parts and whole give the same numbers.
    """
    whole = data.at_once is None or on_card(inputs.device) or model.training
    size = len(inputs) if whole else data.at_once
    with torch.no_grad():
        return torch.cat([model(part) for part in inputs.split(size)])


def _columns(model: nn.Module, data: Data, inputs: Tensor, targets: Tensor) -> tuple[Tensor, ...]:
    with torch.no_grad():
        logits = read_logits(model, data, inputs)
        if lacks_float64(logits.device):  # which phi is computed in
            logits, targets = logits.cpu(), targets.cpu()
        return *data.criterion.columns(logits, targets), logits.argmax(dim=1).to(torch.int16), phi_of(logits, targets)


def _joined(parts: list[tuple[Tensor, ...]]) -> Readout:
    return Readout(*(torch.cat(column).cpu() for column in zip(*parts, strict=True)))
