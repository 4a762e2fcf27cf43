"""The file of the weights that a finished run ended with: safetensors, nothing pickled.

They are float32 where that is small, and matrices in half precision else. The file says which run's they are and has
their digest, so that a damaged or foreign one is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from engine.errors import BadCheckpoint
from engine.originals.checkpoints import storable
from engine.training.weights import digest

SMALL = 5_000_000  # bytes: up to here float32, and kept where nobody said otherwise


def packed(model: nn.Module, identity: str, always: bool = False) -> bytes | None:
    """A model's weights as the file that a run keeps; None where it is larger than ``SMALL``, unless ``always``."""
    from safetensors.torch import save

    tensors, precision = tensors_of(model), "float32"
    if _bytes(tensors) > SMALL:
        halves = storable(model)
        if all(bool(value.isfinite().all()) for value in halves.values() if value.is_floating_point()):
            tensors, precision = halves, "half"  # else a weight is beyond half precision's 65,504
    if _bytes(tensors) > SMALL and not always:
        return None
    return save(tensors, metadata={"identity": identity, "precision": precision, "sha256": digest(tensors)})


def unpacked(path: Path, identity: str | None) -> tuple[dict[str, Tensor], str]:
    """The tensors of such a file, as float32, and the precision that they were kept in.

    Raises BadCheckpoint where it is damaged, or where it is another run's than the one of this identity.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise damaged(path, str(error).splitlines()[0]) from error
    if about.get("sha256") != digest(tensors):
        raise damaged(path, "their sha256 is not the one in the file")
    if about.get("identity") != identity:
        raise damaged(path, "they are those of another run")
    whole = {name: value.float() if value.dtype == torch.float16 else value for name, value in tensors.items()}
    return whole, about.get("precision", "")


def damaged(path: Path, why: str) -> BadCheckpoint:
    """The error of a file that cannot be used, with the mend."""
    return BadCheckpoint(f"The weights in {path} cannot be used ({why.rstrip('.')}): delete this file, and they are "
                         "computed again.")


def tensors_of(model: nn.Module) -> dict[str, Tensor]:
    """The weights on the CPU, as they are."""
    return {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}


def _bytes(tensors: Mapping[str, Tensor]) -> int:
    return sum(value.numel() * value.element_size() for value in tensors.values())
