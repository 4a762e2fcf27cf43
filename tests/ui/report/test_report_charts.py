"""The charts of a report that need no script: where things lie, what they are called, their colours."""

from __future__ import annotations

import re

import pytest

from ui.report.tradeoff import LINE, Scale, draw
from ui.robustness.report import colour


def outcome(method: str, x: float, y: float, seed: int = 0, name: str = "") -> dict:
    return {"method": method, "name": name or method, "seed": seed, "x": x, "y": y}


def test_a_scale_goes_from_end_to_end_with_round_numbers():
    scale = Scale(0.0, 10.0, 100.0, 300.0)
    assert [scale(0), scale(5), scale(10)] == [100, 200, 300]
    assert [text for _, text in scale.ticks()] == ["0", "2", "4", "6", "8", "10"]
    assert [text for _, text in Scale(69.5, 72.5, 0.0, 1.0).ticks()] == ["69.5", "70", "70.5", "71", "71.5", "72",
                                                                        "72.5"]


def test_nothing_measured_is_nothing_drawn():
    assert draw([], "points") is None
    assert draw([outcome("ssd", 1.0, 70.0) | {"x": None}], "points") is None


def test_the_retrained_model_is_a_dashed_cross_and_every_value_is_said():
    drawn = draw([outcome("retrain", 1.0, 70.0), outcome("ssd", 4.0, 71.5)], "from 50, points")
    assert drawn.count("stroke-dasharray") == 2
    assert "retrain, seed 0: 70.0% at 1.0; ssd, seed 0: 71.5% at 4.0" in drawn
    assert draw([outcome("ssd", 4.0, 71.5)], "points").count("stroke-dasharray") == 0


def test_names_of_methods_in_one_spot_stand_below_one_another():
    drawn = draw([outcome("ssd", 4.0, 71.5), outcome("scrub", 4.0, 71.5), outcome("retrain", 0.0, 60.0)], "points")
    heights = dict(re.findall(r'<text x="[\d.]+" y="([\d.]+)"[^>]*font-weight="600">(\w+)<', drawn))
    at = {name: float(height) for height, name in heights.items()}
    assert abs(at["ssd"] - at["scrub"]) == LINE


def test_several_seeds_are_a_mean_with_its_runs():
    drawn = draw([outcome("ssd", 2.0, 70.0), outcome("ssd", 4.0, 72.0, 1)], "points")
    assert drawn.count('r="3.5"') == 2 and drawn.count('r="7"') == 1


def test_a_hostile_name_is_text():
    drawn = draw([outcome("ssd", 2.0, 70.0, name='"><script>')], "points")
    assert "<script>" not in drawn and drawn.count("&lt;script&gt;") == 2


@pytest.mark.parametrize(("excess", "doubtful", "shown"), [
    (0.0, False, "#1b9e8f"), (0.02, False, "#1b9e8f"), (0.03, False, "#f2e6c9"), (5.01, False, "#e6ae68"),
    (10.0, False, "#d97706"), (99.0, False, "#d97706"), (None, False, "#c3c8cf"), (0.0, True, "#c3c8cf"),
    (10.0, True, "#c3c8cf")])
def test_colours_are_good_inside_the_chance_range_and_poorer_the_further_outside(excess, doubtful, shown):
    assert colour(excess, 10.0, doubtful) == shown
