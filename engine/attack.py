"""What a membership inference attack declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy import ndarray


BESIDE = frozenset({"samples", "population", "retrained", "shadows", "ensemble"})


@dataclass(frozen=True)
class Attack:
    """A membership inference attack (paper, section 5.4).

    ROC area, exposure at few false alarms, their intervals and the distance from 50 follow from the scores
    (``engine.evaluation.measure``).

    Parameters
    ----------
    name, title : str
        The name of its accuracy among the metrics, and the one on screen.
    needs : tuple of str
        Columns of a read-out (``loss`` and ``entropy``, float64 (N,) in nats; ``correct``, bool (N,); ``phi``,
        float64 (N,), see :mod:`engine.evaluation.phi`), or tables of
        samples (``engine.runs.readings.samples_frame``): ``samples``, the rows to score, ``population``, those of the
        validation set, ``retrained``, the tables of all models retrained on these data, ``shadows``, those of the
        models retrained on the very same split with other seeds, and ``ensemble``, many models of the run's method
        (``engine.evaluation.ensembles.shadows``); its non-members are then those that never had the samples.
    score_samples : callable
        It is called by name with what ``needs`` lists and returns a number a sample, (N,), higher where a member is
        likelier.
    summary, source : str
        How it works in a sentence, and where it is published.
    accuracy : callable, optional
        ``accuracy(members, nonmembers)`` is the accuracy in percent from both sides' scores (50 = coin toss), by
        default that of the paper's logistic regression on the score.
    quick : callable, optional
        The same for live curves and null bands, where there is a cheaper way to (nearly) the same number.
    quick_many : callable, optional
        ``quick`` of P pairs of sides of equal size (P, N) at once, as an array (P,): null bands are a hundred attacks.
    fewest : int
        How many of the models beside the run it needs; with fewer the run says that it was not tried.
    headline : bool
        Whether it has a column in every table and a map.
    short : str
        What it is called in a sentence (``loss attack``).
    means : str
        How its attacker finds members (``by the loss``).
    lower : tuple of str, optional
        What members have less of, as a noun and its plural (``loss``, ``losses``).
    stored : mapping of str to tuple of str, optional
        What runs store under other names than ``NAME_auc`` and so on, the present name first.
    aliases : tuple of str
        Former names.

    Examples
    --------
    >>> from engine import Attack
    >>> attack = Attack("confidence", "Attack on the confidence", ("loss",), lambda loss: -loss, "By the loss.", "mine")
    >>> attack.metric("auc"), attack.needs_retrained
    ('confidence_auc', False)
    """

    name: str
    title: str
    needs: tuple[str, ...]
    score_samples: Callable[..., Any]
    summary: str
    source: str
    accuracy: Callable[..., float] | None = None
    quick: Callable[..., float] | None = None
    quick_many: Callable[..., ndarray] | None = None
    fewest: int = 1
    headline: bool = False
    short: str = ""
    means: str = ""
    lower: tuple[str, str] | None = None
    stored: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()

    @property
    def needs_retrained(self) -> bool:
        """Whether it can be carried out only beside other models, mostly retrained ones, so not while it trains."""
        return bool(BESIDE & set(self.needs))

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

    def value(self, metrics: Mapping[str, Any], what: str) -> float | None:
        """One of its metrics by any of its names, None where it was not measured."""
        return next((metrics[name] for name in self.metric_names(what) if metrics.get(name) is not None), None)
