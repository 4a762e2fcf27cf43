"""Time of a method alone: the clock runs between two yields of its loop and stands still for everything else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from engine.types import Progress


class Stopwatch:
    """Adds up seconds; ``earlier`` is what a resumed training had used before."""

    def __init__(self, device: Any = None, earlier: float = 0.0):
        self.seconds = earlier
        self._kind = getattr(device, "type", "cpu")
        self._device = device

    def settle(self) -> None:
        """Counts the work that a GPU still has queued; call it before doing something untimed."""
        if self._kind in ("cuda", "mps"):
            import torch

            began = time.perf_counter()
            torch.cuda.synchronize(self._device) if self._kind == "cuda" else torch.mps.synchronize()
            self.seconds += time.perf_counter() - began

    def time(self, steps: Iterator[Progress]) -> Iterator[Progress]:
        """Passes the steps on, timing only what happens between a request for one and its arrival."""
        while True:
            began = time.perf_counter()
            progress = next(steps, None)
            self.seconds += time.perf_counter() - began
            if progress is None:
                self.settle()
                return
            yield progress
