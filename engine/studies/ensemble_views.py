"""What an ensemble says of each method: its measures from the kept arrays, beside the anchors, with what N can support.

The retrained models are the reference. What they attain against one another (models that never had a sample, in two
disjoint groups) is the second retrained one, and where they fail, nothing can be said here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

import numpy as np

from engine.errors import NotMeasurable
from engine.evaluation.ensembles.draws import BLOCK, ORIGINAL
from engine.evaluation.ensembles.forgetting_quality import FEWEST as QUALITY_FEWEST
from engine.evaluation.ensembles.forgetting_quality import LOW, ForgettingQuality, forgetting_quality
from engine.evaluation.ensembles.klom import ADVISED, Klom, klom
from engine.evaluation.ensembles.klom import FEWEST as KLOM_FEWEST
from engine.evaluation.ensembles.outputs import FORGET, IN, OUT, Outputs
from engine.evaluation.ensembles.population import population
from engine.evaluation.ensembles.resampling import Mean
from engine.evaluation.ensembles.spread import (
    Sides,
    klom_holds,
    klom_mean,
    quality_holds,
    quality_mean,
    quality_scores,
)
from engine.evaluation.ensembles.ulira import ULira, ulira
from engine.evaluation.verdict import DAMAGED
from engine.registry import get, reference
from engine.runs.ensembles.kept import Read, Shelf, states
from engine.studies.ensemble import Design

T = TypeVar("T")
CHANCE = 0.5
SUPPORTED = 16  # models a side, from which on a ranking of methods says something
CANNOT_TELL = "cannot tell here"


@dataclass(frozen=True)
class Evidence:
    """The measures of one method's models; None where one is not defined, with the sentence in ``problems``.

    Parameters
    ----------
    name, title : str
        The method, or ``original``.
    models : int
        Models that were measured.
    retain_accuracy, forget_accuracy, test_accuracy : float
        Means over models, in percent.
    population : Mean, optional
        Area of one threshold on phi for all samples.
    ulira : ULira, optional
        The attack that looks at each sample by itself.
    klom : Klom, optional
        Of each sample where it was forgotten, against retrained models that never had it.
    klom_mean : Mean, optional
        Its mean with the interval over data draws; None where there are too few to leave any out.
    klom_retain, klom_unseen : Klom, optional
        The same where a sample was kept, and where it was never seen.
    quality : ForgettingQuality, optional
        Of the same models as ``klom``, over Originals.
    quality_mean : Mean, optional
        Its score with the interval over data draws.
    share : float, optional
        The quality as a share of the attainable one.
    share_mean : Mean, optional
        The same with its interval, both scores on the same draws.
    damaged : bool
        Whether the test accuracy fell ten points or more below the retrained models'.
    problems : tuple of str
        Why measures are absent.
    """

    name: str
    title: str
    models: int
    retain_accuracy: float
    forget_accuracy: float
    test_accuracy: float
    population: Mean | None = None
    ulira: ULira | None = None
    klom: Klom | None = None
    klom_mean: Mean | None = None
    klom_retain: Klom | None = None
    klom_unseen: Klom | None = None
    quality: ForgettingQuality | None = None
    quality_mean: Mean | None = None
    share: float | None = None
    share_mean: Mean | None = None
    damaged: bool = False
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Findings:
    """An ensemble's evidence: the Originals, the retrained models, then each method.

    Parameters
    ----------
    rows : tuple of Evidence
        The Original first, the retrained models second.
    models : int
        Models of each method.
    a_side : int
        Models a side and sample.
    attainable : Evidence
        What retrained models attain against others: the null line of KLoM and of the quality.
    notes : tuple of str
        What this many models can and cannot support.
    klom_holds, quality_holds : bool
        Whether the retrained models look alike in both groups; where they do not, these measures cannot tell here.
    failed : dict of str to str
        Methods that could not be measured at all, with the reason.
    """

    rows: tuple[Evidence, ...]
    models: int
    a_side: int
    attainable: Evidence
    notes: tuple[str, ...] = ()
    klom_holds: bool = True
    quality_holds: bool = True
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def cannot_tell(self) -> bool:
        """Whether the retrained models fail U-LiRA themselves, by three standard errors: one and a half intervals."""
        retrained = self.rows[1].ulira
        if retrained is None:
            return False
        area = retrained.area
        return abs(area.value - CHANCE) > 1.5 * (area.high - area.low) / 2


def numbers_of(shelf: Shelf, design: Design) -> list[int]:
    """The models that all parts have, of those that the ensemble asks for."""
    have = [shelf.numbers(design.key(part)) for part in (ORIGINAL, *design.parts)]
    return sorted(number for number in frozenset.intersection(*have) if number < design.ensemble.models)


def findings(shelf: Shelf, design: Design) -> Findings:
    """All measures from the models that every part has. Raises NotMeasurable where too few are there.

    A method that failed on a model, or that says nothing usable, is in ``failed`` with the reason.
    """
    numbers = numbers_of(shelf, design)
    if len(numbers) < 2 * BLOCK:
        raise NotMeasurable(f"{len(numbers)} of at least {2 * BLOCK} models are there: compute more of the ensemble.")
    state, groups = states(shelf, numbers), np.array(numbers) // BLOCK
    about = reference()
    retrained = _Measured(shelf.read(design.key(about.name), numbers), state, groups)
    null = _Null(retrained)
    rows = [_row(ORIGINAL, "Original", _Measured(shelf.read(ORIGINAL, numbers), state, groups), retrained, null),
            _row(about.name, about.title, retrained, None, null)]
    failed = {}
    for name in design.methods:
        try:
            measured = _Measured(shelf.read(design.key(name), numbers), state, groups)
        except NotMeasurable as error:
            failed[name] = str(error)
        else:
            rows.append(_row(name, get("method", name).title, measured, retrained, null))
    a_side = len(retrained.outputs.under(OUT))
    return Findings(tuple(rows), len(numbers), a_side, null.row, tuple(notes(len(numbers), a_side)), null.klom_holds,
                    null.quality_holds, failed)


class _Measured:
    """What a part's models say, with who was where."""

    def __init__(self, read: Read, state: np.ndarray, groups: np.ndarray):
        candidates = (state != IN).any(0)
        self.read, self.state = read, state
        self.outputs = Outputs(read.phi[:, candidates], state[:, candidates], groups)
        self.test_accuracy = float(read.test_accuracy.mean())

    def accuracy(self, state: int) -> float:
        """Percent right over the samples in this state, as a mean over models."""
        here = self.state == state
        return 100 * float(((self.read.correct & here).sum(1) / here.sum(1)).mean())


