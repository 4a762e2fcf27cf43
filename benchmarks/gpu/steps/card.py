"""Which card there is; without one nothing else is begun."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from benchmarks.gpu.plan import Place
from engine.system.device import default_device, describe, prepare


def run(place: Place) -> Iterator[dict[str, Any]]:
    device = default_device()
    threads = prepare(device, None)
    found: dict[str, Any] = {"device": describe(device, threads)}
    if device.type == "cuda":
        about = torch.cuda.get_device_properties(device)
        torch.ones(8, device=device).sum().item()
        found |= {"memory_gib": round(about.total_memory / 2**30, 1), "cuda": torch.version.cuda,
                  "capability": f"{about.major}.{about.minor}", "cudnn": torch.backends.cudnn.version()}
    yield found
    if device.type != torch.device(place.device).type:
        raise SystemExit(f"There is no {place.device} here, only {device}: UNLEARN_DEVICE=cpu KIT_TINY=1 rehearses.")
