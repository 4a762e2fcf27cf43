"""Fronts and hypervolumes by hand (the cases of the recipe among them)."""

from __future__ import annotations

import random
from statistics import fmean

import pytest

from engine.studies.front import Configuration, cloud, hypervolume, measured_apart, undominated, volume

SHEET = [(0.9, 0.4), (0.7, 0.8), (0.6, 0.7)]


def test_the_sheets_area():
    assert hypervolume(SHEET) == pytest.approx(0.36 + 0.28)


@pytest.mark.parametrize("more", [(0.6, 0.7), (0.9, 0.4), (0.1, 0.8), (0.9, 0.0), (-1.0, 2.0)])
def test_a_dominated_point_a_copy_or_one_below_the_corner_changes_nothing(more):
    assert hypervolume([*SHEET, more]) == pytest.approx(hypervolume(SHEET))


def test_one_point_is_its_rectangle_and_nothing_has_no_area():
    assert hypervolume([(0.3, 0.7)]) == pytest.approx(0.21) and hypervolume([]) == 0


def test_a_stricter_corner_is_a_zoom():
    assert hypervolume([(0.9, 0.5)], corner=(0.8, 0.1)) == pytest.approx(0.1 * 0.4)


def test_points_that_are_alike_in_one_are_decided_by_the_other():
    assert undominated([(0.9, 0.4), (0.9, 0.6), (0.5, 0.6)]) == [1]


def test_order_does_not_matter():
    shuffled = SHEET[:]
    for seed in range(5):
        random.Random(seed).shuffle(shuffled)
        assert hypervolume(shuffled) == pytest.approx(0.64)


def config(name, *points):
    return Configuration(name, "", dict(enumerate(points)))


def test_a_winner_by_luck_is_measured_where_it_had_none():
    """Each of two is lucky on one seed alone: half the seeds select it, the other half sees what it is."""
    lucky = [config("a", (1.0, 1.0), (1.0, 0.2)), config("b", (1.0, 0.2), (1.0, 1.0))]
    found = volume(lucky)
    assert found.naive == pytest.approx(0.6)
    assert found.apart == pytest.approx(0.2)
    assert found.optimism == pytest.approx(0.4)


def test_without_noise_both_agree():
    steady = [config("a", (0.9, 0.4), (0.9, 0.4), (0.9, 0.4)), config("b", (0.7, 0.8), (0.7, 0.8), (0.7, 0.8))]
    found = volume(steady)
    assert found.naive == pytest.approx(found.apart) == pytest.approx(0.64)


def test_pure_noise_looks_better_than_it_is():
    """The best of 20 means of four is nearly two standard errors up; measured apart it is what all are."""
    draw = random.Random(0)
    found = [volume([config(str(i), *((1.0, draw.gauss(0.5, 0.1)) for _ in range(4))) for i in range(20)])
             for _ in range(40)]
    assert fmean(one.naive for one in found) == pytest.approx(0.5 + 1.87 * 0.05, abs=0.01)
    assert fmean(one.apart for one in found) == pytest.approx(0.5, abs=0.01)


def test_one_seed_cannot_tell_and_uneven_seeds_use_what_all_have():
    assert measured_apart([config("a", (0.5, 0.5))]) is None and measured_apart([]) is None
    uneven = [config("a", (0.5, 0.5), (0.5, 0.5), (0.0, 0.0)), config("b", (0.1, 0.1), (0.1, 0.1))]
    assert measured_apart(uneven) == pytest.approx(0.25)


def test_a_cloud_needs_a_second_retrained_model():
    assert cloud({0: 80.0}, {0: 0.5}) == {}
    assert cloud({0: 80.0, 1: 80.0, 2: 50.0}, {0: 0.5, 1: 0.5, 2: 0.5})[2] == (50 / 80, 1.0)
