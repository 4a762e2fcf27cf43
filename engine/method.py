"""What an unlearning method declares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.dataset import Dataset
from engine.flow import Plan, Progress, Sizes
from engine.hyperparameters import REWIND, Hyperparameter, declared
from engine.terms import Term

NEEDS = ("forget", "forget_labels", "retain", "validation")  # what a method may look at, besides the Original


@dataclass(frozen=True)
class Method:
    """An unlearning method.

    Parameters
    ----------
    name, title : str
        The name in specs, and the one on screen.
    summary, source : str
        What it does in a sentence, and where it is published.
    parameters : type
        A frozen dataclass whose fields are made with :func:`parameter`.
    unlearn : callable
        ``unlearn(task, parameters)`` is a generator: it changes ``task.model`` in place and yields a
        :class:`Progress` after every step, with the ``terms`` declared here and the learning rate.
    plan : callable
        ``plan(parameters, sizes)`` says beforehand what that costs, as a :class:`Plan`.
    profiles : mapping, optional
        By profile, what it changes in the defaults.
    from_scratch : bool
        Whether it trains a new network instead of changing the Original.
    no_epochs : str
        Why there are no epochs of which one could be kept (``rewind``), as the end of a sentence; empty where there
        are: its steps then say where an epoch ends (``Progress.ends_epoch``).
    one_label : str
        Why every sample must have exactly one label, as the end of a sentence; empty where it need not.
    terms : tuple of Term
        What its steps carry.
    role : {'method', 'reference'}
        One method is the reference, which the others are measured against.
    in_paper : bool
        Whether it is one of the paper's.
    needs : tuple of str
        What it looks at besides the Original: the samples to ``forget``, their labels (``forget_labels``), those to
        ``retain`` with their labels, and the ``validation`` set. Without ``retain`` it is *source-free*: it works where
        the training data are gone.
    meant_for : {'any', 'random', 'class'}
        Which forget sets it was published for; elsewhere it runs, and the pages say so.
    intensity : str
        The hyperparameter that says how strongly it forgets: the usual side of its map in Robustness.
    unfit : callable, optional
        ``unfit(dataset, model)`` says in a sentence why it cannot work there; None where it can. The model is None
        where none is chosen yet.
    aliases : tuple of str
        Former names.
    latex : str
        A title for LaTeX tables.

    Examples
    --------
    >>> from engine.registry import get
    >>> method = get("method", "finetune")
    >>> [term.name for term in method.terms], method.why_not(get("dataset", "digits"))
    (['retain_loss'], None)
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
    no_epochs: str = ""
    one_label: str = ""
    terms: tuple[Term, ...] = ()
    role: Literal["method", "reference"] = "method"
    in_paper: bool = False
    needs: tuple[str, ...] = ("forget", "forget_labels", "retain")
    meant_for: Literal["any", "random", "class"] = "any"
    intensity: str = ""
    unfit: Callable[[Dataset, Any], str | None] | None = None
    aliases: tuple[str, ...] = ()
    latex: str = ""

    @property
    def hyperparameters(self) -> tuple[Hyperparameter, ...]:
        """What a person can set: what it declares, and ``rewind`` where it has epochs."""
        own = declared(self.parameters)
        return own if self.no_epochs or any(h.name == REWIND.name for h in own) else (*own, REWIND)

    @property
    def no_rewinding(self) -> str:
        """Why ``rewind`` is refused, in a sentence."""
        return f"{self.title} {self.no_epochs}: leave rewind out."

    @property
    def knob(self) -> Hyperparameter | None:
        """The hyperparameter that pages name beside the method: of the group ``main``, with a rule of its own."""
        return next((h for h in declared(self.parameters) if h.group == "main" and h.auto), None)

    def tuned(self, unlearning: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
        """What a data set or a model changes in the defaults, given under the method's name or a former one."""
        return {key: value for name in (*self.aliases, self.name) for key, value in unlearning.get(name, {}).items()}

    @property
    def source_free(self) -> bool:
        """Whether it works without the samples to retain."""
        return "retain" not in self.needs

    def why_not(self, dataset: Dataset, model: Any = None) -> str | None:
        """Why it cannot work on a data set (as :meth:`Dataset.at` gives it) with a model, in a sentence; None: it can.

        Without a :class:`engine.model.Model` only the data are looked at.
        """
        if self.unfit and (why := self.unfit(dataset, model)):
            return why
        if not (self.one_label and dataset.multi_label):
            return None
        remedy = dataset.single_labels and f": {dataset.single_labels}"
        return f"{self.title} {self.one_label}, but here a sample of {dataset.title} can have several labels{remedy}."
