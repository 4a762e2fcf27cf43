"""What can be said of a kind of data before anything is loaded: images, texts, points. One record a kind.

Kinds are found in ``engine/kinds``; a component's file may add another with :func:`register_kind`. Where kinds differ,
the rest of the app asks the record: no other file names a kind to decide something. What a kind is once it is loaded,
its batches and samples, is :mod:`engine.data.base`.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from abc import ABC
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from engine.errors import BadInput
from engine.system.words import unknown

if TYPE_CHECKING:
    from engine.dataset import Dataset

FIRST = ("image", "text", "points")  # the order in which a table's columns are guessed


class OfKind(Protocol):
    """What names its kind of data: a data set, a model, a look at a person's own data."""

    @property
    def kind(self) -> str: ...


class Reader(Protocol):
    """A model, as far as a kind has to know it."""

    @property
    def name(self) -> str: ...
    @property
    def min_input_size(self) -> int: ...
    @property
    def prepare(self) -> Callable[[Any], Any] | None: ...


class Kind(ABC):
    """One kind of data; the class attributes are its words, the methods its answers.

    A kind that a person's own tables may hold is an :class:`engine.own.kind.OwnKind`.
    """

    name: ClassVar[str]  # in specs, declarations and files
    noun: ClassVar[str]  # what pages call one sample: picture
    plural: ClassVar[str]  # what the command line calls samples: images
    unit: ClassVar[str]  # of ``input_size``: pixels a side
    like: ClassVar[str]  # which held-out sample is like another, after "the held-out picture": nearest to it
    has_words: ClassVar[bool] = False  # whether words can be looked for in samples
    convolved: ClassVar[bool] = False  # whether there are two-dimensional convolutions among the models that read it
    read_as_trained: ClassVar[bool] = False  # engine.evaluation.protocol: in profile paper, as its authors did

    def fits(self, model: Reader, input_size: int) -> bool:
        """Whether a model of this kind reads samples of this size."""
        return model.min_input_size <= input_size

    def misfit(self, model: Reader, dataset: Dataset) -> str:
        """Why a model of this kind does not read a data set of this kind, after its name: a sentence without an end."""
        return (f"reads {self.noun}s from {model.min_input_size} {self.unit}, but those of {dataset.name} have "
                f"{dataset.input_size}")

    def wrong_model(self, model: Reader) -> str | None:
        """What is wrong with a model that declares this kind, None where nothing is."""
        return None

    def in_plane(self, dataset: Dataset) -> bool:
        """Whether samples lie in a plane, as those of the Playground do."""
        return False


_registered: dict[str, Kind] = {}


def kinds() -> tuple[Kind, ...]:
    """All kinds, those that ship first.

    Examples
    --------
    >>> [kind.name for kind in kinds()]
    ['image', 'text', 'points']
    """
    found = {**_found(), **_registered}
    return tuple(sorted(found.values(), key=lambda kind: FIRST.index(kind.name) if kind.name in FIRST else len(FIRST)))


def kind_of(record: OfKind | str) -> Kind:
    """The kind of a record, or of that name. Raises BadInput where there is none.

    Examples
    --------
    >>> from engine.registry import get
    >>> kind_of(get("dataset", "digits")).noun
    'picture'
    """
    name = record if isinstance(record, str) else record.kind
    found = {**_found(), **_registered}
    if name not in found:
        raise BadInput(unknown("kind of data", name, names()))
    return found[name]


def names() -> tuple[str, ...]:
    return tuple(kind.name for kind in kinds())


def register_kind(kind: Kind) -> None:
    """Adds a kind to this process; one that a file added may be added by it again. Raises BadInput for a taken name."""
    there = {**_found(), **_registered}.get(kind.name)
    if there is not None and type(there).__qualname__ != type(kind).__qualname__:
        raise BadInput(f"There is a kind of data named {kind.name!r} already: choose another name.")
    _registered[kind.name] = kind


def listed(words: Iterable[str]) -> str:
    """``pictures, texts or points``."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


@functools.cache
def _found() -> dict[str, Kind]:
    package = importlib.import_module("engine.kinds")
    files = [importlib.import_module(f"{package.__name__}.{found.name}")
             for found in pkgutil.iter_modules(package.__path__)]
    return {file.KIND.name: file.KIND for file in files}
