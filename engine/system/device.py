"""Where a run computes, and the settings that make it quick there and repeatable.

The thread count is fixed per run because the order of floating-point sums depends on it.
bf16 autocast is used for training on CUDA only; read-outs are float32 everywhere. A card works through a queue of its
own: whoever asks for one of its numbers waits until the queue is empty, so nothing is asked within an epoch.
"""

from __future__ import annotations

import contextlib
import functools
import os
from typing import Any

import torch
from torch import nn

from engine.errors import BadInput
from engine.system.machine import cores
from engine.system.words import plural

WITHOUT_FLOAT64 = ("mps",)  # kinds of devices
PRECISION = "UNLEARN_PRECISION"  # float32: a card trains without bf16, to be held against a CPU

def default_device() -> torch.device:
    """``$UNLEARN_DEVICE`` where it is set, else the first CUDA device, else the CPU. Raises BadInput."""
    if wanted := os.environ.get("UNLEARN_DEVICE"):
        return named_device(wanted, "UNLEARN_DEVICE")
    return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")


def named_device(wanted: str, asked: str) -> torch.device:
    """The device of that name; ``asked`` says where it was named. Raises BadInput where this machine has none such."""
    try:
        device = torch.device(wanted)
    except RuntimeError:
        raise BadInput(f"{asked}={wanted!r} is not a device. Valid: cpu, cuda, cuda:0, ...") from None
    if not _is_there(device):
        raise BadInput(f"{asked}={wanted!r}, but this machine has no such device. It has: {', '.join(_devices())}.")
    return device


def _is_there(device: torch.device) -> bool:
    """Whether this machine can compute on it: torch names many devices that it was not built for."""
    if device.type == "cpu":
        return True
    backend: Any = torch.backends.mps if device.type == "mps" else getattr(torch, device.type, None)
    if not hasattr(backend, "is_available") or not backend.is_available():
        return False
    return device.index is None or device.index < getattr(backend, "device_count", lambda: 1)()


def _devices() -> list[str]:
    """The devices of this machine by name."""
    return ["cpu", *(f"cuda:{number}" for number in range(torch.cuda.device_count())),
            *(["mps"] if torch.backends.mps.is_available() else [])]


def on_card(device: torch.device) -> bool:
    """Whether it computes beside the processor, which then only fills its queue."""
    return device.type not in ("cpu", "meta")


def queued(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """The tensor on the device, without waiting for what is in its queue."""
    return tensor.to(device, non_blocking=True)


def lacks_float64(device: torch.device) -> bool:
    """Whether it has no float64, as Apple's cards."""
    return device.type in WITHOUT_FLOAT64


def exact(tensor: torch.Tensor) -> torch.Tensor:
    """The tensor in float64, on the CPU where its device has none."""
    return (tensor.cpu() if lacks_float64(tensor.device) else tensor).double()


def prepare(device: torch.device, threads: int | None) -> int:
    """Fixes this thread's number of intra-op threads and returns it; makes CUDA repeatable."""
    count = min(threads or cores(), cores())
    torch.set_num_threads(count)
    if device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.backends.cudnn.benchmark = False
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False  # float32 means float32
    return count


@functools.cache
def warm_up() -> None:
    """Imports torch's compiler, which the first optimiser of a process does otherwise: two seconds of a core.

    The engine's own go without it (:mod:`engine.training.brief`); nobody else's method should be charged for it.
    """
    torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)


def place(model: nn.Module, device: torch.device) -> nn.Module:
    """The model on the device, in channels-last order; benchmarks/training_step.py measures the gain."""
    return model.to(device).to(memory_format=torch.channels_last)


def autocast(device: torch.device) -> contextlib.AbstractContextManager[Any]:
    """bf16 autocast for a training step on CUDA; does nothing elsewhere."""
    if halved(device):
        return torch.autocast("cuda", dtype=torch.bfloat16)
    return contextlib.nullcontext()


def halved(device: torch.device) -> bool:
    """Whether trainings there compute in bf16. Raises BadInput for a precision that there is not."""
    wanted = os.environ.get(PRECISION) or "bf16"
    if wanted not in ("bf16", "float32"):
        raise BadInput(f"{PRECISION}={wanted!r} is no precision. Valid: bf16, float32.")
    return device.type == "cuda" and wanted == "bf16"


def free_memory(device: torch.device) -> int:
    """Bytes that are free on a CUDA card; 0 elsewhere."""
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else 0


def describe(device: torch.device, threads: int) -> str:
    """``cpu, 2 threads`` or the name of the graphics card; never a host name."""
    if device.type == "cuda":
        return f"{device}, {torch.cuda.get_device_name(device)}{'' if halved(device) else ', float32'}"
    return f"{device.type}, {threads} {plural(threads, 'thread')}"
