"""CIFAR-100 (Krizhevsky 2009): 50,000 + 10,000 colour images of 32x32 pixels, a hundred fine classes.

Hub: uoft-cs/cifar100, columns ``img`` and ``fine_label``. Paper, section 5.2; docs/methods.md for mean and std.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.datasets import _hub
from engine.types import Dataset

HUB_ID = "uoft-cs/cifar100"
CLASSES = (
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle", "bowl",
    "boy", "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle", "chair",
    "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur", "dolphin",
    "elephant", "flatfish", "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard", "lamp",
    "lawn_mower", "leopard", "lion", "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain",
    "mouse", "mushroom", "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear", "pickup_truck",
    "pine_tree", "plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road", "rocket",
    "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider", "squirrel",
    "streetcar", "sunflower", "sweet_pepper", "table", "tank", "telephone", "television", "tiger", "tractor",
    "train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm",
)


def load(options: dict[str, Any], on_progress: Callable[[str, float], None] | None = None) -> Any:
    """CIFAR-100 as :class:`engine.data.images.Data`: uint8 (50000, 32, 32, 3) and (10000, 32, 32, 3)."""
    return _hub.load_images("cifar100", HUB_ID, "img", "fine_label", CLASSES, (0.5071, 0.4867, 0.4408),
                            (0.2675, 0.2565, 0.2761), on_progress)


DATASET = Dataset(
    name="cifar100",
    title="CIFAR-100",
    kind="image",
    classes=CLASSES,
    train_size=50_000,
    heldout_size=10_000,
    input_size=32,
    default_model="resnet18",
    recipe=_hub.CIFAR_RECIPE,
    load=load,
    available=lambda: _hub.available("cifar100", HUB_ID),
    summary="60,000 photographs of 32x32 pixels in a hundred classes.",
    source=f"https://huggingface.co/datasets/{HUB_ID}",
)
