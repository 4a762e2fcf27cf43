"""CIFAR-10 (Krizhevsky 2009): 50,000 + 10,000 colour images of 32x32 pixels, ten classes.

Hub: uoft-cs/cifar10, columns ``img`` and ``label``. Paper, section 5.2; docs/methods.md for mean and std.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine.datasets import _corruption, _hub
from engine.types import Dataset

HUB_ID = "uoft-cs/cifar10"
_CORRUPTION = _corruption.Plan(labels=5_000, confusion=2_500, classes=(3, 5), stamped=500, side=3)


def load(options: dict[str, Any], on_progress: Callable[[str, float], None] | None = None) -> Any:
    """CIFAR-10 as :class:`engine.data.images.Data`: uint8 (50000, 32, 32, 3) and (10000, 32, 32, 3)."""
    data = _hub.load_images("cifar10", HUB_ID, "img", "label", DATASET.classes, (0.4914, 0.4822, 0.4465),
                            (0.2023, 0.1994, 0.2010), on_progress)
    return _corruption.corrupted(data, options, _CORRUPTION)


DATASET = Dataset(
    name="cifar10",
    title="CIFAR-10",
    kind="image",
    classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    train_size=50_000,
    heldout_size=10_000,
    input_size=32,
    default_model="resnet18",
    recipe=_hub.CIFAR_RECIPE,
    load=load,
    available=lambda: _hub.available("cifar10", HUB_ID),
    summary="60,000 photographs of 32x32 pixels in ten classes.",
    options=(_corruption.option(),),
    variant=lambda dataset, options: replace(dataset, manipulated=_CORRUPTION.count(options)),
    source=f"https://huggingface.co/datasets/{HUB_ID}",
    paper_reads_all_of_train=True,  # Table 1 alone: Tables 2 to 4 read the samples to keep (engine.evaluation.protocol)
)
