"""The charts of a comparison, checked by hand: exact means and spans, names at lines and points, colours apart."""

from __future__ import annotations

import itertools
import math

import pytest

from ui.charts.colours import BY_METHOD, BY_SET, MORE_METHODS, NULL_BAND, REFERENCE, _free, method_colour
from ui.charts.compare import LINE, dash_of, plot_race, plot_tradeoff, symbol_of
from ui.charts.selected import PALETTE

PAGES = ("#ffffff", "#0f141b")  # the backgrounds in .streamlit/config.toml


def course(method="scrub", seed=0, values=(70.0, 60.0, 52.0), running=False, **more):
    points = [{"step": 10 * i, "samples": 640 * i, "seconds": 0.5 * i, "mia_loss": value, "mia_entropy": 55.0}
              for i, value in enumerate(values)]
    return {"method": method, "name": method.upper(), "seed": seed, "running": running, "points": points} | more


def lines(figure):
    return [trace for trace in figure.data if trace.legendgroup and trace.fill is None]


def named(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


# -- the race ---------------------------------------------------------------------------------------------

def test_one_seed_is_one_line_with_its_own_numbers():
    line, = lines(plot_race([course()], "mia_loss"))
    assert (list(line.x), list(line.y)) == ([0, 640, 1280], [70.0, 60.0, 52.0])
    assert (line.line.color, line.line.dash) == (BY_METHOD["scrub"], dash_of("scrub"))
    assert line.hovertemplate == "SCRUB, seed 0<br>%{y:.1f}% after %{x:,~f} samples<extra></extra>"


def test_several_seeds_are_their_mean_with_a_ribbon_from_the_lowest_to_the_highest():
    two = [course(seed=0, values=(70.0, 60.0, 52.0)), course(seed=1, values=(70.0, 64.0, 58.0))]
    ribbon, line, *_ = plot_race(two, "mia_loss").data
    assert list(line.y) == [70.0, 62.0, 55.0]
    assert (list(ribbon.x), list(ribbon.y)) == ([0, 640, 1280, 1280, 640, 0], [70.0, 64.0, 58.0, 52.0, 60.0, 70.0])
    assert ribbon.fill == "toself" and ribbon.line.width == 0
    assert line.hovertemplate.startswith("SCRUB, mean of 2 seeds<br>")


def test_a_method_and_its_ribbon_are_highlighted_together():
    figure = plot_race([course(seed=0), course(seed=1), course("ssd")], "mia_loss", retrained={0: 51.0})
    assert figure.layout.meta["highlight"] is True
    assert [trace.legendgroup for trace in figure.data] == ["scrub", "scrub", "ssd", None, None], "levels never fade"


def test_seeds_measured_at_other_places_are_joined_by_straight_lines_as_far_as_all_go():
    late = course(seed=1, values=(70.0, None, 50.0))
    early = course(seed=0, values=(70.0, 60.0))
    line, = lines(plot_race([early, late], "mia_loss"))
    assert (list(line.x), list(line.y)) == ([0, 640], [70.0, 60.0]), "60 of both at 640: half-way from 70 to 50"


@pytest.mark.parametrize(("axis", "expected", "title"), [
    ("step", [0, 10, 20], "steps"), ("samples", [0, 640, 1280], "samples processed"),
    ("seconds", [0.0, 0.5, 1.0], "training time, s")])
def test_the_axis_is_what_was_asked_for(axis, expected, title):
    figure = plot_race([course()], "mia_loss", axis)
    assert list(lines(figure)[0].x) == expected
    assert figure.layout.xaxis.title.text == title


def test_an_axis_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="No axis named 'epochs': choose one of step, samples, seconds"):
        plot_race([course()], "mia_loss", "epochs")


def test_only_what_was_measured_is_drawn():
    figure = plot_race([course(values=(70.0, None, 52.0)), course("ssd", values=(None, None))], "mia_loss")
    line, = lines(figure)
    assert (list(line.x), list(line.y)) == ([0, 1280], [70.0, 52.0])


def test_the_end_of_a_line_is_hollow_while_one_of_its_runs_goes_on():
    going, done = lines(plot_race([course(), course(seed=1, running=True), course("ssd")], "mia_loss"))
    assert list(going.marker.symbol) == ["diamond", "diamond", "diamond-open"]
    assert list(done.marker.symbol) == ["cross"] * 3
    assert list(done.marker.size) == [3, 3, 10]


