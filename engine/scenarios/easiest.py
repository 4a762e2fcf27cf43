"""The samples on which the Original's loss is lowest."""

from __future__ import annotations

from typing import Any

from engine.scenarios._sizes import forget_count
from engine.types import Scenario, Spec


def select(data: Any, spec: Spec) -> Any:
    """So many samples, int64 (F,), the easiest first; equal ones by their number."""
    import torch

    return torch.from_numpy(data.ranks.easiest(forget_count(spec.fraction, len(data.train))))


SCENARIO = Scenario(
    name="easiest",
    title="the easiest samples",
    summary="The training samples with the Original's lowest losses.",
    aim="They should be answered as a retrained model answers them.",
    source="this project",
    select=select,
    by_original=True,
    judged=lambda spec: "retrained",  # chosen samples are not like unseen ones
)
