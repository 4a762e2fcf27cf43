"""RoBERTa base (Liu et al. 2019), the paper's text model (section 5.1): 125 million weights.

docs/methods.md: the pooled output, dropout .5, one linear layer. From the hub or from
``$UNLEARN_MODEL_DIR/roberta_base``.
"""

from __future__ import annotations

from typing import Any

from engine.models import _transformers
from engine.types import Model

HUB_ID = "FacebookAI/roberta-base"
KIND = "roberta"  # what config.json must call it


def build(classes: int, inputs: int) -> Any:
    """The encoder with a new head for tokens (B, L); logits (B, classes). Raises ModelMissing."""
    return _transformers.classifier("roberta_base", HUB_ID, None, classes, pooled=True, dropout=0.5,
                                    kind=KIND)


MODEL = Model(
    name="roberta_base",
    title="RoBERTa base",
    kind="text",
    build=build,
    prepare=lambda data: _transformers.prepared("roberta_base", HUB_ID, None, data, KIND),
    pretrained=True,
    available=lambda: _transformers.available("roberta_base", HUB_ID),
    summary="The paper's text model: a pretrained transformer, 125 million weights.",
    source="Liu et al. 2019, arXiv:1907.11692; https://huggingface.co/" + HUB_ID,
)
