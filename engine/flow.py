"""The values that flow between the engine's parts: what is asked for, set sizes, costs and steps. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from torch import Tensor, nn

Status = Literal["queued", "running", "finished", "failed", "cancelled", "interrupted"]
ENDED: tuple[Status, ...] = ("finished", "failed", "cancelled", "interrupted")
PROFILES = ("corrected", "paper")
NAMED_SEEDS = ("forget_seed", "unlearning_seed", "evaluation_seed")  # each follows ``seed`` where it is None


@dataclass(frozen=True)
class Sizes:
    """Numbers of samples in each set.

    Parameters
    ----------
    train, forget, retain : int
        The training set D, and its two parts.
    validation, test : int
        The held-out sets.
    unseen : int, optional
        The attack's non-members where these are not the test set.

    Examples
    --------
    >>> from engine import Sizes
    >>> sizes = Sizes(train=1000, forget=150, retain=850, validation=398, test=399)
    >>> sizes.nonmembers, sizes.forget_fraction
    (399, 0.15)
    """

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
    """What a method will cost.

    Parameters
    ----------
    steps : int
        Steps of the optimiser.
    samples : int
        Samples that pass forward and backward.
    at_most : bool
        Whether the method may stop by itself before that.

    Examples
    --------
    >>> from engine import Plan
    >>> Plan(steps=80, samples=4_932).steps
    80
    """

    steps: int
    samples: int
    at_most: bool = False


@dataclass
class Progress:
    """One step of a method or of a training.

    Parameters
    ----------
    step, total_steps : int
        The number of this step, from 1, and of the last one.
    samples : int
        Samples that passed forward and backward so far.
    terms : dict of str to Tensor or float
        Detached scalars of this step, such as losses in nats, alpha, or the learning rate.
    epoch : int
        Finished epochs.
    state : TrainingState, optional
        Set at the end of an epoch by trainings that can be resumed.
    ends_epoch : bool
        Whether this is the last step of its epoch; a method without epochs need not say so.

    Examples
    --------
    >>> from engine import Progress
    >>> Progress(step=1, total_steps=80, samples=64, terms={"retain_loss": 0.7}).terms["retain_loss"]
    0.7
    """

    step: int
    total_steps: int
    samples: int
    terms: dict[str, Tensor | float]
    epoch: int = 0
    state: TrainingState | None = None
    ends_epoch: bool = False


@dataclass
class TrainingState:
    """All that a killed training needs to continue.

    Parameters
    ----------
    epoch, step, samples : int
        Finished epochs, steps and samples.
    model : nn.Module
        The network as it was then.
    optimiser : Any
        Its optimiser, a ``torch.optim.Optimizer``.

    Examples
    --------
    >>> TrainingState(epoch=3, step=48, samples=3_000, model=None, optimiser=None).epoch
    3
    """

    epoch: int
    step: int
    samples: int
    model: nn.Module
    optimiser: Any


@dataclass(frozen=True)
class Seeds:
    """The four seeds of a run, each by its name (Trippa et al. vary the last three together).

    Parameters
    ----------
    training : int
        Of the Original.
    forget : int
        Of the split: the forget set, and the halves of the held-out samples.
    unlearning : int
        Of the method: the order of batches and whatever it draws; of a retraining also its first weights.
    evaluation : int
        Of measuring: null bands, the samples of live charts and, where it is named, the attacks' shuffles.

    Examples
    --------
    >>> Spec(seed=1, original_seed=2, unlearning_seed=7).seeds
    Seeds(training=2, forget=1, unlearning=7, evaluation=1)
    """

    training: int
    forget: int
    unlearning: int
    evaluation: int

Forgotten = float | int | str | tuple[int, ...] | None  # a fraction, or classes; None: the parameters say who


@dataclass(frozen=True)
class Spec:
    """One run as a person asks for it. See :mod:`engine.spec` for validation and identity.

    Making a spec checks nothing: :func:`engine.spec.resolve` raises :class:`engine.errors.BadSpec` with every problem.

    Parameters
    ----------
    dataset, method : str
        Names or aliases.
    model : str, optional
        The model's name, by default that of the data set.
    scenario : str
        Who is forgotten: ``random`` (paper, section 5.2), ``class`` or another one.
    forget_fraction : float, optional
        A fraction of the training set in (0, 0.6]; None where the scenario goes by something else.
    forget_class : str, int or tuple, optional
        The class to forget, by name or number, where the scenario goes by classes; several as ``(3, 5)`` or ``"3,5"``.
    seed, original_seed : int
        The seed of the run, and the one that the Original was trained with.
    forget_seed, unlearning_seed, evaluation_seed : int, optional
        Seeds of the split, the method and the measuring (:class:`Seeds`); None follows ``seed``.
    original : str, optional
        The name of an imported Original to forget from (:mod:`engine.originals.imported`), instead of a trained one.
    start : mapping of str to Any, optional
        The spec of the run whose unlearned weights it continues from, as it is stored (:mod:`engine.chain`).
    profile : {'corrected', 'paper'}
        Whether to follow the published tables, quirks included.
    parameters, options : mapping of str to Any, optional
        Hyperparameters and options of the data set that differ from the defaults.
    selection : mapping of str to Any, optional
        The scenario's own parameters that differ from the defaults.

    Examples
    --------
    >>> from engine import Spec
    >>> Spec(method="finetune", forget_fraction=0.2).forgotten
    0.2
    """

    dataset: str = "digits"
    method: str = "nabla_tau"
    model: str | None = None
    scenario: str = "random"
    forget_fraction: float | None = 0.15
    forget_class: str | int | tuple[int, ...] | None = None
    seed: int = 0
    original_seed: int = 0
    profile: str = "corrected"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    forget_seed: int | None = None
    unlearning_seed: int | None = None
    evaluation_seed: int | None = None
    selection: Mapping[str, Any] = field(default_factory=dict)
    original: str | None = None
    start: Mapping[str, Any] | None = None

    @property
    def earlier(self) -> tuple[tuple[Any, ...], ...]:
        """Who was forgotten before, a request each, the first one first: what retrained models have to share."""
        if self.start is None:
            return ()
        before = Spec(**self.start)
        return (*before.earlier, (before.scenario, before.forget_fraction, before.forget_class,
                                  tuple(sorted(before.selection.items())), before.seeds.forget))

    @property
    def seeds(self) -> Seeds:
        """The four seeds; one that is None is ``seed``."""
        forget, unlearning, evaluation = (self.seed if one is None else one for one in (
            self.forget_seed, self.unlearning_seed, self.evaluation_seed))
        return Seeds(self.original_seed, forget, unlearning, evaluation)

    @property
    def named_seeds(self) -> dict[str, int]:
        """The seeds that are named beside ``seed``; those that follow it are left out."""
        return {name: value for name in NAMED_SEEDS if (value := getattr(self, name)) is not None}

    @property
    def fraction(self) -> float:
        """``forget_fraction`` where the scenario goes by it. Raises TypeError where the spec has none."""
        if self.forget_fraction is None:
            raise TypeError(f"forget_fraction is None: the scenario {self.scenario!r} forgets no fraction.")
        return self.forget_fraction

    @property
    def class_numbers(self) -> tuple[int, ...]:
        """The classes of a resolved spec. Raises TypeError where they are not numbers yet, or there are none."""
        asked = self.forget_class if isinstance(self.forget_class, tuple) else (self.forget_class,)
        numbers = tuple(one for one in asked if isinstance(one, int))
        if len(numbers) < len(asked):
            raise TypeError(f"forget_class is {self.forget_class!r}, but must be a number: resolve the spec first.")
        return numbers

    def __post_init__(self) -> None:
        if isinstance(self.forget_class, list):  # as JSON has it
            object.__setattr__(self, "forget_class", tuple(self.forget_class))

    @property
    def forgotten(self) -> Forgotten:
        """The class where one is named, else the fraction; None where the scenario goes by neither."""
        return self.forget_fraction if self.forget_class is None else self.forget_class
