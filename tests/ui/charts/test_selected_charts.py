"""The charts of selected runs, by hand-made cases."""

from __future__ import annotations

import re

import pytest

from ui.charts.selected import look, mean_line, plot_overlay, plot_pairs, plot_parallel, result_ticks

PAIR = {"forget": {"one": [1.0], "other": [2.0], "sample": [7]}}


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
                            "values": [1, 2.5, 3]}], ["#111111", "#222222", "#333333"])
    words, numbers = figure.data[0].dimensions
    assert list(words.ticktext) == ["ssd", "scrub"] and list(words["values"]) == [0, 1, 0]
    assert list(numbers["values"]) == list(numbers.tickvals) == [1, 2.5, 3]


def test_numbers_on_parallel_axes_are_plain():
    rates, many, attack = plot_parallel([
        {"label": "learning rate", "values": [0.01, 1e-05, 0.01]}, {"label": "steps", "values": list(range(20))},
        {"label": "loss attack", "format": ".1f", "values": [51.26, 49.0, 50.0]}], ["#111111"] * 3).data[0].dimensions
    assert (list(rates.ticktext), list(rates.tickvals)) == (["0.00001", "0.01"], [1e-05, 0.01])
    assert many.tickvals is None and many.tickformat == ",.6~r", "no 10m for 0.01"
    assert (list(attack.ticktext), list(attack.range)) == (["49.0", "49.5", "50.0", "50.5", "51.0", "51.5"], [49, 51.5])


@pytest.mark.parametrize("values, texts, span", [
    ([99.94, 99.97, 100.0], ["99.94", "99.96", "99.98", "100.00"], [99.94, 100.0]),
    ([72.2, 72.25], ["72.20", "72.21", "72.22", "72.23", "72.24", "72.25"], [72.2, 72.25]),
    ([100.0, 100.0], ["100.0"], [99.0, 101.0]), ([0.0, 1200.0], ["0.0", "500.0", "1,000.0", "1,500.0"], [0, 1500])])
def test_no_two_ticks_of_a_result_read_alike(values, texts, span):
    assert result_ticks(values)[1:] == (texts, pytest.approx(span))


def test_a_run_has_its_colour_in_every_chart():
    figure = plot_parallel([{"label": "alpha", "values": [1, 2]}], [look(0)[0], look(3)[0]])
    line = figure.data[0].line
    assert [tuple(step) for step in line.colorscale] == [
        (0.0, look(0)[0]), (0.5, look(0)[0]), (0.5, look(3)[0]), (1.0, look(3)[0])]
    assert (list(line.color), line.cmin, line.cmax) == ([0, 1], -0.5, 1.5)
    scatter = plot_pairs(PAIR, ("A: alpha 0.1", "D: alpha 0.5"), 1e-6, ("A", "D"), (look(0)[0], look(3)[0]))
    assert f"color:{look(0)[0]}" in scatter.layout.xaxis.title.text
    assert f"color:{look(3)[0]}" in scatter.layout.yaxis.title.text
    assert f"color:{look(3)[0]}" in scatter.layout.title.text


def test_the_scatter_can_be_marked_and_says_itself_and_rings_what_is_chosen():
    figure = plot_pairs(PAIR, ("A", "B"), 1e-6, chosen=(1.0, 1e-9))
    assert figure.layout.meta == {"marks": True, "alt": (
        "1 of 1 forget samples have a higher loss in B than in A")} and figure.layout.dragmode == "select"
    ring = figure.data[-1]
    assert (ring.name, list(ring.x), list(ring.y)) == ("chosen", [1.0], [1e-6])


def test_the_pairs_are_named_by_their_letters():
    figure = plot_pairs({"forget": {"one": [1.0], "other": [2.0], "sample": [7]}}, ("B: alpha 0.1", "D: alpha 0.5"),
                        1e-6, ("B", "D"))
    said = [re.sub("<[^>]*>", "", text) for text in (
        figure.layout.title.text, figure.layout.xaxis.title.text, figure.layout.yaxis.title.text)]
    assert "above the diagonal it is higher in D" in said[0]
    assert said[1:] == ["loss in B: alpha 0.1, nats", "loss in D: alpha 0.5, nats"]
    assert figure.data[1].hovertemplate == "forget sample %{customdata}<br>B %{x:.3g}, D %{y:.3g} nats<extra></extra>"
