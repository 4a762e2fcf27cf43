"""The chart of a method's objective is a pure function: checked by hand, without streamlit or the engine."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from ui.charts.colours import ATTACK_ENTROPY, ATTACK_LOSS, FORGET, MORE_ATTACKS, RETAIN, TEST, attack_colours
from ui.charts.lines import over_time, rounded
from ui.charts.objective import plot_objective


def by_name(figure):
    return {trace.name: trace for trace in figure.data}


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

@pytest.mark.parametrize("figure", [plot_objective({}), plot_objective({"step": [], "retain_loss": []})])
def test_nothing_measured_is_said_in_a_sentence(figure):
    assert figure.layout.annotations[0].text == "No measurements yet."
    assert not figure.data


def test_an_unknown_axis_is_refused_by_name():
    with pytest.raises(ValueError, match="No axis named 'epoch': choose one of step, samples, seconds"):
        over_time("", "", "epoch", "%")


@pytest.mark.parametrize(("x", "title"), [("step", "steps"), ("samples", "samples processed"),
                                          ("seconds", "training time, s")])
def test_a_zoom_is_kept_as_long_as_the_axis_means_the_same(x, title):
    axis = over_time("", "", x, "%").layout.xaxis
    assert (axis.title.text, axis.uirevision) == (title, x)


@pytest.mark.parametrize(("value", "shown"), [(53.1234, 53.12), (None, None), (float("nan"), None),
                                              (float("inf"), None)])
def test_what_was_not_measured_leaves_a_gap(value, shown):
    assert rounded(value, 2) == shown


def test_attacks_have_their_own_colours_and_others_share_a_palette():
    names = ["one", "mia_entropy", "two", "mia_loss", *"abcd"]
    colours = attack_colours(names)
    assert (colours["mia_loss"], colours["mia_entropy"]) == (ATTACK_LOSS, ATTACK_ENTROPY)
    assert [colours[name] for name in ("one", "two", *"abc")] == list(MORE_ATTACKS)
    assert colours["d"] == MORE_ATTACKS[0]


def test_updates_keep_the_traces_and_the_zoom():
    early, late = (json.loads(plot_objective(trace, DECLARED).to_json())
                   for trace in ({name: values[:1] for name, values in TRACE.items()}, TRACE))
    assert [trace["name"] for trace in early["data"]] == [trace["name"] for trace in late["data"]]
    assert early["layout"]["uirevision"] == late["layout"]["uirevision"] == "keep"


def test_the_page_decides_fonts_and_background():
    layout = json.loads(plot_objective(TRACE, DECLARED).to_json())["layout"]
    assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "rgba(0,0,0,0)"
    assert "font" not in layout
    assert layout.get("template", {}) == {}
    assert layout["xaxis"]["title"]["text"] and layout["yaxis"]["title"]["text"]
