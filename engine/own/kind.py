"""What a kind says of a person's own data: which columns hold samples, how they are read, and what to train on them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.errors import BadSource
from engine.kind import Kind, OfKind, kind_of, kinds
from engine.own.part import Part
from engine.own.tables import Rows
from engine.types import Model, Recipe

Report = Callable[[str, float | None], None]
Scale = tuple[tuple[float, ...], tuple[float, ...]]  # mean and deviation of each of a kind's channels


@dataclass(frozen=True)
class Found:
    """The samples of a person's own source: by split, and by split and row why one cannot be read.

    ``sizes`` says what they measured, ``input_size`` is the one that networks read.
    """

    samples: Mapping[str, Any]
    bad: Mapping[str, Mapping[int, str]]
    sizes: str
    input_size: int
    notes: Sequence[str] = ()


class OwnKind(Kind):
    """A kind of data that a person's own tables and folders may hold."""

    option: ClassVar[str]  # what names the columns in the command line: --image COLUMN
    field: ClassVar[str]  # the same on a page: Column of pictures
    option_help: ClassVar[str]
    sized: ClassVar[bool] = False  # whether a person may choose the size

    def named(self, text: str) -> tuple[str, ...]:
        """The columns that a person's text names."""
        return (text,)

    def sure(self, rows: Rows, label: str | None) -> tuple[str, ...] | None:
        """The columns of a table that surely hold samples of this kind."""
        return None

    def likely(self, rows: Rows, label: str | None) -> tuple[str, ...] | None:
        """The columns that probably do, where no kind is sure of any."""
        return None

    @abstractmethod
    def read(self, splits: Mapping[str, Rows], columns: tuple[str, ...], size: int | None, report: Report) -> Found:
        """All rows of these columns as samples."""

    def content(self, sample: Any) -> bytes:
        """What two samples have in common where they are the same."""
        return bytes(sample.tobytes())

    def joined(self, parts: Sequence[Part]) -> Any:
        """The samples of several parts, one after the other."""
        import numpy as np

        return np.concatenate([part.samples for part in parts])

    def channels(self, input_size: int) -> int:
        """How many numbers ``mean`` and ``std`` have."""
        return 0

    def scale(self, part: Part) -> Scale:
        """Mean and deviation of the training samples."""
        return (), ()

    @abstractmethod
    def data(self, train: Part, heldout: Part, **about: Any) -> Any:
        """Loaded data of these samples; ``about`` are the other fields of :class:`engine.data.base.Data`."""

    @abstractmethod
    def usual_model(self, input_size: int, train: int) -> str:
        """The model that is proposed for so many training samples: the smallest that learns such data."""

    @abstractmethod
    def usual_recipe(self, train: int, model: Model | None, augment: bool) -> Recipe:
        """The recipe for a model; without one, for any other than the proposed."""

    def excerpt(self, part: Part, row: int, longest: int) -> Mapping[str, Any]:
        """A sample that is not loaded yet as a page shows it, a text cut after so many characters."""
        return {"picture": part.samples[row]}


def own_kinds() -> tuple[OwnKind, ...]:
    """The kinds of which a person may bring data."""
    return tuple(kind for kind in kinds() if isinstance(kind, OwnKind))


def own_kind_of(record: OfKind | str) -> OwnKind:
    """The kind of a look or a declaration. Raises BadSource where nobody can bring such data."""
    kind = kind_of(record)
    if not isinstance(kind, OwnKind):
        raise BadSource(f"Data of the kind {kind.name!r} cannot be added from files: write a component file for them "
                        "(docs/extending.md).")
    return kind
