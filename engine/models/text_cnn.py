"""A convolutional net for texts (Kim 2014), trained from scratch with a vocabulary of its own in a few minutes.

METHODS.md: 12,000 words, embedding 128, 128 filters of each width 2, 3 and 4, the maximum over time, dropout .5.
The vocabulary is made of all training texts, so a retrained model shares it with the Original.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from engine.models._texts import LONGEST, by_length
from engine.types import Model, Recipe

WORDS, WIDTH, FILTERS, WIDTHS = 12_000, 128, 128, (2, 3, 4)
PADDING, UNKNOWN = 0, 1
AT_ONCE = 64
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


def build(classes: int, inputs: int) -> Any:
    """The net for tokens (B, L) of ``inputs`` words; logits (B, classes). They do not depend on the batch."""
    import torch
    import torch.nn.functional as F
    from torch import nn

    class TextCNN(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(inputs, WIDTH, padding_idx=PADDING)
            self.filters = nn.ModuleList(nn.Conv1d(WIDTH, FILTERS, width) for width in WIDTHS)
            self.dropout = nn.Dropout(0.5)
            self.head = nn.Linear(FILTERS * len(WIDTHS), classes)

        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            return self.head(self.dropout(by_length(self.features, tokens, PADDING, AT_ONCE)))

        def features(self, tokens: torch.Tensor) -> torch.Tensor:
            """The largest answer of every filter (B, 384); a window begins at a word and may reach into padding."""
            begins = (tokens != PADDING).unsqueeze(1)
            words = self.words(F.pad(tokens, (0, max(WIDTHS) - 1), value=PADDING)).transpose(1, 2)
            length = tokens.shape[1]
            answers = [filters(words[:, :, :length + width - 1]).relu() for filters, width in
                       zip(self.filters, WIDTHS, strict=True)]
            return torch.cat([(answer * begins).amax(dim=2) for answer in answers], dim=1)

    return TextCNN()


MODEL = Model(
    name="text_cnn",
    title="Text conv net",
    kind="text",
    build=build,
    prepare=prepare,
    own_vocabulary=True,
    summary="Convolutions over word vectors, trained from scratch in a few minutes on a laptop.",
    source="Kim 2014, arXiv:1408.5882",
    recipes={"go_emotions": Recipe(optimiser="adamw", learning_rate=2e-3, weight_decay=0.01, batch_size=128, epochs=8,
                                   final_lr_fraction=0.1)},
    # METHODS.md: with the transformer's rate of 3e-4 and one pass it hardly moves.
    unlearning={"go_emotions": {method: {"learning_rate": 2e-3, "retain_epochs": 2}
                                for method in ("nabla_tau", "finetune")}},
)
