"""Strata on samples that can be counted by hand: disjoint, equal ones by number, and sentences where there are none."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import NotMeasurable
from engine.evaluation.strata import LEVELS, composition, least, most, size_within, strata

SCORE = np.array([0.9, 0.0, 0.5, 1.0, 0.4, 0.0, 0.65, 1.0, 0.0])


def test_by_hand_and_in_the_order_of_picking():
    found = strata(SCORE, 2)
    assert {name: places.tolist() for name, places in found.items()} == {
        "high": [3, 7], "low": [1, 5], "medium": [2, 4]}
    assert tuple(found) == LEVELS


def test_another_middle():
    assert strata(SCORE, 2, middle=0.8)["medium"].tolist() == [0, 6]


@pytest.mark.parametrize("score", [SCORE, np.zeros(9), np.linspace(1, 0, 9)])
def test_no_sample_is_in_two_even_where_all_are_alike(score):
    found = np.concatenate(list(strata(score, 3).values()))
    assert sorted(found.tolist()) == list(range(9))


def test_equal_ones_are_taken_by_number():
    assert strata(np.zeros(9), 3)["high"].tolist() == [0, 1, 2]
    assert most(np.array([1.0, 2.0, 2.0]), 2).tolist() == [1, 2]
    assert least(np.array([1.0, 1.0, 0.0]), 2).tolist() == [2, 0]


def test_hardest_and_easiest_by_loss():
    loss = np.array([0.1, 3.0, np.inf, 0.0])
    assert most(loss, 2).tolist() == [2, 1] and least(loss, 2).tolist() == [3, 0]


@pytest.mark.parametrize(("ask", "said"), [
    (lambda: strata(SCORE, 4), "Three strata of 4 samples need at least 12, but there are 9."),
    (lambda: strata(SCORE, 0), "Three strata of 1 samples need at least 3, but there are 9."),
    (lambda: size_within(14), "There are 14 samples, but three strata need at least 15: forget more."),
    (lambda: least(SCORE, 10), "10 samples were to be picked of 9."),
    (lambda: most(np.array([1.0, np.nan]), 1), "1 of 2 samples have no number to be ranked by.")])
def test_what_is_refused_in_a_sentence(ask, said):
    with pytest.raises(NotMeasurable) as caught:
        ask()
    assert str(caught.value) == said


def test_sizes():
    assert [size_within(count) for count in (15, 150, 299, 300, 5_000)] == [5, 50, 99, 100, 100]


def test_classes_that_lead_come_first_and_equal_ones_in_their_order():
    assert composition(np.array([2, 0, 1, 2, 0]), ("a", "b", "c", "d")) == {"a": 2, "c": 2, "b": 1}
