"""The same total budget for a forget set at once as for its requests, so that their gap is not the cost's.

Each request gets a method's ordinary budget, as one that arrives does, so the requests together process more samples.
Whole passes cannot be cut into parts, but they can be multiplied: at once, the method's whole numbers of passes are
raised as far as its plan then processes the samples of all requests together. A method without such numbers, or one
that trains from scratch and throws the work of earlier requests away, stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.hyperparameters import Hyperparameter
from engine.spec import Resolved, resolve
from engine.types import Sizes, declared

BATCH = "batch_size"  # how the names end of whole numbers that raise the samples of a step, not the steps


def lengthened(once: Resolved, requests: Sequence[Sizes]) -> Mapping[str, int]:
    """The parameters for everything at once, by their names; empty where they stay. ``once`` has its sizes."""
    if once.method.from_scratch:
        return {}
    total = sum(_samples(once, {}, sizes) for sizes in requests)
    usual = _samples(once, {}, once.sizes)
    longer = [h for h in declared(once.method.parameters) if _costs(once, h)]
    times = [count for count in range(1, len(requests) + 1) if _fits(once, longer, count)]
    off = {count: abs(_samples(once, _raised(once, longer, count), once.sizes) - total) for count in times}
    best = min(off, key=off.__getitem__, default=1)
    return {} if best == 1 or usual >= total else _raised(once, longer, best)


def _costs(once: Resolved, h: Hyperparameter) -> bool:
    """Whether twice this whole number is more samples by the method's own plan."""
    value = once.effective[h.name]
    if h.kind != "int" or not value or h.name.endswith(BATCH):
        return False
    return _fits(once, [h], 2) and _samples(once, {h.name: 2 * value}, once.sizes) > _samples(once, {}, once.sizes)


def _fits(once: Resolved, longer: Sequence[Hyperparameter], count: int) -> bool:
    return all(h.high is None or once.effective[h.name] * count <= h.high for h in longer)


def _raised(once: Resolved, longer: Sequence[Hyperparameter], count: int) -> dict[str, int]:
    return {h.name: once.effective[h.name] * count for h in longer}


def _samples(once: Resolved, parameters: Mapping[str, int], sizes: Sizes) -> int:
    """What the method's plan says it processes."""
    asked = replace(once.spec, parameters=dict(once.spec.parameters) | dict(parameters))
    return resolve(asked, sizes).plan.samples
