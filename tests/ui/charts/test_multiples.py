"""Small maps side by side: one scale, quantiles on request, grey squares apart."""

from __future__ import annotations

import pytest

from ui.charts.multiples import SmallMap, height, plot_multiples
from ui.charts.robustness import GREY, PALE, coloured


def one(name, excess, grey=(), blind=()):
    rows, columns = len(excess), len(excess[0])
    return SmallMap(name, "alpha", [str(x) for x in range(columns)], [str(y) for y in range(rows)], excess,
                    [["said"] * columns] * rows, grey, blind)


def test_all_maps_share_one_scale_and_grey_squares_do_not_stretch_it():
    figure = plot_multiples([one("A", [[0.0, 8.0]]), one("B", [[2.0, 90.0]], grey=[(1, 0)])], "T", "")
    assert figure.layout.coloraxis.cmax == 8.0
    assert figure.data[0].z == ((0.0, 8.0),) or [list(line) for line in figure.data[0].z] == [[0.0, 8.0]]
    first, second = figure.data[:5], figure.data[5:]
    assert [list(line) for line in second[0].z] == [[2.0, None]]
    assert [list(trace.text) for trace in first[2:]] == [["✓"], [], []]
    assert [list(trace.text) for trace in second[2:]] == [[], ["†"], []]
    assert figure.layout.meta["alt"] == ("Heatmaps of 2 methods. A: 1 of 2 squares inside the chance range; "
                                         "B: 0 of 2 squares inside the chance range")


def test_by_quantile_a_diverged_square_leaves_the_others_their_differences():
    z, top, ticks = coloured([[[0.0, 1.0, 2.0, 3.0, 400.0]]], True)
    assert z == [[[0.0, 0.25, 0.5, 0.75, 1.0]]] and top == 1.0
    assert ticks == {"tickvals": [0, 0.25, 0.5, 0.75, 1.0], "ticktext": ["0", "1.0", "2.0", "3.0", "400.0"]}
    plain, end, none = coloured([[[0.0, 1.0, None, 400.0]]], False)
    assert (plain, end, none) == ([[[0.0, 1.0, None, 400.0]]], 400.0, {})


def test_equal_values_get_equal_colours_and_nothing_outside_is_plain():
    assert coloured([[[1.0, 1.0, 2.0]]], True)[0] == [[[0.667, 0.667, 1.0]]]
    assert coloured([[[0.0, None]]], True) == ([[[0.0, None]]], 5.0, {})


@pytest.mark.parametrize("maps", [1, 4, 5, 25])
def test_rows_of_four_grow_the_figure(maps):
    figure = plot_multiples([one(str(at), [[0.0]]) for at in range(maps)], "", "")
    assert figure.layout.height == height(maps) and len(figure.data) == 5 * maps
    tops = [axis.domain[1] for axis in figure.select_yaxes()]
    assert max(tops) < 1 and min(axis.domain[0] for axis in figure.select_yaxes()) >= 0


def test_what_cannot_tell_and_what_never_counts_differ_in_mark_and_colour():
    figure = plot_multiples([one("A", [[0.0, 0.0, 0.0]], grey=[(1, 0)], blind=[(2, 0)])], "", "")
    squares, rest, *marks = figure.data
    assert [list(line) for line in squares.z] == [[0.0, None, None]]
    assert [list(line) for line in rest.z] == [[None, 1, 0]]
    assert (rest.colorscale[0][1], rest.colorscale[-1][1]) == (PALE, GREY)
    assert [(list(one.text), list(one.x), one.textfont.color) for one in marks] == [
        (["✓"], [0], "#111111"), (["†"], [1], "#111111"), (["?"], [2], None)], "pale squares have the page's own ink"


def test_long_values_below_a_map_are_every_second_one():
    values = ["2.5e-05", "5e-05", "0.0001", "0.0002", "0.0004"]
    long = SmallMap("A", "rate", values, ["3%"], [[0.0] * 5], [[""] * 5])
    drawn = plot_multiples([long, one("B", [[0.0] * 5])], "", "").layout
    assert list(drawn.xaxis.ticktext) == values[::2] and list(drawn.xaxis.tickvals) == [0, 2, 4]
    assert list(drawn.xaxis2.ticktext) == list("01234")
