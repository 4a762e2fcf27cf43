"""What text models share: the words of those that are trained from scratch, and how a batch is read.

A batch is read in parts of like length, so that little time goes into padding.

The order of the samples, and with it which of them make a step, stays random: only within a batch are texts
sorted, read in a few parts each cut to its own longest text, and put back. ``benchmarks/text.py`` measures the gain.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

LONGEST, WORDS = 40, 12_000  # tokens of a text, size of the vocabulary (docs/methods.md)
PADDING, UNKNOWN = 0, 1
_WORD = re.compile(r"[a-z']+|\d+|[^\sa-z\d]")


def split_words(text: str) -> list[str]:
    """Words, numbers and single other signs of a text in lower case."""
    return _WORD.findall(text.lower())


def vocabulary(texts: tuple[str, ...]) -> dict[str, int]:
    """The most frequent words of the texts and their numbers, from 2 on; among equals by the alphabet."""
    counts = Counter(word for text in texts for word in split_words(text))
    frequent = sorted(counts, key=lambda word: (-counts[word], word))[:WORDS - 2]
    return {word: number for number, word in enumerate(frequent, start=2)}


def prepare(data: Any) -> Any:
    """The data with their tokens, int32 (N, at most 40): numbers of words, 1 for a word outside the vocabulary."""
    import torch

    known = vocabulary(data.train.texts)

    def encode(texts: list[str]) -> Any:
        tokens = torch.full((len(texts), LONGEST), PADDING, dtype=torch.int32)
        for row, text in enumerate(texts):
            numbers = [known.get(word, UNKNOWN) for word in split_words(text)[:LONGEST]] or [UNKNOWN]
            tokens[row, :len(numbers)] = torch.tensor(numbers, dtype=torch.int32)
        return tokens

    return data.encoded(encode, PADDING, WORDS)


def by_length(read: Callable[[Tensor], Tensor], tokens: Tensor, padding: int, at_once: int) -> Tensor:
    """``read`` on ``tokens`` (B, L), about ``at_once`` texts of like length at a time; a card reads all at once."""
    import torch

    from engine.system.device import on_card

    if on_card(tokens.device):  # the lengths would have to be asked for
        return read(tokens)
    lengths = (tokens != padding).sum(dim=1).clamp(min=1)
    if len(tokens) <= at_once:
        return read(tokens[:, :int(lengths.max())])
    order = lengths.argsort(stable=True)
    parts = order.split(-(-len(order) // -(-len(order) // at_once)))
    ends = lengths[torch.stack([part[-1] for part in parts])].tolist()
    answers = torch.cat([read(tokens[part, :end]) for part, end in zip(parts, ends, strict=True)])
    return answers[order.argsort()]
