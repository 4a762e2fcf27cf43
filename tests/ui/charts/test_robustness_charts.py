"""The heatmap's figure: where squares and marks lie, what hovering says, links back and forth."""

from __future__ import annotations

import pytest

from engine.studies.sweep import FRACTION, PRESETS, Axis, Sweep
from ui.charts.robustness import GOOD, MIDDLE, PALE, Marks, plot_as_paper, plot_heatmap, position
from ui.robustness import link

COLUMNS, ROWS = ["0.05", "0.25", "0.5"], ["15%", "30%"]
VALUES = [[6.0, 1.5, None], [None, 2.0, 3.0]]
EXCESS = [[4.0, 0.0, None], [None, 0.0, 1.0]]
SAID = [["a", "b", "c"], ["d", "e", "f"]]


def figure(marks=Marks()):
    return plot_heatmap(COLUMNS, ROWS, VALUES, EXCESS, SAID, ("Alpha", "Forget fraction"), "Title", "Sub", marks)


def traces(marks=Marks()) -> dict:
    return {trace.name or "squares": trace for trace in figure(marks).data}


def test_squares_lie_on_whole_numbers_first_row_on_top():
    squares, drawn = traces()["squares"], figure()
    assert (list(squares.x), list(squares.y)) == ([0, 1, 2], [0, 1])
    assert [list(line) for line in squares.z] == EXCESS, "colour is what lies beyond chance"
    assert squares.hovertext[1][2] == "f"
    assert tuple(drawn.layout.yaxis.range) == (1.5, -0.5)
    assert list(drawn.layout.xaxis.ticktext) == COLUMNS
    assert squares.colorbar.title.text == "points beyond chance"
    assert list(traces()["value"].text) == ["6.0", "1.5", "2.0", "3.0"]


def test_small_differences_do_not_look_large():
    small = plot_heatmap(["a"], ["b"], [[3.2]], [[0.2]], [[""]], ("", ""), "", "", Marks()).data[0]
    assert (small.zmin, small.zmax) == (0, 5)
    large = plot_heatmap(["a"], ["b"], [[13.0]], [[9.0]], [[""]], ("", ""), "", "", Marks()).data[0]
    assert large.zmax == 9


def test_the_map_says_how_much_lies_outside_to_those_who_cannot_see_it():
    assert figure().layout.meta["alt"] == "Heatmap, 3 by 2: 2 of 4 squares lie beyond the chance range"


def test_what_is_a_little_outside_does_not_look_inside():
    scale = [colour for _, colour in traces()["squares"].colorscale]
    assert scale[0] == scale[1] == GOOD and scale[2] == MIDDLE and GOOD not in scale[2:]


def test_rows_that_cannot_tell_are_hatched_and_say_so():
    drawn = traces(Marks(blind={1: "too few samples to tell"}))
    assert list(drawn["squares"].z[1]) == [None, None, None]
    rows = drawn["hatched rows"]
    assert (list(rows.x), list(rows.base), rows.width) == ([1], [0.53], 2.96)
    assert (list(drawn["cannot tell"].text), list(drawn["cannot tell"].y)) == (["too few samples to tell"], [1])
    assert list(drawn["value"].text) == ["6.0", "1.5"], "no number there looks good or bad"
    assert rows.marker.pattern.shape == "/"


def test_a_doubtful_square_is_grey_whatever_its_number_and_as_wide_as_the_others():
    drawn = traces(Marks(doubtful=[(1, 0), (0, 0)]))
    assert list(drawn["squares"].z[0]) == [None, None, None]
    grey, squares = drawn["grey"], drawn["squares"]
    assert [list(line) for line in grey.z] == [[0, 0, None], [None, None, None]]
    assert (grey.xgap, grey.ygap, list(grey.x)) == (squares.xgap, squares.ygap, list(squares.x))


def test_what_cannot_tell_what_is_excluded_and_what_was_not_run_look_different():
    drawn = traces(Marks(blind={1: "too few"}, doubtful=[(0, 0)], waiting=[(2, 0), (0, 1)]))
    hatched, grey, empty = drawn["hatched rows"], drawn["grey"], drawn["waiting"]
    assert hatched.marker.pattern.shape and not empty.marker.pattern.shape
    assert empty.marker.color == "rgba(0,0,0,0)" and empty.marker.line.width == 1
    assert (grey.colorscale[0][1], hatched.marker.color) == ("#c3c8cf", PALE), "grey has one meaning"
    assert list(empty.x) == [2], "a hatched row has no empty squares"
    assert figure().layout.barmode == "overlay", "else Plotly narrows and moves bars that share a row"


