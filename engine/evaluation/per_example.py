"""What attacks tuned to each sample come to over many models of a run's method: evidence about the method.

It is about models like the run's, at the same settings and on other draws of the data, never about the run's own
weights. So it stands beside a verdict and does not turn it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from engine.evaluation.ensembles.resampling import Mean
from engine.evaluation.evidence import Evidence

NAME = "per_example"
CHANCE, CANNOT = 0.5, 1.5  # a coin toss; half intervals from it at which retrained models fail: three standard errors


@dataclass(frozen=True)
class PerExample:
    """U-LiRA over an ensemble: the method's mean area with its interval, and the retrained models'.

    Parameters
    ----------
    method : str
        The method's title.
    models : int
        Models of the method.
    area, low, high : float
        The method's mean area under the ROC curve with its 95% interval.
    retrained, retrained_low, retrained_high : float
        The retrained models'.
    damaged : bool
        Whether the method's models lost ten points of test accuracy or more.

    Examples
    --------
    >>> found = PerExample("Fine-tuning", 64, 0.61, 0.58, 0.64, 0.5, 0.49, 0.51)
    >>> found.evidence().kind, found.evidence().about
    ('found', 'method')
    """

    method: str
    models: int
    area: float
    low: float
    high: float
    retrained: float
    retrained_low: float
    retrained_high: float
    damaged: bool = False

    @classmethod
    def of(cls, method: str, models: int, mine: Mean, theirs: Mean, damaged: bool = False) -> PerExample:
        """From two mean areas."""
        return cls(method, models, mine.value, mine.low, mine.high, theirs.value, theirs.low, theirs.high, damaged)

    def to_json(self) -> dict[str, Any]:
        """As plain values, which :meth:`from_json` reads."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> PerExample:
        """What :meth:`to_json` wrote. Raises KeyError, TypeError or ValueError where it is something else."""
        numbers = {one.name: float(stored[one.name]) for one in fields(cls) if one.type == "float"}
        return cls(method=str(stored["method"]), models=int(stored["models"]), damaged=bool(stored["damaged"]),
                   **numbers)

    @property
    def kind(self) -> Literal["found", "chance", "unknown"]:
        """Whether the method's models were found out; ``unknown`` where retrained ones fail, or all are damaged."""
        if abs(self.retrained - CHANCE) > CANNOT * (self.retrained_high - self.retrained_low) / 2:
            return "unknown"
        if self.area - CHANCE > (self.high - self.low) / 2:
            return "found"
        return "unknown" if self.damaged else "chance"

    def evidence(self) -> Evidence:
        """The same for a verdict."""
        return Evidence(NAME, self.kind, f"{self._said()} {self._measured()}", about="method")

    def _measured(self) -> str:
        return (f"Over {self.models:,} models at these settings its mean ROC area is {self.area:.3f} ({self.low:.3f} "
                f"to {self.high:.3f}; a coin toss: 0.5, retrained: {self.retrained:.3f}).")

    def _said(self) -> str:
        return f"About the method, not this run's weights: an attack tuned to each sample {self._does()}"

    def _does(self) -> str:
        if self.kind == "found":
            return f"still finds what {self.method} was to forget."
        if self.kind == "chance":
            return f"does no better than chance on models of {self.method}."
        if self.damaged:
            return (f"cannot judge {self.method} here: an attack near chance is no success, for these models are "
                    "damaged.")
        return f"cannot judge {self.method} here: it tells even the retrained models from chance."
