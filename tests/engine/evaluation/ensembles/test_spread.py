"""Intervals of KLoM and of forgetting quality over whole draws, and null lines that fail."""

from __future__ import annotations

import numpy as np
import pytest

from engine.evaluation.ensembles.forgetting_quality import forgetting_quality
from engine.evaluation.ensembles.klom import klom
from engine.evaluation.ensembles.outputs import FORGET, IN, OUT, Outputs
from engine.evaluation.ensembles.resampling import Parts, parts_of
from engine.evaluation.ensembles.spread import (
    Sides,
    klom_holds,
    klom_mean,
    quality_holds,
    quality_mean,
    quality_scores,
)

RUNS, ENOUGH, DRAWS = 100, 93, 21


def sides(run: int, shift: float = 0.0, samples: int = 60) -> Sides:
    """Retrained against retrained: samples differ in level and spread, and models in how sure they are."""
    level, spread = np.random.default_rng(7).normal(2, 3, samples), np.random.default_rng(8).uniform(0.5, 3, samples)
    rng = np.random.default_rng(run)

    def models() -> np.ndarray:
        return level + spread * rng.normal(size=(DRAWS, samples)) + rng.normal(0, 0.5, (DRAWS, 1))

    return Sides(models() + shift * spread, models())


def of_klom(both: Sides):
    return klom_mean(both, klom(both.unlearned, both.retrained))


def of_quality(both: Sides):
    return quality_mean(both, forgetting_quality(both.unlearned, both.retrained).score, quality_scores(both))


@pytest.mark.parametrize("measure, shift, widest", [(of_klom, 0.0, 10), (of_klom, 1.0, 6), (of_quality, 0.0, 6),
                                                    (of_quality, 1.0, 6)])
def test_intervals_hold_what_more_of_the_same_models_give(measure, shift, widest):
    """Two retrained, and a method one standard deviation off: in at least 93 of 100 simulations.

    A t interval would be 4.4 standard deviations wide.
    """
    found = [measure(sides(run, shift)) for run in range(RUNS)]
    truth = np.mean([one.value for one in found])
    inside = sum(one.holds(truth) for one in found)
    assert inside >= ENOUGH
    assert np.mean([one.high - one.low for one in found]) < widest * np.std([one.value for one in found])


@pytest.mark.parametrize("holds", [lambda both: klom_holds(both, klom(both.unlearned, both.retrained)),
                                   lambda both: quality_holds(
                                       both, forgetting_quality(both.unlearned, both.retrained).score)])
def test_a_null_line_holds_for_retrained_models_and_fails_where_they_differ(holds):
    assert sum(holds(sides(run)) for run in range(RUNS)) >= ENOUGH
    assert not any(holds(sides(run, shift=2.0)) for run in range(10))


def test_the_jackknife_by_hand():
    """Draws of 2 of 3 spread by a half of the variance: of 1, 2 and 3 the error of the mean is 1 / root 3."""
    every = Parts(3, tuple(np.array(kept) for kept in ([0, 1], [0, 2], [1, 2])))
    found = every.mean(2.0, [1.5, 2.0, 2.5], lowest=-10)
    assert found.value == 2.0 and found.groups == 3
    assert (found.high - found.low) / 2 == pytest.approx(4.303 * 0.5 * np.sqrt(2), rel=1e-3)
    assert every.mean(0.5, [0.0, 0.5, 1.0]).low == 0.0


def test_parts_are_the_same_for_all_and_never_hold_a_draw_twice():
    found, again = parts_of(21, 8), parts_of(21, 8)
    assert [kept.tolist() for kept in found.kept] == [kept.tolist() for kept in again.kept]
    assert all(len(set(kept.tolist())) == 14 for kept in found.kept) and len(parts_of(9, 8).kept[0]) == 8
    assert parts_of(8, 8) is None and of_klom(Sides(*(side[:8] for side in vars(sides(0)).values()))) is None


def test_a_row_a_whole_draw():
    """Two draws of three models; the second lacks the model in which sample 1 is forgotten."""
    state = np.array([[FORGET, OUT], [OUT, IN], [IN, FORGET], [IN, OUT], [FORGET, IN]])
    phi = np.arange(10.0).reshape(5, 2)
    outputs = Outputs(phi, state, np.array([0, 0, 0, 1, 1]))
    assert outputs.by_group(FORGET).tolist() == [[0.0, 5.0]]
    assert outputs.by_group(IN).tolist() == [[4.0, 3.0], [6.0, 9.0]]
    assert outputs.by_group(OUT).tolist() == [[2.0, 1.0]]
