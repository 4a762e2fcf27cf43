"""On which side of its ideal a value lies, by hand: the chance range is 48 to 52."""

from __future__ import annotations

import pytest

from engine.evaluation.sides import apart, misleads, side_of, signed

BAND = {"null_band": {"mia_loss": [48.0, 52.0]}}


def of(loss):
    return {"mia_loss": loss, "mia_loss_gap": abs(loss - 50), **BAND}


@pytest.mark.parametrize(("metric", "mine", "retrained", "points"), [
    ("mia_loss_gap", (42.0,), (57.0,), 15.0), ("mia_loss_gap", (57.0,), (57.0,), 0.0),
    ("mia_loss_gap", (43.0, 57.0), (50.0, 50.0), 7.0), ("mia_loss", (42.0,), (57.0,), 15.0),
    ("mia_loss", (43.0, 57.0), (50.0, 50.0), 0.0)])
def test_the_distance_to_the_retrained_model_counts_signs(metric, mine, retrained, points):
    assert apart(metric, [(of(one), of(other)) for one, other in zip(mine, retrained)]) == points


def test_the_gap_of_accuracies_has_a_sign_too():
    low, high = ({"forget_accuracy": forget, "test_accuracy": 80.0, "accuracy_gap": 10.0} for forget in (70.0, 90.0))
    assert (signed("accuracy_gap", low), apart("accuracy_gap", [(low, high)])) == (-10.0, 20.0)
    assert side_of("accuracy_gap", [(low, None)], noise=4.0) == "under"
    assert side_of("accuracy_gap", [(low, None)], noise=11.0) is None
    assert side_of("accuracy_gap", [(low, low)], noise=4.0) is None, "the retrained model's is as low"
    assert side_of("accuracy_gap", [(high, None)], noise=4.0) is None


@pytest.mark.parametrize(("losses", "retrained", "side"), [
    ((40.0,), None, "under"), ((40.0,), 57.0, "under"), ((40.0,), 39.0, None), ((48.0,), None, None),
    ((60.0,), None, "over"), ((60.0,), 57.0, "over"), ((60.0,), 61.0, None), ((52.0,), None, None),
    ((47.0, 50.0, 50.0), None, None), ((47.0, 47.0, 50.0), None, "under"), ((40.0, 60.0), None, "under"),
    ((60.0, 50.0), None, "over"), ((), None, None)])
def test_sides_by_at_least_half_of_the_runs(losses, retrained, side):
    runs = [(of(loss), None if retrained is None else of(retrained)) for loss in losses]
    assert side_of("mia_loss_gap", runs) == side_of("mia_loss", runs) == side


@pytest.mark.parametrize(("metric", "over_forgotten", "damaged", "side", "expected"), [
    ("mia_loss_gap", False, False, "over", False), ("mia_loss_gap", False, False, "under", True),
    ("mia_loss_gap", True, False, None, True), ("test_accuracy", True, False, None, False),
    ("test_accuracy", False, True, None, True), ("test_accuracy", False, False, None, False)])
def test_what_misleads(metric, over_forgotten, damaged, side, expected):
    assert misleads(metric, over_forgotten, damaged, side) is expected
