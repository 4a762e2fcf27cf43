"""Networks of the package ``timm``, where it is installed: those that ``$UNLEARN_TIMM`` names, apart by commas.

Only architectures are taken, never weights: nothing is downloaded, and networks get their first weights here as all
others do. What that cannot do rightly is refused when it is asked for: networks that read one size of pictures only,
and those that keep computed values beside their weights.
"""

from __future__ import annotations

import functools
import importlib.util
import os
from collections.abc import Callable, Mapping
from typing import Any

from engine.errors import BadInput
from engine.types import Model

VARIABLE, PREFIX = "UNLEARN_TIMM", "timm:"
SMALLEST = 32  # pixels a side: these networks halve a picture five times
INSTALL = "pip install -r requirements-timm.txt"


def declared() -> Mapping[str, Model]:
    """The records of the networks that are named and can be had, by name."""
    return _declared(os.environ.get(VARIABLE, ""))


def why_not(name: str) -> str | None:
    """Why a network of timm is not among the models, as a sentence; None for any other name."""
    if not name.startswith(PREFIX):
        return None
    plain = name.removeprefix(PREFIX)
    if not _installed():
        return f"The model {name!r} needs the package timm, which is not installed: {INSTALL}"
    return _unfit(plain) or f"The model {name!r} is not in use: name it in {VARIABLE}={plain}, several apart by commas."


@functools.lru_cache(maxsize=8)
def _declared(names: str) -> Mapping[str, Model]:
    if not names.strip() or not _installed():
        return {}
    plain = [name.strip().removeprefix(PREFIX) for name in names.split(",") if name.strip()]
    return {f"{PREFIX}{name}": _record(name) for name in plain if not _unfit(name)}


def _installed() -> bool:
    return importlib.util.find_spec("timm") is not None


@functools.lru_cache(maxsize=64)
def _unfit(name: str) -> str | None:
    """Why a network cannot be used here, None where it can."""
    import timm
    import torch

    if not timm.is_model(name):
        near = timm.list_models(f"*{name.partition('.')[0][:8]}*")[:3]
        return f"timm {timm.__version__} has no model {name!r}." + (f" Near: {', '.join(near)}." if near else "")
    settings = timm.models.get_pretrained_cfg(name)
    if settings is not None and settings.fixed_input_size:
        return (f"The model {PREFIX}{name} reads pictures of {settings.input_size[-1]} pixels a side alone: name "
                "another.")
    try:
        with torch.device("meta"):
            _builder(name)(2, 3)
    except BadInput as error:
        return str(error)
    return None


def _record(name: str) -> Model:
    import timm

    return Model(
        name=f"{PREFIX}{name}", title=f"{name} (timm)", kind="image", build=_builder(name), min_input_size=SMALLEST,
        summary=f"The architecture {name} of timm {timm.__version__}, without its published weights.",
        source="Wightman, PyTorch Image Models; https://github.com/huggingface/pytorch-image-models",
        code=f"timm {timm.__version__} {name}")


def _builder(name: str) -> Callable[[int, int], Any]:
    """``build(classes, inputs)`` of a network; raises BadInput where its first weights cannot be drawn here."""

    def build(classes: int, inputs: int) -> Any:
        import timm
        from torch import nn

        net = timm.create_model(name, pretrained=False, num_classes=classes, in_chans=inputs)
        for layer in net.modules():
            kept = [one for one, _ in layer.named_buffers(recurse=False)]
            if kept and not isinstance(layer, nn.BatchNorm2d):
                raise BadInput(f"The model {PREFIX}{name} keeps values beside its weights ({kept[0]} of a "
                               f"{type(layer).__name__}), which cannot be made here: name another.")
            own = next(iter(layer.named_parameters(recurse=False)), None)
            if own and not hasattr(layer, "reset_parameters"):
                raise BadInput(f"The model {PREFIX}{name} has weights ({own[0]} of a {type(layer).__name__}) whose "
                               "first values are not known here: name another.")
        return net

    return build
