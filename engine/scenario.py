"""What a scenario declares: who is forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from engine.dataset import Dataset
from engine.errors import Problem
from engine.flow import Sizes, Spec

if TYPE_CHECKING:
    from torch import Tensor

Target = Literal["fraction", "class", "selection"]
Yardstick = Literal["unseen", "retrained", "class"]
JUDGED: Mapping[Target, Yardstick] = {"fraction": "unseen", "class": "class", "selection": "retrained"}


@dataclass(frozen=True)
class NoParameters:
    """The parameters of a scenario that has none of its own."""


@dataclass(frozen=True)
class Scenario:
    """A way to choose what is forgotten, and what follows from it for the measures.

    Parameters
    ----------
    name, title : str
        The name in specs, and the one on screen.
    select : callable
        ``select(data, spec)`` returns the indices of the forget set into D, int64 (F,), in any order.
    summary, source : str
        Who is forgotten in a sentence, and where that is published.
    sizes : callable, optional
        ``sizes(spec, dataset)`` says what to expect before the data are loaded, by default that fraction of D.
    target : {'fraction', 'class', 'selection'}
        The field of the spec that says how much is forgotten; with ``selection`` the parameters alone do.
    parameters : type, optional
        A frozen dataclass of its own parameters, each made by :func:`engine.parameter`. ``select``, ``unseen`` and
        ``sizes`` get them with ``Parameters(**spec.selection)``: a resolved spec names those that are not the default.
    why_not : callable, optional
        ``why_not(dataset)`` says in a sentence why it cannot choose on these data; None where it can.
    problems : callable, optional
        ``problems(spec, dataset)`` finds what else is wrong with the parameters, before the data are loaded, as
        :class:`engine.errors.Problem` of fields such as ``selection.word``.
    judged : callable, optional
        ``judged(spec)`` says what a good result looks like: as ``unseen`` data (a random subset), as the ``retrained``
        model alone can tell (samples that a person or a rule chose), or a ``class`` that is gone. By default the
        target says so, in this order.
    unseen : callable, optional
        ``unseen(data, spec)`` returns the held-out indices, int64 (U,), that an attacker has to tell from the forget
        set; the test set then leaves them out. By default these are the test set.
    by_original : bool
        Whether it chooses by what the Original says of single samples, which it finds in ``data.ranks``
        (:class:`engine.data.ranks.Ranks`): with another Original it is another forget set.
    aim : str
        What a well-forgotten set looks like, in a sentence.
    columns : tuple of str
        The metrics of its tables.
    ideals : mapping of str to str or float, optional
        Those metrics' ideals that differ from the usual ones (:mod:`engine.evaluation.metrics`).
    corrective : bool
        Whether what manipulated samples did is to be undone: runs then have the measures of
        :mod:`engine.evaluation.corrective`, and no attack has a say.
    reference : callable, optional
        ``reference(spec)`` returns the spec with the forget set whose retraining its runs are held against, where that
        is not their own.
    gone : callable, optional
        ``gone(spec, earlier)`` says whether earlier requests of this scenario have taken all that it would choose, as
        far as that can be said without the data; by default where one of them asked for the same with the same seed.
        Where a fraction is the target it is not asked: other samples are taken then.
    aliases : tuple of str
        Former names.

    Examples
    --------
    >>> from engine.registry import get
    >>> get("scenario", "class").by_class, get("scenario", "random").compared_with
    (True, 'test')
    """

    name: str
    title: str
    select: Callable[[Any, Spec], Tensor]
    summary: str
    source: str
    sizes: Callable[[Spec, Dataset], Sizes] | None = None
    target: Target = "fraction"
    parameters: type = NoParameters
    why_not: Callable[[Dataset], str | None] | None = None
    problems: Callable[[Spec, Dataset], Iterable[Problem]] | None = None
    judged: Callable[[Spec], Yardstick] | None = None
    unseen: Callable[[Any, Spec], Tensor] | None = None
    by_original: bool = False
    aim: str = ""
    columns: tuple[str, ...] = ("retain_accuracy", "accuracy_gap", "test_accuracy")
    ideals: Mapping[str, str | float] = field(default_factory=dict)
    corrective: bool = False
    reference: Callable[[Spec], Spec] | None = None
    gone: Callable[[Spec, Sequence[Spec]], bool] | None = None
    aliases: tuple[str, ...] = ()

    @property
    def by_class(self) -> bool:
        """Whether a class is named, not a fraction."""
        return self.target == "class"

    def judged_by(self, spec: Spec) -> Yardstick:
        """What a good result of this spec looks like."""
        return self.judged(spec) if self.judged else JUDGED[self.target]

    def all_gone(self, spec: Spec, earlier: Sequence[Spec]) -> bool:
        """Whether nothing is left to forget after these requests, as far as that can be said without the data."""
        alike = [before for before in earlier if before.scenario == self.name]
        if self.target == "fraction" or not alike:
            return False
        return self.gone(spec, alike) if self.gone else any(_same(spec, before) for before in alike)

    def ideal(self, metric: str, usual: str | float) -> str | float:
        """A metric's ideal here; where the retrained model is the yardstick, the forget-test gap is to match it."""
        by_retrained = metric == "accuracy_gap" and self.judged_by(Spec(scenario=self.name)) == "retrained"
        return self.ideals.get(metric, "match_retrained" if by_retrained else usual)

    def compares_unlike(self, spec: Spec) -> bool:
        """Whether an attacker's two sides differ without any training: chosen samples beside the whole test set."""
        return self.compared_with == "test" and self.judged_by(spec) == "retrained"

    @property
    def compared_with(self) -> Literal["test", "unseen"]:
        """The set that an attacker has to tell from D_f."""
        return "test" if self.unseen is None else "unseen"


def _same(spec: Spec, before: Spec) -> bool:
    """Whether two requests of one scenario choose the same samples."""
    return (spec.forget_class, dict(spec.selection), spec.seeds.forget) == (
        before.forget_class, dict(before.selection), before.seeds.forget)
