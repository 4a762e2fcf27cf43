"""What a network declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.dataset import Dataset, Recipe
from engine.kind import kind_of
from engine.method import Method


@dataclass(frozen=True)
class Model:
    """A network, and how it reads data (see ``engine.models``).

    Parameters
    ----------
    name, title : str
        The name in specs, and the one on screen.
    kind : str
        What it reads: the name of a kind of data, such as ``image``, ``text`` or ``points`` (:mod:`engine.kind`).
    build : callable
        ``build(classes, inputs)`` returns the network uninitialised; ``inputs`` are an image's channels or a
        vocabulary's words. With ``pretrained`` it loads published weights, or raises
        :class:`engine.errors.ModelMissing`.
    summary, source : str
        What it is in a sentence, and where it is published.
    min_input_size : int
        The fewest pixels a side that it can read.
    recipes : mapping of str to Recipe, optional
        By data set, how it is trained there, where that differs from the data set's recipe.
    prepare : callable, optional
        ``prepare(data)`` returns the data with the tokens that it reads. A text model must have it.
    pretrained : bool
        Whether ``build`` loads weights; only the module ``head`` gets its first weights here.
    available : callable, optional
        ``available()`` says at once where published weights would come from, or None.
    own_vocabulary : bool
        Whether tokens depend on the training texts, so that an Original can only read the data it was trained on.
    convolutional : bool
        Whether its weights are mostly those of two-dimensional convolutions, which some methods change.
    unlearning : mapping, optional
        By data set and method, the hyperparameters that this model changes.
    code : str
        What makes its results where it is in no file of this project, such as a package's version; else empty.
    aliases : tuple of str
        Former names.

    Examples
    --------
    >>> from engine.registry import get
    >>> get("model", "small_cnn").fits(get("dataset", "digits"))
    True
    """

    name: str
    title: str
    kind: str
    build: Callable[..., Any]
    summary: str
    source: str
    min_input_size: int = 0
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    prepare: Callable[[Any], Any] | None = None
    pretrained: bool = False
    available: Callable[[], str | None] = lambda: "embedded"
    own_vocabulary: bool = False
    convolutional: bool = False
    unlearning: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    code: str = ""
    aliases: tuple[str, ...] = ()

    def fits(self, dataset: Dataset) -> bool:
        return self.kind == dataset.kind and kind_of(self).fits(self, dataset.input_size)

    def recipe_for(self, dataset: Dataset) -> Recipe:
        return self.recipes.get(dataset.name) or dataset.recipes.get(self.name, dataset.recipe)

    def settings_for(self, dataset: Dataset, method: Method) -> Mapping[str, Any]:
        """What the data set and this model change in a method's defaults; the model has the last word."""
        own = self.unlearning.get(dataset.name, {})
        return {**method.tuned(dataset.unlearning), **method.tuned(own)}
