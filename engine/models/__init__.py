"""Networks. One file a model; each binds ``MODEL`` and builds without drawing random numbers itself.

Those of the package ``timm`` are named in ``$UNLEARN_TIMM`` (``engine.models._timm``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.types import Model

FIRST = ("small_cnn", "resnet18", "text_cnn", "minilm", "roberta_base", "mlp", "resnet18_cifar", "resnet34",
         "vit_small", "mobilenet_v3", "image_mlp")


def declared() -> Mapping[str, Model]:
    """The networks of packages that are named in the environment, as it is now."""
    from engine.models import _timm

    return _timm.declared()


def why_not(name: str) -> str | None:
    """Why a network of a package is not among the models, as a sentence; None where its name is of no package."""
    from engine.models import _timm

    return _timm.why_not(name)
