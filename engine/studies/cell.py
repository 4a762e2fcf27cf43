"""One value of a table with what it takes to judge it: its chance range, its reference, the marks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.evaluation.metrics import ideal_in, metric_of
from engine.evaluation.sides import MARKS, Side, misleads
from engine.types import Forgotten

Against = Literal["retrained", "ideal"]


@dataclass(frozen=True)
class Cell:
    """One method's value of one metric, in the metric's unit; ``mean`` is None where no run has it.

    ``values`` holds each seed's value and ``seeds`` their seeds; ``std`` is over seeds (n - 1), None for one.
    ``chance`` is the chance range of the value. ``difference`` is ours minus the paper's; ``retrained`` the mean of the
    retrained model on the same seeds, and ``off_retrained`` how far ours is from it, on whichever side of the ideal;
    ``side`` as ``engine.evaluation.sides``. ``unchanged``: the method left the Original as it was, within chance;
    ``forgot_nothing``: it changed something else, but neither the forget-test gap nor the attacks.
    """

    dataset: str
    scenario: str
    forget: Forgotten
    method: str
    metric: str
    mean: float | None = None
    std: float | None = None
    seeds: tuple[int, ...] = ()
    values: Mapping[int, float] = field(default_factory=dict)
    paper_mean: float | None = None
    paper_std: float | None = None
    difference: float | None = None
    outside: bool | None = None
    best: bool = False
    retrained: float | None = None
    distance: float | None = None
    over_forgotten: bool = False
    damaged: bool = False
    off_retrained: float | None = None
    side: Side | None = None
    chance: float | None = None
    unchanged: bool = False
    forgot_nothing: bool = False

    @property
    def idle(self) -> bool:
        """Whether the method has forgotten nothing, whatever else it did."""
        return self.unchanged or self.forgot_nothing

    @property
    def doubtful(self) -> bool:
        """Whether a good value would be misleading here."""
        return self.idle or misleads(self.metric, self.over_forgotten, self.damaged, self.side)

    @property
    def mark(self) -> str:
        """``↓`` under the chance range, ``↑`` for the best of a column that is still over it."""
        return MARKS[self.side] if self.side and (self.best or self.side == "under") else ""

    def off(self, against: Against) -> float | None:
        """How far the value is from the retrained model's, signs counted, or from a fixed ideal, where it has one."""
        if against == "retrained":
            return self.off_retrained
        return self.distance if fixed_ideal(self.metric, self.scenario) else None

    def beyond(self, against: Against) -> float | None:
        """How much of that distance chance alone does not explain; 0 inside the chance range, None if not known."""
        off = self.off(against)
        return None if off is None or self.chance is None else max(0.0, off - self.chance)


def fixed_ideal(metric: str, scenario: str) -> bool:
    """Whether a metric's ideal is a number, such as 50% or 0: neither the retrained model's value nor "high"."""
    return isinstance(ideal_in(metric_of(metric), scenario), int | float)