def test_the_point_of_the_complete_sets_stands_apart_in_its_own_chance_range():
    """The line and its band end at the samples watched; the last word is a filled point at the right edge."""
    done = course(values=(70.0, 60.0, 58.0))
    done["points"].append(done["points"][-1] | {"mia_loss": 53.0, "complete": True})
    figure = plot_race([done], "mia_loss", band=(46.0, 54.0), whole=(48.9, 51.1))
    line, end = lines(figure)
    assert (list(line.y), line.marker.symbol[-1]) == ([70.0, 60.0, 58.0], "diamond-open")
    assert (list(end.x), list(end.y), end.name) == ([1280, 1331.2], [58.0, 53.0], "SCRUB, complete sets")
    assert end.marker.symbol == "diamond" and figure.layout.xaxis.range[1] > 1331.2
    watched, whole = figure.layout.shapes
    assert (watched.x0, watched.x1, watched.y1) == (0, 1280, 54.0)
    assert (whole.y0, whole.y1, whole.name) == (48.9, 51.1, "chance range, complete sets") and whole.x0 > watched.x1
    assert figure.layout.meta["alt"] == "Line chart. At the end: SCRUB 53.0%; coin toss 50.0%"


def test_the_other_attack_is_another_line():
    assert list(lines(plot_race([course()], "mia_entropy"))[0].y) == [55.0, 55.0, 55.0]


def test_lines_are_named_at_their_ends_in_their_colours_and_never_on_top_of_one_another():
    many = [course(method, values=(70.0, 52.0)) for method in ("scrub", "ssd", "finetune", "nabla_tau")]
    figure = plot_race(many, "mia_loss", retrained={0: 51.0})
    names = figure.layout.annotations
    assert {note.text: note.font.color for note in names} == {
        "SCRUB": BY_METHOD["scrub"], "SSD": BY_METHOD["ssd"], "FINETUNE": BY_METHOD["finetune"],
        "NABLA_TAU": BY_METHOD["nabla_tau"], "coin toss": REFERENCE, "retrained": REFERENCE}
    low, high = figure.layout.yaxis.range
    pixels = (figure.layout.height - figure.layout.margin.t - figure.layout.margin.b) / (high - low)
    places = sorted(note.y * pixels for note in names)
    assert min(after - before for before, after in itertools.pairwise(places)) >= LINE - 0.1
    assert low <= min(note.y for note in names) and max(note.y for note in names) <= high
    assert figure.layout.showlegend is False


def test_the_race_says_its_last_values_to_those_who_cannot_see_it():
    assert plot_race([course()], "mia_loss").layout.meta["alt"] == (
        "Line chart. At the end: SCRUB 52.0%; coin toss 50.0%")


def test_retrained_is_a_dashed_level_at_the_mean_of_its_seeds():
    level = named(plot_race([course()], "mia_loss", retrained={1: 52.0, 0: 49.0}), "retrained, mean")
    assert (list(level.x), list(level.y)) == ([0, 1280], [50.5, 50.5])
    assert (level.line.dash, level.line.color) == ("dash", REFERENCE)
    assert level.hovertemplate == "retrained: seed 0 49.0%, seed 1 52.0%<extra></extra>"


def test_no_retrained_no_level():
    assert [trace.name for trace in plot_race([course()], "mia_loss").data] == ["SCRUB", "coin toss, 50%"]


def test_half_is_dotted_and_its_chance_range_shaded():
    figure = plot_race([course()], "mia_loss", band=(46.604, 53.396))
    coin = named(figure, "coin toss, 50%")
    assert (list(coin.y), coin.line.dash) == ([50, 50], "dot")
    band, = figure.layout.shapes
    assert (band.y0, band.y1, band.fillcolor, band.layer, band.name) == (46.6, 53.4, NULL_BAND, "below", "chance range")
    assert not plot_race([course()], "mia_loss").layout.shapes


def test_a_race_without_measurements_says_so():
    figure = plot_race([], "mia_loss")
    assert figure.layout.annotations[0].text == "Lines appear once a run has been measured."


# -- the trade-off ----------------------------------------------------------------------------------------

def outcome(method="scrub", seed=0, x=4.0, y=70.0):
    return {"method": method, "name": method.upper(), "seed": seed, "x": x, "y": y}


def test_one_seed_is_one_point_without_bars():
    point, = plot_tradeoff([outcome()], "|loss attack - 50|, points").data
    assert (list(point.x), list(point.y), point.marker.color) == ([4.0], [70.0], BY_METHOD["scrub"])
    assert point.error_x.array is None
    assert [note.text for note in plot_tradeoff([outcome()], "x").layout.annotations] == ["SCRUB"]


def test_seeds_are_points_and_their_mean_has_bars_of_one_standard_deviation():
    runs, mean = plot_tradeoff([outcome(seed=0, x=4.0, y=70.0), outcome(seed=1, x=8.0, y=72.0)], "x").data
    assert (list(runs.x), list(runs.y), list(runs.customdata), runs.showlegend) == ([4, 8], [70, 72], [0, 1], False)
    assert (list(mean.x), list(mean.y)) == ([6.0], [71.0])
    assert (list(mean.error_x.array), list(mean.error_y.array)) == ([2.828], [1.414])


def test_retrained_is_a_dashed_cross_at_its_mean():
    figure = plot_tradeoff([outcome("retrain", 0, 1.0, 70.0), outcome("retrain", 1, 2.0, 72.0), outcome()], "x")
    upright, level = figure.layout.shapes
    assert (upright.x0, upright.x1, level.y0, level.y1) == (1.5, 1.5, 71.0, 71.0)
    assert {upright.line.dash, level.line.dash} == {"dash"}
    assert named(figure, "RETRAIN").marker.symbol == "diamond-open"


