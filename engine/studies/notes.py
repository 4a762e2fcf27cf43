"""What to know when reading a table: sentences for people, each with a kind that programs go by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["missing_retrained", "partial_mean", "over_forgotten", "damaged", "devices", "paper_model",
               "paper_original", "paper_profile"]


@dataclass(frozen=True)
class Note:
    """``text`` is one or two sentences; ``method`` and ``seeds`` say which runs it is about, where it is about some."""

    kind: Kind
    text: str
    method: str | None = None
    seeds: tuple[int, ...] = ()
