"""What the benchmarks share: paired timing, because a laptop's speed drifts, and one JSON object last."""

from __future__ import annotations

import datetime
import json
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any


def paired(ours: Callable[[], Any], plain: Callable[[], Any], rounds: int) -> dict[str, float]:
    """Runs both in turn, ours first; medians in seconds and the median of the ratios plain / ours."""
    ours(), plain()
    times = [(_seconds(ours), _seconds(plain)) for _ in range(rounds)]
    return {"ours_seconds": round(statistics.median(a for a, _ in times), 4),
            "plain_seconds": round(statistics.median(b for _, b in times), 4),
            "times_as_fast": round(statistics.median(b / a for a, b in times), 3)}


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def report(name: str, **figures: Any) -> None:
    """Prints the result as the last line."""
    import torch

    from engine.system.machine import cores
    from engine.system.version import code_version

    print(json.dumps({"benchmark": name, **figures, "cores": cores(), "machine": platform.machine(),
                      "torch": torch.__version__, "code": code_version(),
                      "date": datetime.date.today().isoformat()}))
