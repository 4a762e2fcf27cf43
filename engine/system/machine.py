"""What this machine is, without importing torch: for the app's first page."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from dataclasses import dataclass

import psutil

from engine.system.words import plural

GIB = 2**30


@dataclass(frozen=True)
class Machine:
    """``device`` in words; memory in GiB, of the whole machine and of this process."""

    device: str
    cores: int
    memory_total: float
    memory_used: float
    process_memory: float

    @property
    def processor_cores(self) -> str:
        """``1 core``, ``2 cores``."""
        return f"{self.cores} {plural(self.cores, 'core')}"


def machine() -> Machine:
    """The machine now."""
    memory = psutil.virtual_memory()
    return Machine(graphics_card() or "CPU", cores(), memory.total / GIB, (memory.total - memory.available) / GIB,
                   psutil.Process().memory_info().rss / GIB)


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@functools.cache
def graphics_card() -> str | None:
    """The first CUDA device's name; asks torch if it is loaded already, else the driver's own tool."""
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "cuda"):
        return torch.cuda.get_device_name(0) if torch.cuda.is_available() else None
    try:
        answer = subprocess.run(["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"], capture_output=True,
                                text=True, timeout=5, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.strip().splitlines()[0] if answer.strip() else None
