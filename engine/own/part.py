"""A split's samples, of whatever kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Part:
    """Samples as their kind reads them, an array or a list, their classes int64 (N,), and where each came from."""

    samples: Any
    labels: np.ndarray
    places: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def counts(self, classes: int) -> tuple[int, ...]:
        import numpy as np

        return tuple(int(count) for count in np.bincount(self.labels, minlength=classes))

    def only(self, rows: Sequence[int]) -> Part:
        """These rows, in this order."""
        import numpy as np

        index = np.asarray(rows, dtype=np.int64)
        chosen = [self.samples[row] for row in index] if isinstance(self.samples, list) else self.samples[index]
        return Part(chosen, self.labels[index], tuple(self.places[row] for row in index))

    def without(self, rows: Iterable[int]) -> Part:
        out = set(rows)
        return self.only([row for row in range(len(self)) if row not in out]) if out else self
