"""How a run ended, as values: what a process of a sweep hands to the one that writes the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """How a run ended: its columns in the store with the status, its events, its table of samples as parquet.

    ``weights`` are safetensors, where they are to be kept.
    """

    columns: dict[str, Any]
    course: list[dict[str, Any]] = field(default_factory=list)
    samples: bytes | None = None
    weights: bytes | None = None

    @property
    def finished(self) -> bool:
        return bool(self.columns["status"] == "finished")


def failed(reason: str) -> Outcome:
    """The outcome of a run that came to nothing."""
    return Outcome({"status": "failed", "reason": reason})


def cancelled(reason: str) -> Outcome:
    """The outcome of a run that was stopped from outside."""
    return Outcome({"status": "cancelled", "reason": reason})
