"""How scenarios that choose by what an Original says of single samples ask for them."""

from __future__ import annotations

from typing import Protocol

from numpy import ndarray


class Ranks(Protocol):
    """Numbers of training samples, int64, in the order in which they are picked; equal ones by their number."""

    def stratum(self, level: str, count: int, proxy: bool = False) -> ndarray:
        """The ``high``, ``medium`` or ``low`` stratum of so many by memorisation. Raises NotMeasurable."""
        ...

    def hardest(self, count: int) -> ndarray:
        """Those with the Original's highest losses."""
        ...

    def easiest(self, count: int) -> ndarray:
        """Those with the Original's lowest losses."""
        ...
