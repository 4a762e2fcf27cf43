"""One value for each set of a run: index tensors, read-outs, counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from typing import Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class PerSet(Generic[T]):
    """A value for each set; ``validation`` and ``unseen`` are None where there is none.

    ``unseen`` are the attack's non-members where they are not the test set: in class removal, all held-out
    samples of the forgotten class. The order of the fields is that of the per-sample table.
    """

    retain: T
    forget: T
    test: T
    validation: T | None = field(default=None, kw_only=True)
    unseen: T | None = None

    @property
    def nonmembers(self) -> T:
        """What an attacker has to tell from the forget set."""
        return self.test if self.unseen is None else self.unseen

    def items(self) -> Iterator[tuple[str, T]]:
        """Name and value of each set that is there: retain, forget, test, validation, unseen."""
        for one in fields(self):
            value = vars(self)[one.name]
            if value is not None:
                yield one.name, value

    def map(self, change: Callable[[T], U]) -> PerSet[U]:
        """The changed value of each set that is there."""
        return PerSet(**{name: change(value) for name, value in self.items()})
