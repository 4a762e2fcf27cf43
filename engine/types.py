"""The records that components declare and the values that flow between the engine's parts.

Nothing here imports torch: declarations are read without waiting for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from engine.attack import Attack as Attack
from engine.flow import ENDED as ENDED
from engine.flow import PROFILES as PROFILES
from engine.flow import Plan as Plan
from engine.flow import Progress as Progress
from engine.flow import Sizes as Sizes
from engine.flow import Spec as Spec
from engine.flow import Status as Status
from engine.flow import TrainingState as TrainingState
from engine.hyperparameters import Auto as Auto
from engine.hyperparameters import Hyperparameter as Hyperparameter
from engine.hyperparameters import declared as declared
from engine.hyperparameters import parameter as parameter
from engine.terms import Term as Term

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Recipe:
    """How a model is trained from scratch (docs/methods.md, "Data and the Original model").

    The learning rate falls linearly per epoch from ``learning_rate`` towards ``learning_rate * final_lr_fraction``;
    ``weight_decay`` and ``momentum`` are the optimiser's own; ``augment`` applies the data's training augmentation.
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

    ``profiles`` names the profiles under which another choice is the default.
    """

    name: str
    default: Any
    choices: tuple[Any, ...]
    help: str
    profiles: Mapping[str, Any] = field(default_factory=dict)

    def default_in(self, profile: str) -> Any:
        return self.profiles.get(profile, self.default)


@dataclass(frozen=True)
class Dataset:
    """A data set: its description, its training recipe and the function that loads it.

    ``load(options, on_progress)`` returns :class:`engine.data.images.Data` on the CPU or raises
    :class:`engine.errors.DataMissing`. ``available()`` answers at once, without loading: where the data would come
    from, or None. ``unlearning`` holds, per method name, the hyperparameters that this data set's published or tuned
    settings change; ``tuning`` says in a sentence or two how they were chosen, so that a comparison can be judged.
    ``heldout_size`` counts test and validation together; ``test_size`` is the official test set's where the
    two are apart already, None where the held-out samples are halved by the seed. ``class_counts`` are the samples
    of each class in the training set, in the test set and held out as a whole, where classes differ in size.
    ``at(options)`` is this record as it is under these options; ``multi_label`` says that samples can have several
    labels there, and ``single_labels`` how they are had with one, as the end of a sentence. ``paper_model`` is the
    paper's model on these data where it is not the default; ``paper_reads_all_of_train`` says that its retain
    accuracy, for a random subset, is the one on all of D.
    """

    name: str
    title: str
    kind: Literal["image", "text", "points"]
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
    single_labels: str = ""
    paper_model: str | None = None
    paper_reads_all_of_train: bool = False
    variant: Callable[[Dataset, Mapping[str, Any]], Dataset] | None = None
    aliases: tuple[str, ...] = ()

    def at(self, options: Mapping[str, Any]) -> Dataset:
        return self.variant(self, options) if self.variant else self


@dataclass(frozen=True)
class Model:
    """A network: ``build(classes, inputs)`` returns it uninitialised (see ``engine.models``).

    ``inputs`` are an image's channels, a vocabulary's words or a point's coordinates. A text model has
    ``prepare(data)``, which returns the data with the tokens that it reads. Where ``pretrained`` is set, ``build``
    loads published weights and only the module ``head`` gets its first weights here; it raises
    :class:`engine.errors.ModelMissing` where they are absent, and ``available()`` says at once where they would come
    from, or None. ``own_vocabulary``: the tokens depend on the training texts, so that an Original can only read the
    data it was trained on. ``unlearning`` holds, by data set and method, the hyperparameters that this model changes.
    """

    name: str
    title: str
    kind: Literal["image", "text", "points"]
    build: Callable[..., Any]
    summary: str
    source: str
    min_input_size: int = 0
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    prepare: Callable[[Any], Any] | None = None
    pretrained: bool = False
    available: Callable[[], str | None] = lambda: "embedded"
    own_vocabulary: bool = False
    unlearning: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()

    def fits(self, dataset: Dataset) -> bool:
        return self.kind == dataset.kind and dataset.input_size >= self.min_input_size

    def recipe_for(self, dataset: Dataset) -> Recipe:
        return self.recipes.get(dataset.name, dataset.recipe)

    def settings_for(self, dataset: Dataset, method: Method) -> Mapping[str, Any]:
        """What the data set and this model change in a method's defaults; the model has the last word."""
        own = self.unlearning.get(dataset.name, {})
        return {**dataset.unlearning.get(method.name, {}), **own.get(method.name, {})}


