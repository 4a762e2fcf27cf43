"""The number behind a verdict of "forgotten", by cases made by hand."""

from __future__ import annotations

import pytest

from engine.evaluation.closest import closest

BAND = {"mia_loss": [45.0, 55.0], "mia_entropy": [40.0, 60.0]}


@pytest.mark.parametrize("metrics, said", [
    ({"mia_loss": 51.0, "mia_entropy": 50.0, "null_band": BAND}, "51.0% < 55.0%"),
    ({"mia_loss": 51.0, "mia_entropy": 59.0, "null_band": BAND}, "59.0% < 60.0%"),
    # beyond chance, but so is the retrained model: half of the chance range beyond it, or where it is
    ({"mia_loss": 58.0, "null_band": BAND, "retrained": {"mia_loss": 57.0}}, "58.0% < 62.0%"),
    ({"null_band": BAND}, None), ({"mia_loss": 51.0, "null_band": {}}, None)])
def test_the_attack_with_the_least_room_under_its_limit(metrics, said):
    found = closest(metrics, "random")
    assert (found and found.short("%")) == said


def test_of_a_class_the_accuracy_on_it_counts():
    assert closest({"forget_accuracy": 2.0, "retrained": {"forget_accuracy": 1.0}}, "class").short("%") == "2.0% < 6.0%"
    assert closest({"forget_accuracy": 0.5}, "class").limit == 5.0
    assert closest({}, "class") is None


def test_of_chosen_samples_no_attack_accuracy_is_a_close_call():
    assert closest({"mia_loss": 51.0, "null_band": {"mia_loss": [45.0, 55.0]}}, "hardest") is None
