"""What an ensemble says of one method: its measures, from models down and samples across, or why there are none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np

from engine.errors import NotMeasurable
from engine.evaluation.ensembles.broken import whole
from engine.evaluation.ensembles.forgetting_quality import FEWEST as QUALITY_FEWEST
from engine.evaluation.ensembles.forgetting_quality import ForgettingQuality, forgetting_quality
from engine.evaluation.ensembles.klom import FEWEST as KLOM_FEWEST
from engine.evaluation.ensembles.klom import Klom, klom
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
from engine.runs.ensembles.kept import Read

T = TypeVar("T")
COMPARABLE = 0.75  # of the usual models a side, below which a measure that depends on their number is not given


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
        Means over models, broken ones too, in percent.
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
    null : Klom, optional
        What retrained models attain with as many models a side, where broken ones were left out.
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
    broken : int
        Models that no measure counts, because they are far worse than the method's median one.
    problems : tuple of str
        Why measures are absent, and which models were left out.
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
    null: Klom | None = None
    quality: ForgettingQuality | None = None
    quality_mean: Mean | None = None
    share: float | None = None
    share_mean: Mean | None = None
    damaged: bool = False
    broken: int = 0
    problems: tuple[str, ...] = ()


class Measured:
    """What a part's models say, with who was where."""

    def __init__(self, read: Read, state: np.ndarray, groups: np.ndarray):
        self.read, self.state = read, state
        candidates = (state != IN).any(0)
        self.outputs = Outputs(read.phi[:, candidates], state[:, candidates], groups)

    @property
    def test_accuracy(self) -> float:
        """Percent right on new samples, as a mean over models."""
        return float(self.read.test_accuracy.mean())

    def accuracy(self, state: int) -> float:
        """Percent right over the samples in this state, as a mean over models."""
        here = self.state == state
        return 100 * float(((self.read.correct & here).sum(1) / here.sum(1)).mean())

    def only(self, models: np.ndarray) -> Measured:
        """The same of some models (M,)."""
        read = Read(self.read.phi[models], self.read.correct[models], self.read.test_accuracy[models])
        return Measured(read, self.state[models], self.outputs.group_of[models])


class Null:
    """Retrained models that never had a sample, in two groups: where it was to be forgotten, and where it was out."""

    def __init__(self, retrained: Measured):
        self.sides = _sides(retrained, retrained)
        self.scores = quality_scores(self.sides)
        self.row = row_of("second_retrained", "A second retrained", retrained, retrained, None, attack=False)

    def klom_holds(self) -> bool:
        """Whether both groups look alike, as far as there are enough of them."""
        found = self.row.klom
        return not (found and self.sides.draws >= KLOM_FEWEST) or klom_holds(self.sides, found)

    def quality_holds(self) -> bool:
        """The same for the forgetting quality."""
        found = self.row.quality
        return not (found and self.sides.draws >= QUALITY_FEWEST) or quality_holds(self.sides, found.score)


def _sides(of: Measured, retrained: Measured) -> Sides:
    return Sides(of.outputs.by_group(FORGET), retrained.outputs.by_group(OUT))


def of_method(name: str, title: str, of: Measured, retrained: Measured, null: Null) -> Evidence:
    """A method's row by its whole models and as many retrained ones. Its accuracies are over all models."""
    kept = whole(of.read.test_accuracy, retrained.read.test_accuracy, DAMAGED)
    if kept.all():
        return row_of(name, title, of, retrained, null)
    alike = Null(retrained.only(kept))
    row = row_of(name, title, of.only(kept), retrained.only(kept), alike)
    return _with_broken(replace(row, null=alike.row.klom), of, retrained)


def _with_broken(row: Evidence, of: Measured, retrained: Measured) -> Evidence:
    """The row of whole models with what broken ones come to, and that they were left out."""
    broken, usual = of.outputs.models - row.models, len(retrained.outputs.under(OUT))
    said = [f"{broken} of {of.outputs.models} models of {row.title} are broken: their test accuracy lies ten points or "
            "more below that of its median model. They would hide what the others show, so only the accuracies count "
            "them."]
    left = row.klom.models if row.klom else 0
    if left < COMPARABLE * usual:
        row = replace(row, klom=None, klom_mean=None, klom_retain=None, klom_unseen=None, null=None, quality=None,
                      quality_mean=None, share=None, share_mean=None)
        said.append(f"With {left or 'so few'} models a side in place of {usual}, its KLoM and forgetting quality would "
                    "not compare with those of others.")
    elif row.klom and row.null:
        said.append(f"Its KLoM is from {left} models a side in place of {usual}; there, retrained models attain "
                    f"{row.null.mean:.2f}.")
    return replace(row, retain_accuracy=of.accuracy(IN), forget_accuracy=of.accuracy(FORGET), broken=broken,
                   test_accuracy=of.test_accuracy, damaged=retrained.test_accuracy - of.test_accuracy >= DAMAGED,
                   problems=(" ".join(said), *row.problems))


def row_of(name: str, title: str, of: Measured, retrained: Measured | None, null: Null | None,
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


def _against(row: Evidence, of: Measured, retrained: Measured, problems: list[str]) -> Evidence:
    """The measures that compare a method where a sample was forgotten with retrained models that never had it."""
    one, other = of.outputs.under(FORGET), retrained.outputs.under(OUT)
    few = min(len(one), len(other))
    return replace(row, klom=_tried(lambda: klom(one[:few], other[:few]), problems),
                   quality=_tried(lambda: forgetting_quality(one, other, range(len(one))), problems))


def _with_intervals(row: Evidence, sides: Sides, null: Null | None) -> Evidence:
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


def _elsewhere(row: Evidence, of: Measured, retrained: Measured) -> Evidence:
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
