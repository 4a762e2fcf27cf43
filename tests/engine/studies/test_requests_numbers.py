"""Erosion, reversal and the order gap by hand: methods whose answers are known beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from engine.studies.requests_numbers import Said, course, order_gap, reversal

REQUESTS = [np.arange(0, 10), np.arange(10, 20), np.arange(20, 30)]
KEPT = np.arange(30, 100)


def said(*known, kept=1.0, test=80.0, phi=5.0):
    """A model that knows the requests so far as these shares say: the first samples of each are right."""
    right = np.full(100, 100.0)
    for index, share in zip(REQUESTS, known):
        right[index] = 100.0 * (np.arange(10) < round(10 * share))
    right[KEPT[round(len(KEPT) * kept):]] = 0.0
    return Said(right, np.where(right > 0, phi, -phi), test)


ORIGINAL = said(1, 1, 1)
R = [ORIGINAL, said(0.7, 1, 1), said(0.7, 0.7, 1), said(0.7, 0.7, 0.7)]


def test_a_method_that_does_nothing_erodes_nothing_and_nothing_comes_back_but_nothing_is_forgotten():
    found = course([ORIGINAL] * 4, R, REQUESTS, KEPT)
    assert found.erosion == [0.0] * 3 == found.erosion_test
    assert [one.points for one in found.reversals] == [0.0, 0.0]
    assert [found.triangle.accuracy[at + 1][at] for at in range(3)] == [100.0] * 3
    assert [found.triangle.accuracy_retrained[at + 1][at] for at in range(3)] == [70.0] * 3


def test_retraining_as_a_method_is_all_zero():
    found = course(R, R, REQUESTS, KEPT)
    assert found.erosion == found.erosion_test == [0.0] * 3 and found.triangle.accuracy == (
        found.triangle.accuracy_retrained)
    assert [(one.points, one.low, one.high, one.beyond_chance) for one in found.reversals] == [(0, 0, 0, False)] * 2


def test_a_method_that_starts_from_the_original_each_time_gives_back_what_it_had_taken():
    models = [ORIGINAL, said(0.2, 1, 1), said(1, 0.2, 1), said(1, 1, 0.2)]
    found = course(models, R, REQUESTS, KEPT)
    assert [one.points for one in found.reversals] == [80.0, 80.0], "the gap between the Original and what it left"
    assert [one.after for one in found.reversals] == [2, 3]
    assert all(one.beyond_chance for one in found.reversals)
    assert found.triangle.accuracy == [[100, 100, 100], [20, 100, 100], [100, 20, 100], [100, 100, 20]]


def test_what_comes_back_in_retrained_models_too_does_not_count():
    models = [ORIGINAL, said(0.5, 1, 1), said(0.9, 0.5, 1), said(0.5, 0.5, 0.5)]
    theirs = [ORIGINAL, said(0.3, 1, 1), said(0.7, 0.3, 1), said(0.3, 0.3, 0.3)]
    assert [one.points for one in course(models, theirs, REQUESTS, KEPT).reversals] == [0.0, 0.0]


def test_forgetting_further_is_below_zero():
    models = [ORIGINAL, said(0.7, 1, 1), said(0.4, 0.7, 1), said(0.4, 0.7, 0.7)]
    assert reversal(models, R, REQUESTS[0], 1).points == pytest.approx(-30.0)


def test_knowledge_that_erodes():
    models = [ORIGINAL, said(1, 1, 1, kept=0.9), said(1, 1, 1, kept=0.8, test=70.0), said(1, 1, 1, kept=0.7, test=75.0)]
    found = course(models, R, REQUESTS, KEPT)
    assert found.erosion == pytest.approx([10.0, 20.0, 30.0]) and found.erosion_test == [0.0, 10.0, 5.0]


def test_chance_alone_stays_in_its_band():
    rng = np.random.default_rng(0)
    outside = 0
    for _ in range(200):
        models, theirs = ([Said(100.0 * (rng.random(40) < 0.6), np.zeros(40), 80.0) for _ in range(4)]
                          for _ in range(2))
        outside += reversal(models, theirs, np.arange(40), 1).beyond_chance
    assert 1 <= outside <= 22, "about 5% of 200"


def test_the_gap_between_once_and_in_parts():
    once = said(0.5, 0.5, 0.5, test=79.0, phi=1.0)
    ends = [said(0.8, 0.8, 0.8, kept=0.9, test=78.0, phi=1.0), said(0.6, 0.6, 0.6, kept=1.0, test=80.0, phi=1.0)]
    found = order_gap(ends, once, np.arange(30), KEPT)
    assert found.forgotten == pytest.approx((20.0, 10.0, 30.0)) and found.kept == pytest.approx((-5.0, -10.0, 0.0))
    assert found.test == (0.0, -1.0, 1.0) and found.phi == pytest.approx((0.4, 0.2, 0.6)) and found.orders == 2


def test_a_model_too_few_is_refused():
    with pytest.raises(ValueError, match="3 requests need 4 models each, not 3 and 4"):
        course([ORIGINAL] * 3, R, REQUESTS, KEPT)
