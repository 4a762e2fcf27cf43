"""Curves of relearning and matrices of moved answers: places, names that do not overlap, what is read aloud."""

from __future__ import annotations

import math
from itertools import pairwise

from engine.studies.relearn_numbers import STEPS, Point
from ui.charts.likeness import plot_layers, plot_moved
from ui.charts.relearning import GAP, HEIGHT, place, plot_relearning
from ui.unlearn.relearn_figure import figure
from ui.unlearn.relearn_lines import VALUES, in_words, lines


def point(who, seed, step, accuracy):
    return Point(who, 0.002, 0, seed, step, accuracy, 1.5, 0.6, 80.0)


def test_each_doubling_of_the_steps_takes_as_much_room_and_zero_has_a_place():
    assert [place(step) for step in (0, 1, 3, 7)] == [0, 1, 2, 3]
    figure = plot_relearning([], "t", "%", STEPS)
    assert "appears as soon as" in figure.layout.annotations[0].text


def test_a_line_is_the_mean_of_the_seeds_that_have_come_furthest_with_their_range():
    points = [point("unlearned", 0, 0, 60), point("unlearned", 0, 1, 70), point("unlearned", 1, 0, 80),
              point("unlearned", 1, 1, 74), point("unlearned", 2, 0, 0)]
    (first, *_) = lines(points, 0.002, 0, VALUES[0])
    assert first["points"] == [{"x": 0, "y": 70.0, "low": 60.0, "high": 80.0},
                               {"x": 1, "y": 72.0, "low": 70.0, "high": 74.0}]
    assert lines(points, 0.02, 0, VALUES[0])[0]["points"] == []
    assert in_words(lines(points, 0.002, 0, VALUES[0]), VALUES[0]) == (
        "Accuracy, %. Unlearned 70.0 at step 0, 72.0 at step 1.")


def test_names_at_the_ends_keep_their_distance_and_stay_inside():
    for ends in ((100, 100, 100, 100), (0, 0, 0, 0), (72, 71, 73, 100)):
        drawn = [{"name": str(at), "colour": "#808080", "dash": "solid", "width": 2,
                  "points": [{"x": 0, "y": end, "low": end, "high": end}]} for at, end in enumerate(ends)]
        made = plot_relearning(drawn, "t", "%", STEPS, span=(-3.0, 104.0))
        ys = sorted(note.y for note in made.layout.annotations)
        pixel = 107 / (HEIGHT - made.layout.margin.t - 40)
        assert all(math.isclose(b - a, GAP * pixel) or b - a > GAP * pixel for a, b in pairwise(ys))
        assert ys[0] >= -3 and ys[-1] <= 104


def test_the_chart_says_its_answer_and_its_numbers():
    made = figure([point("unlearned", 0, 0, 60), point("retrained", 0, 0, 50)], 0.002, 0, VALUES[2], STEPS, "t", "s",
                  "It does not come back.")
    assert made.layout.meta["alt"].startswith("It does not come back. Attack, ROC area. Unlearned 0.600 at step 0")
    assert list(made.layout.xaxis.ticktext) == ["0", "1", "2", "5", "10", "20", "50", "100", "200"]
    assert made.layout.shapes[0].y0 == 0.5


def test_what_stayed_is_pale_and_every_count_is_written():
    made = plot_moved([[5, 1], [0, 4]], ["a", "b"], "t", "s", "alt")
    assert [list(row) for row in made.data[0].z] == [[0, 1], [0, 0]]
    assert [(note.x, note.y, note.text) for note in made.layout.annotations] == [(0, 0, "5"), (1, 0, "1"), (1, 1, "4")]


def test_a_layer_without_a_number_is_left_out():
    made = plot_layers({"attainable": {"a": 0.5, "b": None}}, "t", "s", "alt")
    (trace,) = made.data
    assert (trace.name, list(trace.x), list(trace.y)) == ("two retrained models", ["a"], [0.5])
