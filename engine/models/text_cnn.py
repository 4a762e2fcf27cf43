"""A convolutional net for texts (Kim 2014), trained from scratch with a vocabulary of its own in a few minutes.

docs/methods.md: 12,000 words, embedding 128, 128 filters of each width 2, 3 and 4, the maximum over time, dropout .5.
The vocabulary is made of all training texts, so a retrained model shares it with the Original.
"""

from __future__ import annotations

from typing import Any

from engine.models._texts import PADDING, by_length, prepare
from engine.types import Model, Recipe

WIDTH, FILTERS, WIDTHS = 128, 128, (2, 3, 4)
AT_ONCE = 64


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
            logits: torch.Tensor = self.head(self.dropout(by_length(self.features, tokens, PADDING, AT_ONCE)))
            return logits

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
    # docs/methods.md: with the transformer's rate of 3e-4 and one pass it hardly moves.
    unlearning={"go_emotions": {method: {"learning_rate": 2e-3, "retain_epochs": 2}
                                for method in ("nabla_tau", "finetune")}},
)
