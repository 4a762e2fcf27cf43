"""The charts of a run are pure functions: their numbers are checked by hand here, without streamlit or the engine."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace

import pytest

from ui.charts.colours import (
    ATTACK_ENTROPY,
    ATTACK_LOSS,
    FORGET,
    MORE_ATTACKS,
    REFERENCE,
    RETAIN,
    TEST,
    attack_colours,
)
from ui.charts.objective import plot_objective
from ui.charts.run import plot_accuracies, plot_attacks, plot_distributions, shares, tallest_share

BINS = [0.0, 0.5, 1.0, 2.0]
COUNTS = {"retain": 1500, "forget": 4, "test": 1000}


def reading(forget=(3, 1, 0), test=(0, 5, 5), overlap=25.0, loss=70.0, entropy=65.0, accuracy=(99.0, 98.0, 70.0)):
    return {"histogram": {"forget": list(forget), "test": list(test)}, "overlap": overlap,
            "accuracy": dict(zip(("retain", "forget", "test"), accuracy, strict=True)),
            "attacks": {"mia_loss": loss, "mia_entropy": entropy}}


def points(*readings):
    return [{"step": 10 * i, "samples": 1280 * i, "seconds": 0.12345 * i, "reading": one}
            for i, one in enumerate(readings)]


def by_name(figure):
    return {trace.name: trace for trace in figure.data}


# -- distributions ----------------------------------------------------------------------------------------

def test_densities_are_shares_of_each_set_in_percent():
    bars = by_name(plot_distributions(BINS, reading(), COUNTS, "Now"))
    assert list(bars["forget"].y) == [75, 25, 0]
    assert list(bars["test"].y) == [0, 50, 50]
    assert list(bars["test"].x) == [0.25, 0.75, 1.5]
    assert list(bars["test"].width) == [0.5, 0.5, 1.0]
    assert (bars["forget"].marker.color, bars["test"].marker.color) == (FORGET, TEST)


def test_the_last_bin_says_that_it_holds_everything_beyond():
    bar = by_name(plot_distributions(BINS, reading(), COUNTS, "Now"))["test"]
    assert list(bar.customdata[0]) == ["0.00 to 0.50", 0]
    assert list(bar.customdata[-1]) == ["1.00 and more (all beyond)", 5]


def test_much_beyond_the_chart_is_said_in_words():
    figure = plot_distributions(BINS, reading(forget=(0, 1, 3)), COUNTS, "Now", unseen="never-seen dog")
    assert "<br>beyond the chart: 75% of forget, 50% of never-seen dog" in figure.layout.title.text
    assert figure.layout.xaxis.title.text == "loss, nats (last bar: 1.0 and more)"
    assert "beyond" not in plot_distributions(BINS, reading(test=(5, 5, 1)), COUNTS, "Now").layout.title.text


def test_the_heading_says_how_many_samples_and_how_much_overlap():
    figure = plot_distributions(BINS, reading(), COUNTS, "Now", retrained=reading(overlap=90.4))
    assert figure.layout.title.text.startswith("Now<br>")
    assert "4 forget, 1,000 test samples, overlap 25% (retrained 90%)" in figure.layout.title.text


def test_the_retrained_model_is_drawn_as_dashed_grey_steps_without_a_line_along_zero():
    retrained = reading(forget=(4, 0, 0), test=(1, 1, 2))
    lines = by_name(plot_distributions(BINS, reading(), COUNTS, "Now", retrained=retrained))
    forget, test = lines["retrained, forget"], lines["retrained, test"]
    assert list(forget.x) == BINS
    assert list(forget.y) == [100, 0, None, None]
    assert list(test.y) == [25, 25, 50, 50]
    assert (forget.line.dash, test.line.dash) == ("dash", "dot")
    assert forget.line.color == test.line.color == REFERENCE
    assert forget.line.shape == "hv"


def test_never_seen_samples_go_by_the_name_that_is_passed_in():
    figure = plot_distributions(BINS, reading(), COUNTS, "Now", reading(overlap=90.4), unseen="never-seen dog")
    lines = by_name(figure)
    assert list(lines) == ["forget", "never-seen dog", "retrained, forget", "retrained, unseen"]
    assert lines["never-seen dog"].marker.color == TEST
    assert list(lines["never-seen dog"].y) == [0, 50, 50]
    assert "of 10 never-seen dog samples" in lines["never-seen dog"].hovertemplate
    assert "4 forget, 1,000 never-seen dog samples<br>overlap 25% (retrained 90%)" in figure.layout.title.text
    assert figure.layout.margin.t == plot_distributions(BINS, reading(), COUNTS, "Now").layout.margin.t + 15


def test_one_scale_for_before_and_now():
    before, now = reading(), reading(forget=(1, 2, 1))
    top = tallest_share(before, now, None)
    assert top == 75
    ranges = {tuple(plot_distributions(BINS, one, COUNTS, "", shared_top=top).layout.yaxis.range)
              for one in (before, now)}
    assert ranges == {(0, 78.75)}


def test_a_log_axis_starts_at_half_a_sample():
    axis = plot_distributions(BINS, reading(), COUNTS, "Now", log=True).layout.yaxis
    assert axis.type == "log"
    assert axis.range == pytest.approx((math.log10(5), math.log10(90)), abs=1e-3)  # largest set here: 10 samples


def test_empty_histograms_and_missing_readings_do_not_crash():
    assert shares([0, 0]) == [0, 0]
    assert tallest_share(None) is None
    nothing = reading(forget=(0, 0, 0), test=(0, 0, 0))
    for log in (False, True):
        plot_distributions(BINS, nothing, {"forget": 0, "test": 0}, "Now", retrained=nothing, log=log).to_json()
    assert plot_distributions(BINS, None, COUNTS, "Now").layout.annotations[0].text == "No measurements yet."


# -- lines over time --------------------------------------------------------------------------------------

@pytest.mark.parametrize(("x", "expected", "title"), [
    ("step", [0, 10, 20], "steps"),
    ("samples", [0, 1280, 2560], "samples processed"),
    ("seconds", [0, 0.123, 0.247], "training time, s"),
])
def test_the_x_axis_is_chosen(x, expected, title):
    three = points(reading(), reading(), reading())
    for figure in (plot_attacks(three, None, x), plot_accuracies(three, x)):
        assert list(figure.data[0].x) == expected
        assert figure.layout.xaxis.title.text == title
        assert figure.layout.xaxis.uirevision == x


def test_an_unknown_axis_is_refused_by_name():
    with pytest.raises(ValueError, match="No axis named 'epoch': choose one of step, samples, seconds"):
        plot_accuracies(points(reading()), "epoch")


def test_attacks_join_what_was_measured_and_leave_out_what_was_not():
    figure = plot_attacks(points(reading(), reading(loss=None, entropy=float("nan")), reading(loss=53.123)), None)
    lines = by_name(figure)
    assert list(lines["loss attack"].y) == [70, None, 53.123]
    assert list(lines["entropy attack"].y) == [65, None, 65]
    assert lines["loss attack"].connectgaps is True
    assert "loss attack 53.1%, entropy attack 65.0%" in figure.layout.title.text


def test_the_coin_toss_and_its_null_band():
    band = {"mia_loss": [47.123, 52.5], "mia_entropy": (47.0, 53.0)}
    figure = plot_attacks(points(reading(), reading()), band)
    coin, shade = by_name(figure)["coin toss"], figure.layout.shapes[0]
    assert list(coin.y) == [50, 50]
    assert coin.line.dash == "dot"
    assert "chance range: loss 47.1 to 52.5%, entropy 47.0 to 53.0%" in coin.hovertemplate
    assert (shade.y0, shade.y1, shade.xref) == (47.12, 52.5, "paper")


@pytest.mark.parametrize("band", [None, {}, {"mia_loss": None, "mia_entropy": None}])
def test_without_a_null_band_nothing_is_shaded(band):
    figure = plot_attacks(points(reading()), band)
    assert not figure.layout.shapes
    assert "chance range" not in by_name(figure)["coin toss"].hovertemplate


def test_attacks_are_drawn_and_named_as_asked():
    """One that is registered later brings its label, and has a colour and the band by itself."""
    one = reading() | {"attacks": {"mia_loss": 70.0, "lira": 80.0}}
    labels = {"lira": "Likelihood ratio", "mia_loss": "loss attack"}
    figure = plot_attacks(points(one, one), {"lira": [40.0, 60.0], "mia_loss": [47.0, 53.0]}, labels=labels,
                          retrained=one)
    lines = by_name(figure)
    assert list(lines)[:2] == ["Likelihood ratio", "loss attack"]
    assert lines["Likelihood ratio"].line.color == MORE_ATTACKS[0] == lines["retrained, Likelihood ratio"].line.color
    assert "chance range: Likelihood ratio 40.0 to 60.0%, loss 47.0 to 53.0%" in lines["coin toss"].hovertemplate
    assert (figure.layout.shapes[0].y0, figure.layout.shapes[0].y1) == (40, 60)
    assert "Likelihood ratio 80.0%, loss attack 70.0%" in figure.layout.title.text


def test_a_label_without_a_measurement_leaves_a_gap():
    lines = by_name(plot_attacks(points(reading()), None, labels={"mia_loss": "loss attack", "lira": "LiRA"}))
    assert list(lines["LiRA"].y) == [None]


def test_attacks_have_their_own_colours_and_others_share_a_palette():
    names = ["one", "mia_entropy", "two", "mia_loss", *"abcd"]
    colours = attack_colours(names)
    assert (colours["mia_loss"], colours["mia_entropy"]) == (ATTACK_LOSS, ATTACK_ENTROPY)
    assert [colours[name] for name in ("one", "two", *"abc")] == list(MORE_ATTACKS)
    assert colours["d"] == MORE_ATTACKS[0]


def test_the_title_of_the_accuracies_is_chosen_and_may_have_two_lines():
    usual, longer = plot_accuracies(points(reading())), plot_accuracies(points(reading()), title="To the<br>retrained")
    assert usual.layout.title.text.startswith("Forget should come down to test<br>")
    assert longer.layout.title.text.startswith("To the<br>retrained<br>")
    assert longer.layout.margin.t == usual.layout.margin.t + 18


def test_accuracies_have_the_sets_colours_and_gaps():
    lines = by_name(plot_accuracies(points(reading(), reading(accuracy=(98.0, None, 69.456)))))
    assert [lines[name].line.color for name in ("retain", "forget", "test")] == [RETAIN, FORGET, TEST]
    assert list(lines["forget"].y) == [98, None]
    assert list(lines["test"].y) == [70, 69.456]
    assert not lines["forget"].connectgaps


@pytest.mark.parametrize("figure", [
    plot_attacks(points(reading(), reading()), None, retrained=reading(loss=51.0, entropy=None)),
    plot_accuracies(points(reading(), reading()), retrained=reading(accuracy=(100.0, 71.0, 70.0))),
], ids=["attacks", "accuracies"])
def test_the_retrained_levels_are_dashed_with_one_entry_in_the_legend(figure):
    retrained = [trace for trace in figure.data if trace.name.startswith("retrained")]
    assert {trace.line.dash for trace in retrained} == {"dash"}
    assert [trace.name for trace in retrained if trace.showlegend is not False] == ["retrained"]
    levels = {trace.name: list(trace.y) for trace in retrained[:-1]}
    assert levels == ({"retrained, loss attack": [51, 51]} if "retrained, loss attack" in levels else
                      {"retrained, retain": [100, 100], "retrained, forget": [71, 71], "retrained, test": [70, 70]})


def test_levels_are_visible_from_the_first_point_on():
    level = by_name(plot_attacks(points(reading()), None, retrained=reading()))["retrained, loss attack"]
    assert list(level.x) == [0, 1]


def test_the_number_of_samples_is_told():
    attacks, accuracies = (plot(points(reading()), **more, counts=COUNTS).layout.title.text
                           for plot, more in ((plot_attacks, {"null_band": None}), (plot_accuracies, {})))
    assert "(of\u00a04\u00a0+\u00a01,000)" in attacks, "in one piece where the line breaks"
    assert "(of\u00a01,500\u00a0+\u00a04\u00a0+\u00a01,000)" in accuracies


# -- objective --------------------------------------------------------------------------------------------

TRACE = {"step": [1, 2], "samples": [128, 256], "seconds": [0.1, 0.2], "forget_loss": [0.1, 0.123456],
         "retain_loss": [0.2, None], "validation_loss": [1.0, 1.0], "alpha": [0.25, 0.2], "learning_rate": [0.1, 0.1]}


def term(name, title, role="minimised", on="", axis="loss", unit="nats", note=""):
    return SimpleNamespace(name=name, title=title, role=role, on=on, axis=axis, unit=unit, note=note)


DECLARED = (term("forget_loss", "L_forget", "maximised", "forget", note="up to L_validation"),
            term("retain_loss", "L_retain", on="retain"),
            term("validation_loss", "L_validation", "target", "validation"),
            term("alpha", "alpha", "weight", axis="weight", unit=""))


def test_the_declared_terms_with_their_roles_and_weights_in_a_plot_of_their_own():
    figure = plot_objective(TRACE, DECLARED)
    lines = by_name(figure)
    assert list(lines) == ["L_forget, maximised up to L_validation", "L_retain, minimised", "L_validation, target",
                           "alpha, weight"]
    assert list(lines["L_forget, maximised up to L_validation"].y) == [0.1, 0.1235]
    assert list(lines["L_retain, minimised"].y) == [0.2, None]
    assert (lines["L_validation, target"].line.color, lines["L_validation, target"].line.dash) == (TEST, "dash")
    assert lines["L_retain, minimised"].mode == "lines+markers", "a value between two gaps has no line"
    assert lines["L_retain, minimised"].yaxis is None and lines["alpha, weight"].yaxis == "y2"
    below, above = figure.layout.yaxis2, figure.layout.yaxis
    assert (below.title.text, above.title.text) == ("weight", "loss, nats")
    assert below.domain[0] == 0 and below.domain[1] < above.domain[0] < above.domain[1] == 1
    assert figure.layout.xaxis.anchor == "y2" and figure.layout.height > 300


def test_a_lone_term_has_its_role_in_the_legend():
    figure = plot_objective({"step": [1, 2], "forget_loss": [0.2, 0.1]}, DECLARED)
    assert [trace.name for trace in figure.data] == ["L_forget, maximised up to L_validation"]
    assert figure.layout.showlegend is True
    assert "yaxis2" not in figure.layout.to_plotly_json() and figure.layout.height == 300


def test_what_is_only_watched_is_dotted_and_nothing_minimised_is_said():
    watched = (term("forget_loss", "L_forget", "watched", "forget"),
               term("selected", "weights dampened", "watched", axis="share", unit="%"))
    figure = plot_objective({"step": [1, 2], "forget_loss": [0.2, 0.1], "selected": [None, 3.5]}, watched)
    assert {trace.line.dash for trace in figure.data} == {"dot"}
    assert "one batch a step; nothing is minimised or maximised" in figure.layout.title.text
    share = by_name(figure)["weights dampened, watched"]
    assert (share.mode, share.hovertemplate) == ("lines+markers", "%{y:.3~f} %")
    assert figure.layout.yaxis2.title.text == "share, %"


def test_terms_of_one_set_share_its_colour_and_differ_in_their_dashes():
    terms = (term("a", "KL", on="retain"), term("retain_loss", "L_retain", on="retain"), term("n", "norm", axis="norm"))
    lines = by_name(plot_objective({"step": [1], "a": [1.0], "retain_loss": [0.2], "n": [9.0]}, terms))
    assert [lines[f"{name}, minimised"].line.dash for name in ("KL", "L_retain", "norm")] == ["solid", "dash", "solid"]
    assert lines["KL, minimised"].line.color == lines["L_retain, minimised"].line.color == RETAIN
    assert lines["norm, minimised"].line.color not in (RETAIN, FORGET, TEST)


def test_undeclared_terms_are_drawn_under_their_own_names_without_a_role():
    figure = plot_objective(TRACE | {"distance": [3.0, 900.0], "nothing": [None, None]})
    lines = by_name(figure)
    assert list(lines) == ["alpha", "distance", "forget_loss", "retain_loss", "validation_loss"]
    assert {line.line.dash for line in lines.values()} == {"dot"}
    assert lines["forget_loss"].yaxis is None and lines["forget_loss"].line.color == FORGET
    assert {lines["alpha"].yaxis, lines["distance"].yaxis} == {"y2", "y3"}, "scales that nobody knows stay apart"
    assert "which of these it minimises is not declared" in figure.layout.title.text


# -- every chart ------------------------------------------------------------------------------------------

@pytest.mark.parametrize("figure", [plot_attacks([], None), plot_accuracies([]), plot_objective({}),
                                    plot_objective({"step": [], "retain_loss": []})])
def test_nothing_measured_is_said_in_a_sentence(figure):
    assert figure.layout.annotations[0].text == "No measurements yet."
    assert not figure.data


FIGURES = {
    "distributions": lambda n: plot_distributions(BINS, reading(forget=(n, 1, 2)), COUNTS, "Now", retrained=reading()),
    "attacks": lambda n: plot_attacks(points(*[reading()] * n), {"mia_loss": [48, 52]}, retrained=reading()),
    "accuracies": lambda n: plot_accuracies(points(*[reading()] * n), retrained=reading()),
    "objective": lambda n: plot_objective(TRACE, DECLARED),
}


@pytest.mark.parametrize("name", FIGURES)
def test_updates_keep_the_traces_and_the_zoom(name):
    early, late = (json.loads(FIGURES[name](n).to_json()) for n in (1, 5))
    assert [trace["name"] for trace in early["data"]] == [trace["name"] for trace in late["data"]]
    assert early["layout"]["uirevision"] == late["layout"]["uirevision"] == "keep"


@pytest.mark.parametrize("name", FIGURES)
def test_the_page_decides_fonts_and_background(name):
    layout = json.loads(FIGURES[name](3).to_json())["layout"]
    assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "rgba(0,0,0,0)"
    assert "font" not in layout
    assert layout.get("template", {}) == {}
    assert layout["xaxis"]["title"]["text"]
    assert layout["yaxis"]["title"]["text"]