class _Null:
    """Retrained models that never had a sample, in two groups: where it was to be forgotten, and where it was out."""

    def __init__(self, retrained: _Measured):
        sides = _sides(retrained, retrained)
        self.scores = quality_scores(sides)
        self.row = row = _row("second_retrained", "A second retrained", retrained, retrained, None, attack=False)
        self.klom_holds = not (row.klom and sides.draws >= KLOM_FEWEST) or klom_holds(sides, row.klom)
        self.quality_holds = not (row.quality and sides.draws >= QUALITY_FEWEST) or quality_holds(sides,
                                                                                                 row.quality.score)


def _sides(of: _Measured, retrained: _Measured) -> Sides:
    return Sides(of.outputs.by_group(FORGET), retrained.outputs.by_group(OUT))


def _row(name: str, title: str, of: _Measured, retrained: _Measured | None, null: _Null | None,
         attack: bool = True) -> Evidence:
    problems: list[str] = []
    row = Evidence(name, title, of.outputs.models, of.accuracy(IN), of.accuracy(FORGET), of.test_accuracy)
    if attack:
        row = replace(row, population=population(of.outputs), ulira=_tried(lambda: ulira(of.outputs), problems))
    if retrained is not None:
        lost = retrained.test_accuracy - row.test_accuracy
        row = replace(_against(row, of, retrained, problems), damaged=lost >= DAMAGED)
        row = _with_intervals(row, _sides(of, retrained), null)
        row = row if null is None else _elsewhere(row, of, retrained)
    return replace(row, problems=tuple(problems))


def _against(row: Evidence, of: _Measured, retrained: _Measured, problems: list[str]) -> Evidence:
    """The measures that compare a method where a sample was forgotten with retrained models that never had it."""
    one, other = of.outputs.under(FORGET), retrained.outputs.under(OUT)
    few = min(len(one), len(other))
    return replace(row, klom=_tried(lambda: klom(one[:few], other[:few]), problems),
                   quality=_tried(lambda: forgetting_quality(one, other, range(len(one))), problems))


def _with_intervals(row: Evidence, sides: Sides, null: _Null | None) -> Evidence:
    """KLoM, the quality and its share of the attainable one, each with its interval over data draws."""
    scores = quality_scores(sides) if row.quality else None
    row = replace(row, klom_mean=klom_mean(sides, row.klom) if row.klom else None)
    if row.quality is None:
        return row
    own = row.quality.score
    row = replace(row, quality_mean=quality_mean(sides, own, scores) if scores else None)
    best = null and null.row.quality
    if not best or not best.score:
        return row
    assert null
    row, there = replace(row, share=own / best.score), null.scores
    if not scores or not there or not all(there):
        return row
    shares = [one / other for one, other in zip(scores, there, strict=True)]
    return replace(row, share_mean=quality_mean(sides, own / best.score, shares))


def _elsewhere(row: Evidence, of: _Measured, retrained: _Measured) -> Evidence:
    """KLoM where a sample was kept and where it was never seen, from as many models a side as where it was forgotten.
    """
    if row.klom is None:
        return row
    few = min(len(of.outputs.under(state)) for state in (FORGET, OUT, IN))
    kept, unseen = (_tried(partial(klom, of.outputs.under(state, few), retrained.outputs.under(state, few)), [])
                    for state in (IN, OUT))
    return replace(row, klom_retain=kept, klom_unseen=unseen)


def _tried(measure: Callable[[], T], problems: list[str]) -> T | None:
    try:
        return measure()
    except NotMeasurable as error:
        problems.append(str(error))
        return None


def notes(models: int, a_side: int) -> Iterator[str]:
    """What this many models, and so many a side and sample, can and cannot support; the general sentence first."""
    given = f"{models} models give each sample {a_side} a side"
    if a_side < SUPPORTED:
        yield (f"{given}: enough for a method's mean area with its (wide) interval; not for a ranking of methods, "
               f"which takes {SUPPORTED} a side ({BLOCK * SUPPORTED} models), and not for single samples.")
    else:
        yield (f"{given}: enough for a method's mean area with its interval, for a ranking of methods and for means "
               "over groups of samples; not for a rate at 0.1% false alarms of one sample, and not to call a single "
               "sample safe.")
    if a_side < ADVISED:
        yield (f"KLoM from {a_side} models a side (fewer than {ADVISED}) is far above 0 by chance: read it against the "
               "second retrained model.")
    if a_side < LOW:
        yield (f"Forgetting quality from {a_side} models a side (fewer than {LOW}) flatters bad methods: differences "
               "between good ones vanish. It is over Originals; the challenge's is given one.")
