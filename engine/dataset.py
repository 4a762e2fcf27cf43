"""What a data set declares: its recipe, its options and how it is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Recipe:
    """How a model is trained from scratch (docs/methods.md, "Data and the Original model").

    The learning rate falls linearly per epoch from ``learning_rate`` towards ``learning_rate * final_lr_fraction``.

    Parameters
    ----------
    optimiser : {'sgd', 'adamw'}
        The optimiser.
    learning_rate : float
        The learning rate of the first epoch.
    batch_size, epochs : int
        Samples a step, and passes over the training set.
    final_lr_fraction : float
        What the learning rate falls towards, as a fraction of the first.
    momentum, weight_decay : float
        The optimiser's own.
    augment : bool
        Whether training applies the data's augmentation.

    Examples
    --------
    >>> from engine import Recipe
    >>> Recipe("sgd", learning_rate=0.1, batch_size=64, epochs=20, final_lr_fraction=0.01).momentum
    0.0
    """

    optimiser: Literal["sgd", "adamw"]
    learning_rate: float
    batch_size: int
    epochs: int
    final_lr_fraction: float
    momentum: float = 0.0
    weight_decay: float = 0.0
    augment: bool = False


@dataclass(frozen=True)
class Option:
    """A choice that a data set offers about itself, such as the rate of label noise.

    Parameters
    ----------
    name : str
        Its name, as in ``Spec.options``.
    default : Any
        The usual choice.
    choices : tuple
        All choices, the default among them.
    help : str
        What it does, in a sentence.
    profiles : mapping of str to Any, optional
        The default under those profiles where it is another one.
    later : bool
        Whether it came after results of this data set were kept: at its default it is left out of all identities.
    needs : mapping of str to Any, optional
        What other options must be wherever this one is not at its default.

    Examples
    --------
    >>> from engine import Option
    >>> Option("label_noise", 0.2, (0.0, 0.2), "Share of wrong labels.", {"paper": 0.0}).default_in("paper")
    0.0
    """

    name: str
    default: Any
    choices: tuple[Any, ...]
    help: str
    profiles: Mapping[str, Any] = field(default_factory=dict)
    later: bool = False
    needs: Mapping[str, Any] = field(default_factory=dict)

    def default_in(self, profile: str) -> Any:
        return self.profiles.get(profile, self.default)


@dataclass(frozen=True)
class Dataset:
    """A data set: its description, its training recipe and the function that loads it.

    Parameters
    ----------
    name, title : str
        The name in specs, and the one on screen.
    kind : str
        The name of its kind of data (:mod:`engine.kind`), which says which models can read it: ``image``, ``text`` or
        ``points``.
    classes : tuple of str
        The classes by number.
    train_size, heldout_size : int
        Samples in the training set D, and in test and validation set together.
    input_size : int
        Pixels a side, tokens a text, or coordinates a point.
    default_model : str
        The name of the usual model.
    recipe : Recipe
        How an Original is trained on it, unless the model has a recipe of its own.
    load : callable
        ``load(options, on_progress)`` returns :class:`engine.data.base.Data` on the CPU or raises
        :class:`engine.errors.DataMissing`.
    available : callable
        ``available()`` answers at once, without loading: where the data would come from, or None.
    summary, source : str
        What it is in a sentence, and where it is published.
    options : tuple of Option, optional
        The choices that it offers.
    unlearning : mapping, optional
        By method, the hyperparameters that this data set's published or tuned settings change.
    threads : int, optional
        Threads that torch should use on a CPU, where the usual number is slower.
    note, tuning : str
        What the page says below the choice, and how ``unlearning`` was chosen, so that a comparison can be judged.
    test_size : int, optional
        The official test set's samples where it is apart already; None where the held-out samples are halved by the
        seed.
    class_counts : tuple of tuple of int
        Samples of each class in the training set, in the test set and held out as a whole, where classes differ.
    multi_label : bool
        Whether samples can have several labels.
    attributes : tuple of str
        Further columns that samples may be chosen by (:class:`engine.data.about.About`).
    single_labels : str
        How the data are had with one label each, as the end of a sentence.
    paper_model : str, optional
        The paper's model on these data where it is not the default.
    paper_reads_all_of_train : bool
        Whether the paper's retain accuracy, for a random subset, is the one on all of D.
    variant : callable, optional
        ``variant(dataset, options)`` returns this record as it is under these options.
    manipulated : int
        Training samples whose label is wrong on purpose, as the loaded data tell it from the true one.
    aliases : tuple of str
        Former names.
    recipes : mapping of str to Recipe, optional
        By model, how it is trained on these data, where that differs from ``recipe``.
    stamp : callable, optional
        ``stamp()`` gives a text that changes when the files do that the data are read from; data are kept until then.
    absent : str
        What to do where the data are not on this machine, as a sentence, unless they are downloaded.
    code : str
        What makes results of data that no code file loads (:mod:`engine.lineage`), such as a person's own.

    Examples
    --------
    >>> from engine.registry import get
    >>> digits = get("dataset", "digits")
    >>> digits.train_size, len(digits.classes), digits.at({"label_noise": 0.2}).name
    (1000, 10, 'digits')
    """

    name: str
    title: str
    kind: str
    classes: tuple[str, ...]
    train_size: int
    heldout_size: int
    input_size: int
    default_model: str
    recipe: Recipe
    load: Callable[..., Any]
    available: Callable[[], str | None]
    summary: str
    source: str
    options: tuple[Option, ...] = ()
    unlearning: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    threads: int | None = None
    note: str = ""
    tuning: str = ""
    test_size: int | None = None
    class_counts: tuple[tuple[int, ...], ...] = ()
    multi_label: bool = False
    attributes: tuple[str, ...] = ()
    single_labels: str = ""
    paper_model: str | None = None
    paper_reads_all_of_train: bool = False
    variant: Callable[[Dataset, Mapping[str, Any]], Dataset] | None = None
    manipulated: int = 0
    aliases: tuple[str, ...] = ()
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    stamp: Callable[[], str] = lambda: ""
    absent: str = ""
    code: str = ""

    def filled(self, options: Mapping[str, Any], profile: str) -> dict[str, Any]:
        """These options with the default of every other one."""
        return {one.name: options.get(one.name, one.default_in(profile)) for one in self.options}

    def at(self, options: Mapping[str, Any]) -> Dataset:
        return self.variant(self, options) if self.variant else self
