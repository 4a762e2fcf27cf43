"""Texts on the device: tokens are made once, a batch is an index look-up cut to its longest text.

A pool is loaded with its texts; the model that will read it adds the tokens (``Model.prepare``), because what a
token is depends on the model.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from engine.data.images import Data

Encode = Callable[[list[str]], Tensor]


@dataclass(frozen=True)
class TextPool:
    """``texts``: N strings; ``labels``: int64 (N,), the first label; ``targets``: what the loss is held against.

    ``tokens``: int32 (N, longest), padded at the right; ``lengths``: int64 (N,), tokens without padding. Both are None
    until a model has read the texts.
    """

    texts: tuple[str, ...]
    labels: Tensor
    targets: Tensor
    tokens: Tensor | None = None
    lengths: Tensor | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @functools.cached_property
    def fingerprint(self) -> str:
        """sha256 over texts and targets: 64 hex digits. Tokens follow from the texts."""
        digest = hashlib.sha256(json.dumps(self.texts, ensure_ascii=False).encode())
        digest.update(self.targets.cpu().contiguous().numpy().data)
        return digest.hexdigest()

    def shown(self, number: int) -> dict[str, Any]:
        """As :meth:`engine.data.images.Pool.shown`."""
        return {"text": self.texts[number]}

    def to(self, device: torch.device) -> TextPool:
        moved = {name: value.to(device) for name in ("labels", "targets", "tokens", "lengths")
                 if (value := getattr(self, name)) is not None}
        return replace(self, **moved)

    def encoded(self, encode: Encode, padding: int) -> TextPool:
        """The pool with its tokens; ``encode`` gives (N, longest), and ``padding`` is the number that fills up."""
        tokens = encode(list(self.texts)).to(torch.int32)
        return replace(self, tokens=tokens, lengths=(tokens != padding).sum(dim=1))


@dataclass(frozen=True)
class TextData(Data[TextPool]):
    """A loaded data set of texts; ``words`` is the size of the vocabulary that the tokens are numbers of."""

    train: TextPool
    heldout: TextPool
    words: int = 0

    @property
    def inputs(self) -> int:
        return self.words

    def encoded(self, encode: Encode, padding: int, words: int) -> TextData:
        """The data as one model reads them."""
        return replace(self, train=self.train.encoded(encode, padding), heldout=self.heldout.encoded(encode, padding),
                       words=words)

    def batch(self, pool: TextPool, index: Tensor, augment: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Tokens, int64 (B, longest of the batch), and targets of ``pool[index]``; texts are not augmented."""
        if pool.tokens is None or pool.lengths is None:
            raise TypeError("These texts have no tokens yet: a model's prepare(data) adds them.")
        longest = int(pool.lengths[index].max())
        return pool.tokens[index, :longest].long(), pool.targets[index]
