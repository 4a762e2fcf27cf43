"""The Evidence page's charts say their numbers as text, and draw them where they belong."""

from __future__ import annotations

import re

import pytest

from ui.evidence import charts


def test_a_small_bar_says_value_interval_and_chance_range():
    drawn = charts.interval(0.65, (0.6, 0.7), (0.45, 0.55), "#ff0011")
    assert 'aria-label="0.650, interval 0.600 to 0.700, chance range 0.450 to 0.550"' in drawn
    assert 'cx="60.0"' in drawn, "0.65 is half way from 0.3 to 1"


def test_a_bar_beyond_the_ends_stays_inside():
    assert 'cx="2.0"' in charts.interval(0.1, (0.05, 0.15), (0.45, 0.55), "#ff0011")


def test_a_method_that_changes_places_is_a_line_that_crosses():
    drawn = charts.slope([charts.Ranked("A", 1, 2, "#ff0011", False), charts.Ranked("B", 2, 1, "#3399ee", True)],
                         ("Population attack", "Per-example attack"))
    assert "A: 1, then 2; B: 2, then 1" in drawn
    assert re.findall(r'points="([^"]+)"', drawn) == ["150,46 320,70", "150,70 320,46"]
    assert drawn.count('stroke-dasharray="6 4"') == 1 and drawn.count('fill="none" stroke="#3399ee"') == 1


def test_areas_count_who_lies_outside_the_chance_range_of_one_sample():
    drawn = charts.areas([0.5] * 39 + [0.9], 0.1, "#ff0011")
    assert "40 samples by area; 1 lie above 0.70, the upper end of the chance range of one sample; 1 would" in drawn
    assert drawn.count("<rect") == 2


def test_shares_of_klom_name_mean_and_percentile_of_each_set():
    drawn = charts.shares({"forget": ([1.0, 3.0], "#ff7f0e")}, [0.0, 1.0])
    assert "forget: mean 2.00, 95% below 2.90; retrained: mean 0.50, 95% below 0.95" in drawn
    assert drawn.count("<polyline") == 2


@pytest.mark.parametrize(("marked", "bars", "said"), [
    (None, 2, "3 samples by memorisation score."),
    ([True, False, False], 3, "orange: the 1 with a changed label, mean 1.00")])
def test_scores_put_changed_labels_in_front(marked, bars, said):
    drawn = charts.scores([1.0, 0.0, 0.0], marked, ("#1f77b4", "#ff7f0e"))
    assert drawn.count("<rect") == bars and said in drawn


def test_a_text_is_escaped():
    assert "&lt;b&gt;" in charts.slope([charts.Ranked("<b>", 1, 1, "#ff0011", False)], ("one", "other"))
