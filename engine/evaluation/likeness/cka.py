"""Unbiased linear CKA: how alike what two networks compute is, layer by layer (Nguyen et al. 2021, 2010.15327).

Only the value of unlearned and retrained model relative to that of two retrained ones carries meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import sqrt
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engine.errors import BadInput
from engine.system.device import exact

BLIND_SPOT = ("A few outliers or a harmless turn of the features can move it, and alike features are not equal "
              "knowledge: it says similar, not knows (2210.16156).")
SOURCE = "Nguyen et al. 2021, arXiv:2010.15327; Kornblith et al. 2019"
FEWEST, BATCH = 4, 500


def linear_cka(one: np.ndarray, other: np.ndarray, batch: int = BATCH) -> float | None:
    """CKA of features (N, F) and (N, G) of the same samples by the unbiased estimator, summed over batches.

    It may be slightly negative and is not clipped; None where a side is constant.

    Raises
    ------
    BadInput
        Below four samples, or where the sides are of other samples.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(50, 8))
    >>> round(linear_cka(x, 3 * x + 7), 6)
    1.0
    """
    if len(one) != len(other):
        raise BadInput(f"CKA compares features of the same samples, but one side has {len(one)} and the other "
                       f"{len(other)}.")
    if len(one) < FEWEST:
        raise BadInput(f"CKA needs at least {FEWEST} samples, not {len(one)}.")
    sums = np.zeros(3)
    for rows in _batches(len(one), batch):
        k, m = _gram(one[rows]), _gram(other[rows])
        sums += [_hsic(k, m), _hsic(k, k), _hsic(m, m)]
    return None if min(sums[1], sums[2]) <= 0 else float(sums[0] / sqrt(sums[1] * sums[2]))


def _batches(count: int, size: int) -> Iterator[slice]:
    """Slices of ``size``; a rest of fewer than four joins the one before."""
    size = max(size, FEWEST)
    starts = [start for start in range(0, count, size) if count - start >= FEWEST or not start]
    for start, end in zip(starts, [*starts[1:], count], strict=True):
        yield slice(start, end)


def _gram(features: np.ndarray) -> np.ndarray:
    """X X' with a zero diagonal, float64; moved to the middle first, which the estimator does not see but digits do."""
    x = np.asarray(features, dtype=np.float64).reshape(len(features), -1)
    x = x - x.mean(axis=0)
    found: np.ndarray = x @ x.T
    np.fill_diagonal(found, 0)
    return found


def _hsic(k: np.ndarray, m: np.ndarray) -> float:
    """The unbiased estimator (Song et al. 2012) of two Gram matrices with zero diagonals."""
    n, of_k, of_m = len(k), k.sum(axis=0), m.sum(axis=0)
    inner = float((k * m).sum()) + float(of_k.sum() * of_m.sum()) / ((n - 1) * (n - 2))
    return (inner - 2 * float(of_k @ of_m) / (n - 2)) / (n * (n - 3))


# --- features -------------------------------------------------------------------------------


def features(model: nn.Module, inputs: Sequence[Tensor]) -> dict[str, np.ndarray]:
    """What every top-level block of a network answers to batches of inputs, (N, F) by name, in evaluation mode.

    Maps and sequences are averaged over their places (pooled). A block that does not see each batch whole and once, as
    encoders of texts that are read by length, is left out: its rows would be in another order.
    """
    seen: dict[str, list[np.ndarray]] = {}
    was_training = model.training
    model.eval()
    with torch.no_grad():
        for batch in inputs:
            for name, answer in _answers(model, batch).items():
                seen.setdefault(name, []).append(answer)
    model.train(was_training)
    return {name: np.concatenate(parts) for name, parts in seen.items() if len(parts) == len(inputs)}


def _answers(model: nn.Module, batch: Tensor) -> dict[str, np.ndarray]:
    """The pooled answers to one batch of the blocks that were asked once for all of it."""
    calls: dict[str, list[Any]] = {}
    with _watched(model, lambda name, answer: calls.setdefault(name, []).append(_pooled(answer))):
        model(batch)
    return {name: found[0] for name, found in calls.items()
            if len(found) == 1 and found[0] is not None and len(found[0]) == len(batch)}


@contextmanager
def _watched(model: nn.Module, tell: Callable[[str, Any], None]) -> Iterator[None]:
    def told(name: str) -> Callable[..., None]:
        return lambda module, inputs, answer: tell(name, answer)

    hooks = [block.register_forward_hook(told(_title(name, block))) for name, block in model.named_children()]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _pooled(answer: Any) -> np.ndarray | None:
    """(N, C) of (N, C, ...) maps; the mean over tokens of (N, L, C). A copy: later layers may work in place."""
    if not isinstance(answer, Tensor) or answer.ndim < 2:
        return None
    places = tuple(range(2, answer.ndim)) if answer.ndim != 3 else (1,)
    found = exact(answer).mean(dim=places) if places else exact(answer)
    return found.cpu().numpy().copy()


def _title(name: str, block: nn.Module) -> str:
    """``layer1``; a block without a name of its own has its kind, ``0 Conv2d``."""
    return f"{name} {type(block).__name__}" if name.isdigit() else name