def test_a_square_whose_chance_range_is_not_known_has_no_colour():
    drawn = plot_heatmap(["a"], ["b"], [[3.2]], [[None]], [[""]], ("", ""), "", "", Marks())
    assert [list(line) for line in next(trace for trace in drawn.data if trace.name == "grey").z] == [[0]]


def test_marks_lie_on_their_squares():
    marks = Marks(doubtful=[(0, 0)], waiting=[(2, 0), (0, 1)], running=[(2, 1)], failed=[(0, 0)], best=[(1, 0)],
                  chosen=(1, 1), rule={0: 1.0, 1: 2.0})
    drawn = traces(marks)
    framed = [(shape.x0, shape.y0) for shape in figure(marks).layout.shapes]
    assert framed == [(0.54, 0.55)], "only the open square is framed"
    assert list(drawn["doubtful"].text) == ["†"]
    assert list(drawn["waiting"].x) == [2, 0] and list(drawn["waiting"].base) == [-0.46, 0.54]
    assert (list(drawn["running"].x), list(drawn["running"].y)) == ([2], [1])
    assert list(drawn["failed"].text) == ["✕"] and list(drawn["best of its row"].text) == ["★"]
    assert (list(drawn["the rule"].x), list(drawn["the rule"].y)) == ([1.0, 2.0], [0, 1])
    assert all(trace.hoverinfo == "skip" for name, trace in drawn.items() if name != "squares"), "clicks go through"


def test_what_marks_nothing_is_not_there():
    drawn = traces()
    assert "the rule" not in drawn
    assert [drawn[name].visible for name in ("waiting", "running", "failed", "best of its row")] == [False] * 4


@pytest.mark.parametrize(("value", "place"), [(0.05, 0), (0.15, 0.5), (0.25, 1), (0.375, 1.5), (0.5, 2), (0.6, None),
                                              (0.01, None)])
def test_a_value_between_two_columns_lies_between_them(value, place):
    assert position((0.05, 0.25, 0.5), value) == (None if place is None else pytest.approx(place))


def test_what_is_no_number_has_no_place_between_others():
    assert position(("auto", 0.25, 0.5), 0.375) == pytest.approx(1.5)
    assert position(("auto",), 0.25) is None


def test_many_columns_are_labelled_now_and_then():
    names = [str(number) for number in range(100)]
    drawn = plot_heatmap(names, ["a"], [[1.0] * 100], [[1.0] * 100], [[""] * 100], ("", ""), "", "", Marks())
    assert list(drawn.layout.xaxis.ticktext) == [str(number) for number in range(0, 100, 5)]
    assert list(drawn.layout.xaxis.tickvals) == list(range(0, 100, 5))


def test_columns_need_no_order():
    assert position((0.5, 0.25), 0.375) == pytest.approx(0.5)


def test_the_papers_figure_has_two_panels_on_white_and_saves_as_svg():
    drawn = plot_as_paper(COLUMNS, ROWS, [("A", VALUES), ("B", VALUES)], ("Alpha", "Forget fraction"))
    assert drawn.layout.paper_bgcolor == "#ffffff" and drawn.layout.meta == {"image": "svg"}
    assert [trace.xaxis for trace in drawn.data] == ["x", "x2"]
    assert [note.text for note in drawn.layout.annotations] == ["(a) A", "(b) B"]
    assert drawn.layout.xaxis.domain[1] < drawn.layout.xaxis2.domain[0]


@pytest.mark.parametrize("sweep", [*PRESETS.values(), Sweep(
    dataset="cifar10", method="scrub", across=Axis("learning_rate", (0.001, 0.01)), down=Axis(FRACTION, (0.2,)),
    seeds=(3, 1), profile="paper", parameters={"retain_batch_size": 32})])
def test_a_link_restores_the_grid(sweep):
    assert link.from_query(link.to_query(sweep)) == (sweep, [])


def test_an_address_that_asks_for_nothing_opens_the_grid_that_ships():
    assert link.from_query({}) == (PRESETS["authors"], [])


@pytest.mark.parametrize(("asked", "told"), [
    ({"xs": "0.1 2"}, "alpha is 2, but must be between 0 and 1: the nearest valid value is 1."),
    ({"seeds": "x"}, "'x' is not a seed: seeds are whole numbers from 0 to 2,147,483,647, separated by "
                     "spaces, such as 0 1 2."),
    ({"set": "cap"}, "'cap' is not of the form NAME=VALUE, such as max_forget_epochs=80."),
    ({"method": "nabla"}, "No method named 'nabla'. Did you mean 'nabla_tau'?")])
def test_nonsense_in_a_link_is_told_and_the_usual_grid_shown(asked, told):
    assert link.from_query(asked) == (
        PRESETS["small"], [f"The link's grid: {told} The default grid is shown instead."])
