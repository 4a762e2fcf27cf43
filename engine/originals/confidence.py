"""How sure an Original was of each training sample's label while it was trained: the cheapest proxy of memorisation.

A sample that is learned late, or only by heart, has a low mean probability over the epochs (Zhao et al. 2024,
arXiv:2406.01257 and 2410.16516: the best of the proxies that cost no training of their own). It is read off the forward
pass that trains, and kept in half precision beside the weights.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import BadCheckpoint

if TYPE_CHECKING:
    from torch import Tensor

NOT_KEPT = ("The Original says nothing of single samples: it was trained before their mean probability was kept. Train "
            "it again in a results folder of its own ($UNLEARN_HOME) to have it.")
TENSOR, TOTAL = "mean", "confidence"


@dataclass(frozen=True)
class Confidence:
    """The mean probability of every training sample's label over the epochs of one training.

    Parameters
    ----------
    mean : ndarray
        Float16 (n,), from 0 to 1, in the order of D.
    epochs : int
        How many epochs it is over.
    data : str
        The sha256 of the data, as in :attr:`engine.data.base.Data.content`.

    Examples
    --------
    >>> Confidence(np.array([0.75, 0.25], np.float16), 60).proxy.tolist()
    [0.25, 0.75]
    """

    mean: np.ndarray
    epochs: int
    data: str = ""

    @property
    def proxy(self) -> np.ndarray:
        """One minus the mean, float64 (n,): high where a sample was memorised, as with the true scores."""
        return 1 - self.mean.astype(np.float64)

    def packed(self, sha256: str) -> bytes:
        """As a safetensors file that names the weights it belongs to."""
        from safetensors.numpy import save

        return save({TENSOR: self.mean}, {TOTAL: json.dumps({
            "epochs": self.epochs, "data": self.data, "weights": sha256})})

    @classmethod
    def unpacked(cls, content: bytes, sha256: str, path: Path) -> Confidence | None:
        """What :meth:`packed` wrote; None where it belongs to other weights. Raises BadCheckpoint naming the file."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        try:
            length = int.from_bytes(content[:8], "little")
            about: dict[str, Any] = json.loads(json.loads(content[8:8 + length])["__metadata__"][TOTAL])
            found, weights = cls(load(content)[TENSOR], int(about["epochs"]), about["data"]), about["weights"]
        except (SafetensorError, ValueError, KeyError, TypeError) as error:
            raise BadCheckpoint(f"{path.name} cannot be read ({type(error).__name__}: {error}). Delete it in "
                                f"{path.parent}: the Original works without it.") from error
        return found if weights == sha256 else None


class ConfidenceSums:
    """Adds up the probabilities of one training, whole epochs of which survive a kill."""

    def __init__(self, samples: int, device: Any, data: str = ""):
        import torch

        self._data = data
        self._total: Tensor | None = torch.zeros(samples, dtype=torch.float32, device=device)

    def see(self, index: Tensor, probability: Tensor) -> None:
        """Adds a step's probabilities; no sample comes twice in it."""
        if self._total is not None:
            self._total[index] += probability

    def state(self) -> dict[str, Tensor]:
        """What a half-finished training keeps."""
        return {} if self._total is None else {TOTAL: self._total}

    def resume(self, kept: Mapping[str, Tensor] | None) -> None:
        """Continues from there; without it, as where an earlier version was killed, nothing can be said any more."""
        if kept is None or self._total is None:
            return
        total = kept.get(TOTAL)
        self._total = total.to(self._total.device) if total is not None and len(total) == len(self._total) else None

    def mean(self, epochs: int) -> Confidence | None:
        """The means after so many whole epochs; None where earlier ones are not known."""
        if self._total is None:
            return None
        return Confidence((self._total / epochs).half().cpu().numpy(), epochs, self._data)