@dataclass(frozen=True)
class Method:
    """An unlearning method.

    ``parameters`` is a frozen dataclass whose fields are made with :func:`parameter`. ``unlearn(task, parameters)`` is
    a generator: it changes ``task.model`` in place and yields a :class:`Progress` after every step, with the ``terms``
    declared here and the learning rate. ``plan(parameters, sizes)`` says beforehand what that costs. ``profiles`` names
    what a profile changes in the defaults. ``one_label`` says, as the end of a sentence, why every sample must have
    exactly one label, if it must. One method has the role ``reference``: the others are measured against it.
    ``in_paper`` marks the paper's; ``aliases`` are former names; ``latex`` is a title for LaTeX tables.
    """

    name: str
    title: str
    summary: str
    source: str
    parameters: type
    unlearn: Callable[[Any, Any], Iterator[Progress]]
    plan: Callable[[Any, Sizes], Plan]
    profiles: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    from_scratch: bool = False
    one_label: str = ""
    terms: tuple[Term, ...] = ()
    role: Literal["method", "reference"] = "method"
    in_paper: bool = False
    aliases: tuple[str, ...] = ()
    latex: str = ""

    @property
    def knob(self) -> Hyperparameter | None:
        """The hyperparameter that pages name beside the method: of the group ``main``, with a rule of its own."""
        return next((h for h in declared(self.parameters) if h.group == "main" and h.auto), None)

    def why_not(self, dataset: Dataset) -> str | None:
        """Why the method cannot work on a data set (as :meth:`Dataset.at` gives it), in a sentence; None: it can."""
        if not (self.one_label and dataset.multi_label):
            return None
        remedy = dataset.single_labels and f": {dataset.single_labels}"
        return f"{self.title} {self.one_label}, but here a sample of {dataset.title} can have several labels{remedy}."


@dataclass(frozen=True)
class Scenario:
    """A way to choose what is forgotten, and what follows from it for the measures.

    ``select(data, spec)`` returns the indices of D_f into D, int64 (F,), in any order. ``target`` names the field of
    the spec that it goes by: a ``fraction`` of D, or a ``class``. ``sizes(spec, dataset)`` says what to expect before
    the data are loaded, by default that fraction of D. ``unseen(data, spec)`` returns the held-out indices that an
    attacker has to tell from D_f, which the test set then leaves out; where it is None these are the test set.
    ``aim`` says in a sentence what a well-forgotten set looks like. ``columns`` are the metrics of its tables,
    ``ideals`` those metrics' ideals that differ from the usual ones (``engine.evaluation.metrics``).
    """

    name: str
    title: str
    select: Callable[[Any, Spec], Tensor]
    summary: str
    source: str
    sizes: Callable[[Spec, Dataset], Sizes] | None = None
    target: Literal["fraction", "class"] = "fraction"
    unseen: Callable[[Any, Spec], Tensor] | None = None
    aim: str = ""
    columns: tuple[str, ...] = ("retain_accuracy", "accuracy_gap", "test_accuracy")
    ideals: Mapping[str, str | float] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()

    @property
    def by_class(self) -> bool:
        """Whether a class is named, not a fraction."""
        return self.target == "class"

    @property
    def compared_with(self) -> Literal["test", "unseen"]:
        """The set that an attacker has to tell from D_f."""
        return "test" if self.unseen is None else "unseen"


@dataclass(frozen=True)
class Setting:
    """What an automatic hyperparameter may depend on."""

    dataset: Dataset
    recipe: Recipe
    sizes: Sizes
