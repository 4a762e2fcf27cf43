"""The records that components declare and the values that flow between the engine's parts.

Nothing here imports torch: declarations are read without waiting for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from engine.hyperparameters import Auto as Auto
from engine.hyperparameters import Hyperparameter as Hyperparameter
from engine.hyperparameters import declared as declared
from engine.hyperparameters import parameter as parameter
from engine.terms import Term as Term

if TYPE_CHECKING:
    from torch import Tensor, nn

Status = Literal["queued", "running", "finished", "failed", "cancelled", "interrupted"]
ENDED: tuple[Status, ...] = ("finished", "failed", "cancelled", "interrupted")
PROFILES = ("corrected", "paper")


# --- what components declare ----------------------------------------------------------------


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
    kind: Literal["image", "text"]
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

    ``inputs`` are an image's channels or a vocabulary's words. A text model has ``prepare(data)``, which returns
    the data with the tokens that it reads. Where ``pretrained`` is set, ``build`` loads published weights and only the
    module ``head`` gets its first weights here; it raises :class:`engine.errors.ModelMissing` where they are absent,
    and ``available()`` says at once where they would come from, or None. ``own_vocabulary``: the tokens depend on the
    training texts, so that an Original can only read the data it was trained on. ``unlearning`` holds, by data set and
    method, the hyperparameters that this model changes.
    """

    name: str
    title: str
    kind: Literal["image", "text"]
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
class Attack:
    """A membership inference attack.

    ``score_samples`` is called by name with what ``needs`` lists and returns a number a sample, (N,), higher where a
    member is likelier. It may need columns of a read-out (``loss`` and ``entropy``, float64 (N,) in nats; ``correct``,
    bool (N,)), or tables of samples (``engine.runs.readings.samples_frame``): ``samples``, the rows to score,
    ``population``, those of the validation set, and ``retrained``, the tables of all models retrained on these data.
    ROC area, exposure at few false alarms, their intervals and the distance from 50 follow from the scores
    (``engine.evaluation.measure``).

    ``accuracy(members, nonmembers)`` is the accuracy in percent from both sides' scores (50 = coin toss), by default
    that of the paper's logistic regression on the score. ``quick`` is the same for live curves and null bands, where
    there is a cheaper way to (nearly) the same number. ``quick_many`` is ``quick`` of P pairs of sides of equal size
    (P, N) at once, as an array (P,): null bands are a hundred attacks.

    A ``headline`` attack has a column in every table and a map. In sentences it is called ``short`` (``loss attack``),
    its attacker finds members by ``means`` (``by the loss``), and members have less of ``lower``, a noun and its plural
    (``loss``, ``losses``). ``stored`` names what runs store under other names than ``NAME_auc`` and so on, the present
    name first.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    score_samples: Callable[..., Any]
    summary: str
    source: str
    accuracy: Callable[..., float] | None = None
    quick: Callable[..., float] | None = None
    quick_many: Callable[..., Any] | None = None
    headline: bool = False
    short: str = ""
    means: str = ""
    lower: tuple[str, str] | None = None
    stored: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()

    @property
    def needs_retrained(self) -> bool:
        """Whether it can be carried out only beside retrained models, so not while a method trains."""
        return bool({"samples", "population", "retrained"} & set(self.needs))

    @property
    def short_title(self) -> str:
        """The title without its abbreviation in brackets: ``Attack on the loss``."""
        return self.title.partition(" (")[0]

    @property
    def label(self) -> str:
        """What it is called in the middle of a sentence: ``loss attack``."""
        return self.short or self.short_title

    def metric(self, what: str) -> str:
        """The name of one of its metrics: ``mia_loss_auc`` for ``auc``."""
        return self.metric_names(what)[0]

    def metric_names(self, what: str) -> tuple[str, ...]:
        """All names of one of its metrics, former ones last."""
        of, interval, _ = what.partition("_interval")
        return tuple(f"{name}{interval}" for name in self.stored.get(of, (f"{self.name}_{of}",)))

    def value(self, metrics: Mapping[str, Any], what: str) -> Any:
        """One of its metrics by any of its names, None where it was not measured."""
        return next((metrics[name] for name in self.metric_names(what) if metrics.get(name) is not None), None)


@dataclass(frozen=True)
class Scenario:
    """A way to choose what is forgotten, and what follows from it for the measures.

    ``select(data, spec)`` returns the indices of D_f into D, int64 (F,), in any order; ``sizes(spec, dataset)`` what to
    expect before the data are loaded. ``target`` names the field of the spec that it goes by: a ``fraction`` of D, or a
    ``class``. ``unseen(data, spec)`` returns the held-out indices that an attacker has to tell from D_f, which the test
    set then leaves out; where it is None these are the test set. ``aim`` says in a sentence what a well-forgotten set
    looks like. ``columns`` are the metrics of its tables and
    ``ideals`` those metrics' ideals that differ from the usual ones (``engine.evaluation.metrics``).
    """

    name: str
    title: str
    select: Callable[[Any, Spec], Tensor]
    sizes: Callable[[Spec, Dataset], Sizes]
    summary: str
    source: str
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


# --- what flows -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Sizes:
    """Numbers of samples in each set; ``unseen``: the attack's non-members where these are not the test set."""

    train: int
    forget: int
    retain: int
    validation: int
    test: int
    unseen: int | None = None

    @property
    def nonmembers(self) -> int:
        """How many samples an attacker has to tell from the forget set."""
        return self.test if self.unseen is None else self.unseen

    @property
    def forget_fraction(self) -> float:
        return self.forget / self.train


@dataclass(frozen=True)
class Plan:
    """What a method will cost: optimiser steps, and samples that pass forward and backward."""

    steps: int
    samples: int


@dataclass
class Progress:
    """One step of a method or of a training.

    ``terms`` holds detached scalars of this step (losses, alpha, learning rate); ``state`` is set at the end of an
    epoch by trainings that can be resumed.
    """

    step: int
    total_steps: int
    samples: int
    terms: dict[str, Tensor | float]
    epoch: int = 0
    state: TrainingState | None = None


@dataclass
class TrainingState:
    """All that a killed training needs to go on after ``epoch`` finished epochs."""

    epoch: int
    step: int
    samples: int
    model: nn.Module
    optimiser: Any


@dataclass(frozen=True)
class Spec:
    """One run as a person asks for it. See :mod:`engine.spec` for validation and identity.

    ``forget_fraction`` is a fraction of the training set in (0, 0.6]; ``forget_class`` belongs to the scenario
    ``class``; ``parameters`` holds hyperparameters that differ from the defaults; ``options`` those of the data set.
    """

    dataset: str = "digits"
    method: str = "nabla_tau"
    model: str | None = None
    scenario: str = "random"
    forget_fraction: float | None = 0.15
    forget_class: str | int | None = None
    seed: int = 0
    original_seed: int = 0
    profile: str = "corrected"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
