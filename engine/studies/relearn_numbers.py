"""Relearning in numbers: does the forgotten come back faster in an unlearned model than in a retrained one?

Accuracies are in percent, on the part of the forget set that no relearning ever sees. All of a curve's numbers are
against the retrained model after the same steps on the same batches: the right answer is its curve, not "never rises".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from math import inf, sqrt
from statistics import fmean
from typing import Any, Literal

from engine.evaluation.relearning import Outcome, too_close

Who = Literal["unlearned", "retrained", "second", "original"]
WHO: tuple[Who, ...] = ("unlearned", "retrained", "second", "original")
TITLES: Mapping[Who, str] = {"unlearned": "Unlearned", "retrained": "Retrained", "second": "Retrained, another seed",
                             "original": "Original"}
STEPS = (0, 1, 2, 5, 10, 20, 50, 100, 200)
BOTH: tuple[Who, Who] = ("original", "retrained")
POOL = 0.2  # of the forget set: what relearning may be shown; the rest is what every curve is read on
TELLING = 2.0  # standard errors that the Original and the retrained model must lie apart
ORDERS = 3  # from so many orders of the batches on, all of them above all retrained models are told from chance


@dataclass(frozen=True)
class Settings:
    """What to relearn with.

    Parameters
    ----------
    forgotten : tuple of int
        How many forgotten samples are shown beside the retain data, one curve each.
    seeds : tuple of int
        Orders of the batches.
    rates : tuple of float, optional
        Learning rates; by default a tenth, once and ten times that of Fine-tuning on these data.
    steps : tuple of int
        Where the curves are read, rising from 0.
    second : bool
        Whether a second model is retrained, with another seed: what is attainable.
    """

    forgotten: tuple[int, ...] = (0, 10)
    seeds: tuple[int, ...] = (0, 1, 2)
    rates: tuple[float, ...] | None = None
    steps: tuple[int, ...] = STEPS
    second: bool = True


@dataclass(frozen=True)
class Point:
    """One model after ``step`` steps; ``phi`` is a mean, ``auc`` None where there are too few samples to attack."""

    who: Who
    rate: float
    forgotten: int
    seed: int
    step: int
    forget_accuracy: float
    phi: float
    auc: float | None
    test_accuracy: float


@dataclass(frozen=True)
class Numbers:
    """What the curves at one rate, with so many forgotten samples shown, come to.

    ``recovery`` is by step, (U - R) / (O - R), None where ``undefined`` says why in a sentence. ``aurc`` is the mean of
    U - R over the steps in points, ``aurc_seeds`` by seed, ``attainable`` that of the second retrained model. ``half``
    is the first step with half of the gap recovered, beyond two standard errors, None where there is none;
    ``second_half`` that of the second retrained model, which has nothing to recover. ``back`` is the first step at
    which a model that began below the retrained one, beyond two standard errors, no longer is. ``gain`` is what each
    shown sample added at the end to the accuracy on those held back, in points.
    """

    rate: float
    forgotten: int
    recovery: tuple[float | None, ...]
    aurc: float
    aurc_seeds: tuple[float, ...]
    attainable: float | None
    half: int | None
    second_half: int | None = None
    back: int | None = None
    gain: float | None = None
    undefined: str | None = None

    @property
    def telling(self) -> int:
        """How much recovery is defined: 2 at more than half of the steps, 1 at some, 0 at none."""
        defined = sum(one is not None for one in self.recovery)
        return (defined > 0) + (2 * defined > len(self.recovery))


@dataclass(frozen=True)
class Relearned:
    """All curves of one run, with the sizes behind them.

    ``held_back`` counts the samples of the forget set that no relearning sees. ``left_out`` has a sentence for each
    rate at which a model broke, ``refreshed`` each model's accuracy on the forgotten after its batch norm statistics,
    and nothing else, were taken again on the retain data.
    """

    run_id: str
    settings: Settings
    points: tuple[Point, ...]
    held_back: int
    pool: int
    refreshed: Mapping[str, float] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()

    @property
    def rates(self) -> tuple[float, ...]:
        """The rates at which every model could be relearned."""
        return tuple(rate for rate in self.settings.rates or () if f"{rate:g}" not in self.left_out)

    def curve(self, who: Who, rate: float, forgotten: int, seed: int | None = None,
              value: str = "forget_accuracy") -> tuple[float, ...]:
        """A value by step, of one seed or as the mean over all of them; empty where there is no such model."""
        seeds = self.settings.seeds if seed is None else (seed,)
        found = {(point.seed, point.step): getattr(point, value) for point in self.points
                 if (point.who, point.rate, point.forgotten) == (who, rate, forgotten)}
        return tuple(fmean(found[one, step] for one in seeds) for step in self.settings.steps
                     if all(found.get((one, step)) is not None for one in seeds))

    def numbers(self, rate: float, forgotten: int) -> Numbers:
        """What the curves at a rate come to."""
        mine, theirs, original, second = (self.curve(who, rate, forgotten)
                                          for who in ("unlearned", "retrained", "original", "second"))
        recovery = tuple(map(self._recovery, mine, theirs, original))
        seeds = tuple(_area(self.curve("unlearned", rate, forgotten, seed),
                            self.curve("retrained", rate, forgotten, seed)) for seed in self.settings.seeds)
        return Numbers(
            rate, forgotten, recovery, _area(mine, theirs), seeds, _area(second, theirs) if second else None,
            self._half(mine, theirs, original), self._half(second, theirs, original) if second else None,
            self._back(mine, theirs), self._gain(rate, forgotten, mine), self._undefined(recovery, theirs, original))

    def worst(self, forgotten: int = 0) -> Numbers | None:
        """The rate at which most comes back; None where every rate broke a model.

        Rates at which the Original itself soon loses what it knew tell least: they count where no other does.
        """
        found = [self.numbers(rate, forgotten) for rate in self.rates]
        return max(found, key=lambda one: (one.telling, one.aurc), default=None)

    def _half(self, mine: Sequence[float], theirs: Sequence[float], original: Sequence[float]) -> int | None:
        for step, a, b, o in zip(self.settings.steps, mine, theirs, original, strict=True):
            recovered = self._recovery(a, b, o)
            if recovered is not None and recovered >= 0.5 and a - b >= TELLING * self._error(a, b):
                return step
        return None

    def _back(self, mine: Sequence[float], theirs: Sequence[float]) -> int | None:
        below = [b - a > TELLING * self._error(a, b) for a, b in zip(mine, theirs, strict=True)]
        return self.settings.steps[below.index(False)] if below[0] and not all(below) else None

    def _recovery(self, mine: float, theirs: float, original: float) -> float | None:
        gap = original - theirs
        return None if gap <= 0 or gap < TELLING * self._error(theirs, original) else (mine - theirs) / gap

    def _error(self, *accuracies: float) -> float:
        """The standard error of a difference of accuracies on the samples held back, in points."""
        return sqrt(sum(one * (100 - one) for one in accuracies) / self.held_back)

    def _undefined(self, recovery: Sequence[float | None], theirs: Sequence[float],
                   original: Sequence[float]) -> str | None:
        if any(found is not None for found in recovery):
            return None
        return too_close(original[0] - theirs[0], self.held_back, TELLING * self._error(theirs[0], original[0]))

    def _gain(self, rate: float, forgotten: int, mine: Sequence[float]) -> float | None:
        if not forgotten or 0 not in self.settings.forgotten:
            return None
        return (mine[-1] - self.curve("unlearned", rate, 0)[-1]) / forgotten

    @property
    def comes_back(self) -> bool | None:
        """Whether what was forgotten comes back, by :meth:`said`; None where that cannot be told."""
        return self.outcome().comes_back

    def said(self) -> str:
        """What relearning on retain data alone shows, or with the fewest forgotten samples that were asked for."""
        return self.outcome().said()

    def outcome(self, forgotten: int | None = None) -> Outcome:
        """The answer at the worst rate with so many forgotten samples shown, the fewest by default."""
        shown = min(self.settings.forgotten) if forgotten is None else forgotten
        found, most = self.worst(shown), self.settings.steps[-1]
        if found is None:
            return Outcome("broke", shown, most)
        answer = partial(Outcome, forgotten=shown, steps=most, held_back=self.held_back)
        if found.undefined:
            original, theirs = (self.curve(who, found.rate, shown)[0] for who in BOTH)
            return answer("close", before=original, after=theirs, limit=TELLING * self._error(theirs, original))
        if found.half is not None and found.second_half is not None:
            return answer("second")
        if found.half is not None:
            return answer("hidden" if found.half else "there", step=found.half)
        if found.back is not None:
            before, after = (self.curve("unlearned", found.rate, shown)[self.settings.steps.index(step)]
                             for step in (0, found.back))
            return answer("covered", step=found.back, before=before, after=after)
        return self._partly(answer, found)

    def _partly(self, answer: Callable[..., Outcome], found: Numbers) -> Outcome:
        """Less than half: clearly more than the retrained models have, or gone."""
        known = [(at, share) for at, share in enumerate(found.recovery) if share is not None]
        at, share = known[-1]
        if share <= 0 or not self._beyond(found.rate, found.forgotten, at):
            return answer("gone")
        second = self.curve("second", found.rate, found.forgotten)
        other = second and self._recovery(second[at], *(self.curve(who, found.rate, found.forgotten)[at]
                                                        for who in ("retrained", "original")))
        return answer("partly", step=self.settings.steps[at], first=found.recovery[0] or 0.0, share=share,
                      other=other if second else None)

    def _beyond(self, rate: float, forgotten: int, at: int) -> bool:
        """Whether the unlearned model lies above the retrained ones beyond chance, at one of the steps.

        By two standard errors of two independent samples; all models are read on the same samples, though, so that
        one is enough where every order of the batches lies above every one of the retrained models.
        """
        mine, *theirs = ([self.curve(who, rate, forgotten, seed)[at] for seed in self.settings.seeds]
                         for who in ("unlearned", "retrained", "second") if self.curve(who, rate, forgotten))
        highest = max(map(fmean, theirs))
        errors = (fmean(mine) - highest) / (self._error(fmean(mine), highest) or inf)
        apart = len(mine) >= ORDERS and min(mine) > max(map(max, theirs))
        return errors >= (1 if apart else TELLING)

    def to_json(self) -> dict[str, Any]:
        """As JSON, with the numbers that follow, which :meth:`from_json` works out again."""
        found = [self.numbers(rate, count) for count in self.settings.forgotten for rate in self.rates]
        return asdict(self) | {"numbers": [asdict(one) for one in found], "said": self.said(),
                               "comes_back": self.comes_back,
                               "worst": {str(count): worst.rate for count in self.settings.forgotten
                                         if (worst := self.worst(count))}}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Relearned:
        """What :meth:`to_json` wrote. Raises KeyError or TypeError where it is something else."""
        asked: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value
                 for name, value in stored["settings"].items()}
        return cls(stored["run_id"], Settings(**asked), tuple(Point(**point) for point in stored["points"]),
                   stored["held_back"], stored["pool"], stored["refreshed"], stored["left_out"],
                   tuple(stored["notices"]))


def complete(points: Iterable[Point], who: Iterable[Who], settings: Settings, rate: float) -> bool:
    """Whether every curve at a rate came to its end."""
    last = settings.steps[-1]
    there = {(one.who, one.forgotten, one.seed) for one in points if one.rate == rate and one.step == last}
    return there >= {(one, k, seed) for one in who for k in settings.forgotten for seed in settings.seeds}


def _area(mine: Sequence[float], theirs: Sequence[float]) -> float:
    return fmean(a - b for a, b in zip(mine, theirs, strict=True))