def test_the_chance_range_is_an_ellipse_round_the_cross_and_the_one_aim_is_said():
    both = [outcome("retrain", 0, 1.0, 70.0), outcome()]
    figure = plot_tradeoff(both, "x", (2.0, 1.5))
    ellipse = next(shape for shape in figure.layout.shapes if shape.type == "circle")
    assert (ellipse.x0, ellipse.x1, ellipse.y0, ellipse.y1) == (-1.0, 3.0, 68.5, 71.5)
    assert figure.layout.title.text.startswith("What forgetting costs: nearer to the cross is better<br>")
    assert "inside the ellipse chance alone explains the distance" in figure.layout.title.text
    assert "ellipse" not in plot_tradeoff(both, "x").layout.title.text
    alone = plot_tradeoff([outcome()], "x", (2.0, 1.5))
    assert not alone.layout.shapes and "nearer" not in alone.layout.title.text


def test_names_of_points_that_share_a_place_stand_apart():
    figure = plot_tradeoff([outcome("scrub"), outcome("ssd"), outcome("finetune", x=9.0, y=80.0)], "x")
    at = {note.text: note for note in figure.layout.annotations}
    assert at["SCRUB"].y != at["SSD"].y
    assert (at["FINETUNE"].xanchor, at["SCRUB"].xanchor) == ("right", "left"), "names stay inside the plot"


def test_the_trade_off_says_its_points_to_those_who_cannot_see_it():
    assert plot_tradeoff([outcome()], "x").layout.meta["alt"] == "Scatter chart. SCRUB: 4.0 from 50, 70.0% right"


def test_a_run_without_an_attack_is_left_out():
    assert len(plot_tradeoff([outcome(), outcome("ssd", x=None)], "x").data) == 1
    assert plot_tradeoff([outcome(x=None)], "x").layout.annotations[0].text == "The points appear as runs finish."


def test_methods_differ_by_shape_too():
    methods = [name for name in BY_METHOD if name != "retrain"]
    figure = plot_tradeoff([outcome(method) for method in methods], "x")
    assert len({trace.marker.symbol for trace in figure.data}) == len(methods) == 12


# -- colours ----------------------------------------------------------------------------------------------

def linear(colour):
    values = [int(colour[at:at + 2], 16) / 255 for at in (1, 3, 5)]
    return [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in values]


def contrast(one, other):
    bright, dark = sorted((sum(w * v for w, v in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))
                           for colour in (one, other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def oklab(colour):
    red, green, blue = linear(colour)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
            1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
            0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short)


@pytest.mark.parametrize("method", list(BY_METHOD))
def test_every_colour_stands_out_on_a_light_and_on_a_dark_page(method):
    assert min(contrast(BY_METHOD[method], page) for page in PAGES) >= 3


def test_every_two_methods_are_far_apart():
    nearest = min(math.dist(oklab(one), oklab(other)) for one, other in itertools.combinations(BY_METHOD.values(), 2))
    assert nearest > 0.15


@pytest.mark.parametrize("set_name", list(BY_SET))
def test_no_method_has_the_colour_of_a_set(set_name):
    nearest = min(math.dist(oklab(colour), oklab(BY_SET[set_name])) for colour in BY_METHOD.values())
    assert nearest > 0.1


@pytest.mark.parametrize("set_name", list(BY_SET))
def test_no_added_method_and_no_selected_run_has_the_colour_of_a_set(set_name):
    added = [*MORE_METHODS, *map(_free, range(len(MORE_METHODS), 60)), *PALETTE]
    assert min(math.dist(oklab(colour), oklab(BY_SET[set_name])) for colour in added) > 0.085


def test_no_selected_run_is_grey_as_the_retrained_model_and_all_are_legible():
    assert min(math.dist(oklab(colour), oklab(REFERENCE)) for colour in PALETTE) > 0.085
    for colour in PALETTE:
        assert min(contrast(colour, page) for page in PAGES) >= 3
    nearest = min(math.dist(oklab(one), oklab(other)) for one, other in itertools.combinations(PALETTE, 2))
    assert nearest > 0.1


def test_methods_of_the_paper_differ_by_dash_and_marker():
    from engine.registry import of_the_paper

    papers = [name for name in of_the_paper() if name != "retrain"]
    assert len({dash_of(name) for name in papers}) == len({symbol_of(name) for name in papers}) == len(papers) == 5


def test_every_registered_method_has_a_colour_of_its_own_and_an_added_one_keeps_the_one_it_gets():
    from engine.registry import names

    assert set(BY_METHOD) <= set(names("method"))
    assert len({method_colour(name) for name in names("method")}) == len(names("method"))
    assert method_colour("dropped_in") == method_colour("dropped_in") not in BY_METHOD.values()
