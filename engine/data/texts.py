"""Texts on the device: tokens are made once, a batch is an index look-up cut to its longest text.

A pool is loaded with its texts; the model that will read it adds the tokens (``Model.prepare``), because what a
token is depends on the model.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from engine.data import base
from engine.system.device import on_card

if TYPE_CHECKING:
    from engine.dataset import Dataset

Encode = Callable[[list[str]], Tensor]


@dataclass(frozen=True)
class TextPool(base.Pool):
    """``texts``: N strings; ``labels``: int64 (N,), the first label; ``targets``: what the loss is held against.

    ``tokens``: int32 (N, longest), padded at the right; ``lengths``: int64 (N,), tokens without padding. Both are None
    until a model has read the texts.
    """

    texts: tuple[str, ...]
    labels: Tensor
    targets: Tensor
    tokens: Tensor | None = None
    lengths: Tensor | None = None

    @functools.cached_property
    def fingerprint(self) -> str:
        """sha256 over texts and targets: 64 hex digits. Tokens follow from the texts."""
        digest = hashlib.sha256(json.dumps(self.texts, ensure_ascii=False).encode())
        digest.update(self.targets.cpu().contiguous().numpy().data)
        return digest.hexdigest()

    def shown(self, number: int) -> dict[str, Any]:
        """The text."""
        return {"text": self.texts[number]}

    def to(self, device: torch.device) -> TextPool:
        moved = {name: value.to(device) for name in ("labels", "targets", "tokens", "lengths")
                 if (value := getattr(self, name)) is not None}
        return replace(self, **moved)

    def encoded(self, encode: Encode, padding: int) -> TextPool:
        """The pool with its tokens; ``encode`` gives (N, longest), and ``padding`` is the number that fills up."""
        tokens = encode(list(self.texts)).to(torch.int32)
        return replace(self, tokens=tokens, lengths=(tokens != padding).sum(dim=1))

    def problems(self, name: str) -> Iterator[str]:
        if strange := [text for text in self.texts if not isinstance(text, str)]:
            yield f"{name}.texts holds {strange[0]!r}: make every text a str."
        if len(self.texts) != len(self.labels):
            yield (f"{name}.texts has {len(self.texts):,} samples and {name}.labels {len(self.labels):,}: give each "
                   "sample one label.")

    def like(self, other: TextPool, number: int) -> int:
        """The text that has most words in common, rare words weighing more."""
        vectors, mine = self._words
        return int((mine @ vectors.transform([other.texts[number]]).T).toarray().argmax())

    @functools.cached_property
    def _words(self) -> tuple[Any, Any]:
        """The texts as unit vectors of their words (tf-idf), and what makes them."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectors = TfidfVectorizer(sublinear_tf=True)
        return vectors, vectors.fit_transform(self.texts)


@dataclass(frozen=True)
class TextData(base.Data[TextPool]):
    """A loaded data set of texts; ``words`` is the size of the vocabulary that the tokens are numbers of."""

    kind, pool = "text", TextPool

    words: int = 0

    @property
    def inputs(self) -> int:
        return self.words

    def encoded(self, encode: Encode, padding: int, words: int) -> TextData:
        """The data as one model reads them."""
        return replace(self, train=self.train.encoded(encode, padding), heldout=self.heldout.encoded(encode, padding),
                       words=words)

    def batch(self, pool: TextPool, index: Tensor,
              augment: torch.Generator | Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Tokens, int64 (B, longest of the batch), and targets of ``pool[index]``; texts are not augmented.

        A card is given all columns: asking it for the longest text would wait for all that it has in its queue.
        """
        if pool.tokens is None or pool.lengths is None:
            raise TypeError("These texts have no tokens yet: a model's prepare(data) adds them.")
        longest = pool.tokens.shape[1] if on_card(index.device) else int(pool.lengths[index].max())
        return pool.tokens[index, :longest].long(), pool.targets[index]

    def problems(self, dataset: Dataset) -> Iterator[str]:
        """Texts have no sizes that must agree."""
        return iter(())

    @property
    def normalisation(self) -> str:
        return "texts are read as they are"

    @property
    def reading(self) -> str:
        return "It reads tokens as engine.registry.get('model', ...).prepare makes them of the data set's texts."
