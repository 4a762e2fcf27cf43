"""Training samples ranked by how memorised they are and by the Original's loss: what some scenarios choose by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from engine.errors import NotMeasurable
from engine.evaluation.strata import Level, least, most, strata
from engine.originals.memorised import NEITHER, known, proxy

if TYPE_CHECKING:
    from engine.originals.checkpoints import Checkpoints
    from engine.originals.memorised import Memorised
    from engine.spec import Resolved


@dataclass(frozen=True)
class OriginalRanks:
    """A :class:`engine.data.ranks.Ranks` of one Original on the data that it was loaded for.

    Parameters
    ----------
    loss : ndarray
        The Original's loss on every training sample.
    data : str
        The sha256 of the data.
    resolved : Resolved
        A run of this Original.
    checkpoints : Checkpoints
        Where the proxy of its training is found.
    """

    loss: np.ndarray
    data: str
    resolved: Resolved
    checkpoints: Checkpoints

    def __deepcopy__(self, memo: dict[int, Any]) -> OriginalRanks:
        return self  # nothing here is ever changed

    def stratum(self, level: str, count: int, proxy: bool = False) -> np.ndarray:
        """The numbers of a stratum of so many samples. Raises NotMeasurable where nothing is known."""
        found = self.memorised(proxy)
        return strata(found.rank_by, count, found.middle)[cast(Level, level)]

    def memorised(self, only_proxy: bool = False) -> Memorised:
        """What the samples are ranked by. Raises NotMeasurable where nothing is known."""
        if not only_proxy:
            return known(self.resolved, self.data, self.checkpoints)
        found = proxy(self.resolved, self.data, self.checkpoints)
        if found is None:
            raise NotMeasurable(NEITHER)
        return found

    def hardest(self, count: int) -> np.ndarray:
        """The numbers of the samples with the highest losses."""
        return most(self.loss, count)

    def easiest(self, count: int) -> np.ndarray:
        """The numbers of the samples with the lowest losses."""
        return least(self.loss, count)
