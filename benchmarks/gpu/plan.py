"""The steps, the most valuable first, and how long each may take on one H100."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

LEAST = 5  # seconds under which no step is begun


@dataclass(frozen=True)
class Step:
    """A step of the plan: ``benchmarks.gpu.steps.<module>`` with a function ``run(place)``.

    ``seconds`` is its limit. ``least`` is kept for it while earlier steps run. ``argument`` goes into its place.
    Without a ``needed`` one nothing else is begun.
    """

    name: str
    seconds: int
    least: int = 0
    argument: str = ""
    needed: bool = False

    @property
    def module(self) -> str:
        return self.name.partition("_")[0]


@dataclass(frozen=True)
class Place:
    """Where a step works: results, what later calls continue from, its seconds, and whether it is a rehearsal."""

    out: Path
    work: Path
    seconds: float
    tiny: bool
    argument: str

    @property
    def device(self) -> str:
        return os.environ.get("UNLEARN_DEVICE") or "cuda:0"


PLAN = (
    Step("card", 30, needed=True),
    Step("equal", 50),
    Step("repeat", 40),
    Step("tests", 50),
    Step("original", 75),
    Step("tables", 140, least=60),
    Step("keep_tables", 25, least=8, argument="paper"),
    Step("grid", 120, least=30),
    Step("keep_grid", 25, least=8, argument="corrected"),
    Step("text", 30, least=15),
    Step("figures", 60, least=30),
)


def limit(position: int, left: float) -> float:
    """The seconds of the step at a position when so many are left of all."""
    later = sum(step.least for step in PLAN[position + 1:])
    return min(PLAN[position].seconds, left - later)
