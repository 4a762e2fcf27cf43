"""A training that can be killed: its state after the last whole epoch, in one file."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import NotWritten
from engine.system.files import write_whole
from engine.types import Progress, TrainingState

if TYPE_CHECKING:
    from torch import Tensor, nn

log = logging.getLogger(__name__)
BESIDE = "beside."
EVERY = 10.0  # seconds between two states on a card, where writing one takes longer than an epoch


class Partial:
    """A training that can be killed: model, optimiser and counters after the last finished epoch, in one file.

    ``beside`` are further tensors of that moment, by name; one that an earlier version wrote has none.
    """

    def __init__(self, path: Path):
        self.path = path
        self.seconds = 0.0
        self.beside: dict[str, Tensor] = {}
        self.unwritten = False  # whether a state could not be written
        self._wrote = -EVERY

    def wants(self, progress: Progress) -> bool:
        """Whether to save the state of a step: an epoch's last; of a card's epochs only some, and the very last one."""
        if progress.state is None:
            return False
        from engine.system.device import on_card

        device = next(progress.state.model.parameters()).device
        ends = progress.step == progress.total_steps
        return ends or not on_card(device) or time.monotonic() - self._wrote >= EVERY

    def save(self, state: TrainingState, seconds: float, beside: Mapping[str, Tensor] | None = None) -> None:
        from safetensors.torch import save_file

        tensors = {f"model.{name}": value for name, value in state.model.state_dict().items()}
        tensors |= {f"{BESIDE}{name}": value for name, value in (beside or {}).items()}
        for index, values in state.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{name}": value for name, value in values.items() if value is not None}
        tensors = {name: value.cpu().contiguous() for name, value in tensors.items()}
        about = {"epoch": state.epoch, "step": state.step, "samples": state.samples, "seconds": seconds}
        metadata = {name: str(value) for name, value in about.items()} | {"sha256": _digest(tensors)}
        self._wrote = time.monotonic()
        try:
            write_whole(self.path, lambda temporary: save_file(tensors, temporary, metadata=metadata))
        except NotWritten as error:  # only a kill would need it
            if not self.unwritten:
                log.warning("%s The training continues; killed now, it would begin again.", error)
            self.unwritten = True

    def resume(self, model: nn.Module, optimiser: Any) -> TrainingState | None:
        """Restores both and says where to continue; None, with nothing changed, where there is no usable file."""
        if not self.path.is_file():
            return None
        try:
            about, tensors = self._read()
            weights = {n.removeprefix("model."): t for n, t in tensors.items() if n.startswith("model.")}
            if {n: t.shape for n, t in weights.items()} != {n: t.shape for n, t in model.state_dict().items()}:
                raise ValueError("another network")
        except (OSError, ValueError, KeyError, TypeError):
            self.clear()  # a damaged half-finished training is worth nothing: begin again
            return None
        model.load_state_dict(weights)
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            if name.startswith("optimiser."):
                _, index, part = name.split(".", 2)
                state.setdefault(int(index), {})[part] = tensor
        optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
        _lay_out_alike(optimiser)
        self.seconds = about["seconds"]
        self.beside = {n.removeprefix(BESIDE): t for n, t in tensors.items() if n.startswith(BESIDE)}
        return TrainingState(about["epoch"], about["step"], about["samples"], model, optimiser)

    def _read(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Counters and tensors; raises OSError, ValueError, KeyError or TypeError where the file is damaged."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self.path, framework="pt") as file:
                about, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except SafetensorError as error:
            raise ValueError(str(error)) from error
        if about["sha256"] != _digest(tensors):
            raise ValueError("damaged")
        counters: dict[str, Any] = {name: int(about[name]) for name in ("epoch", "step", "samples")}
        return counters | {"seconds": float(about["seconds"])}, tensors

    def clear(self) -> None:
        """Removes the file; one that cannot be removed is of no harm."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)


def _digest(tensors: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].cpu().contiguous().numpy().data)
    return digest.hexdigest()


def _lay_out_alike(optimiser: Any) -> None:
    """Gives the optimiser's buffers the memory order of their weights (a file knows only the default order).

    Torch's fused optimisers walk both by memory address: with another order they mix up momenta.
    """
    import torch

    for parameter, values in optimiser.state.items():
        for part, value in values.items():
            if value is not None and value.shape == parameter.shape:
                values[part] = torch.empty_like(parameter, requires_grad=False).copy_(value)
