"""The charts of selected runs, by hand-made cases."""

from __future__ import annotations

import pytest

from ui.charts.selected import mean_line, plot_overlay, plot_pairs, plot_parallel


def test_a_mean_over_curves_of_unequal_steps_ends_where_the_shortest_does():
    found = mean_line([[{"x": 0, "y": 0}, {"x": 4, "y": 4}], [{"x": 0, "y": 2}, {"x": 1, "y": 2}, {"x": 2, "y": 2}]])
    assert [point["x"] for point in found] == [0, 1, 2]
    assert found[1] == {"x": 1, "y": 1.5, "low": 1, "high": 2}
    assert found[2] == {"x": 2, "y": 2, "low": 2, "high": 2}
    assert mean_line([[]]) == []


LINE = {"name": "alpha 0.1", "colour": "#8e44ad", "points": [{"x": 0, "y": 70.0}, {"x": 9, "y": 50.0}]}


def test_names_stand_at_the_ends_of_the_lines_and_apart():
    figure = plot_overlay([LINE, {**LINE, "name": "alpha 0.5", "colour": "#c0392b"}], "Attack", "steps", band=(48, 52))
    labels = figure.layout.annotations
    assert [label.text for label in labels] == ["alpha 0.1", "alpha 0.5"]
    assert labels[1].y - labels[0].y == pytest.approx(20 / 15)
    assert (figure.layout.shapes[0].y0, figure.layout.shapes[0].y1) == (48, 52) and not figure.layout.showlegend


def test_without_measurements_a_sentence():
    assert "None of these runs" in plot_overlay([{**LINE, "points": []}], "Attack", "steps").layout.annotations[0].text


def test_losses_are_drawn_on_logarithmic_axes_none_at_zero():
    figure = plot_pairs({"forget": {"one": [0.0, 1.0], "other": [2.0, 1e-9], "sample": [7, 8]}}, ("a", "b"), 1e-6)
    points = figure.data[1]
    assert list(points.x) == [1e-6, 1.0] and list(points.y) == [2.0, 1e-6] and list(points.customdata) == [7, 8]
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"
    assert list(figure.data[0].x) == list(figure.data[0].y) == [1e-6, 2.0]


def test_words_are_places_on_their_axis():
    figure = plot_parallel([{"label": "method", "values": ["ssd", "scrub", "ssd"]}, {"label": "alpha",
                            "values": [1, 2.5, 3]}], [50, 60, 70], "loss attack")
    words, numbers = figure.data[0].dimensions
    assert list(words.ticktext) == ["ssd", "scrub"] and list(words["values"]) == [0, 1, 0]
    assert list(numbers["values"]) == list(numbers.tickvals) == [1, 2.5, 3]


def test_numbers_on_parallel_axes_are_plain():
    rates, many, attack = plot_parallel([
        {"label": "learning rate", "values": [0.01, 1e-05, 0.01]}, {"label": "steps", "values": list(range(20))},
        {"label": "loss attack", "format": ".1f", "values": [51.26, 49.0, 50.0]}], [50, 60, 70], "").data[0].dimensions
    assert (list(rates.ticktext), list(rates.tickvals)) == (["0.00001", "0.01"], [1e-05, 0.01])
    assert many.tickvals is None and many.tickformat == ",.6~r", "no 10m for 0.01"
    assert attack.tickformat == ".1f" and attack.tickvals is None


def test_the_pairs_are_named_by_their_letters():
    figure = plot_pairs({"forget": {"one": [1.0], "other": [2.0], "sample": [7]}}, ("B: alpha 0.1", "D: alpha 0.5"),
                        1e-6, ("B", "D"))
    assert "above the diagonal it is higher in D" in figure.layout.title.text
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == (
        "loss in B: alpha 0.1, nats", "loss in D: alpha 0.5, nats")
    assert figure.data[1].hovertemplate == "forget sample %{customdata}<br>B %{x:.3g}, D %{y:.3g} nats<extra></extra>"
