"""Small multiples of the losses: exact densities, one axis and one height for all, labels at the humps."""

from __future__ import annotations

import pytest

from engine.evaluation.histograms import EDGES, density
from ui.charts.colours import FORGET, REFERENCE, TEST
from ui.charts.humps import COARSE, SMALL, plot_humps, tallest


def spike(at: int) -> list[float]:
    return density([4 if i == at else 0 for i in range(80)]).tolist()


HUMPS = {"forget": spike(20), "test": spike(60)}


def by_name(figure):
    return {trace.name: trace for trace in figure.data}


def test_both_sets_are_filled_densities_on_a_logarithmic_loss_axis():
    figure = plot_humps(EDGES, HUMPS, "SCRUB", "overlap 25%")
    drawn = by_name(figure)
    assert list(drawn) == ["test", "forget"]
    assert list(drawn["forget"].y) == [round(value, 4) for value in HUMPS["forget"]]
    assert drawn["forget"].x[0] == pytest.approx(1.12e-6), "the geometric middle of the first bin"
    assert (drawn["forget"].fill, drawn["forget"].line.color, drawn["test"].line.color) == ("tozeroy", FORGET, TEST)
    assert drawn["forget"].fillcolor == "rgba(255,127,14,0.45)"
    assert (figure.layout.xaxis.type, tuple(figure.layout.xaxis.range)) == ("log", (-6, 2))
    assert (figure.layout.showlegend, figure.layout.height) == (False, SMALL)
    assert figure.layout.title.text == 'SCRUB<br><span style="font-size:11px">overlap 25%</span>'


def test_the_retrained_model_is_a_dashed_grey_outline():
    line = by_name(plot_humps(EDGES, HUMPS, "SCRUB", retrained=spike(60)))["retrained"]
    assert (line.line.dash, line.line.color, line.fill) == ("dash", REFERENCE, None)


def test_charts_side_by_side_share_one_height():
    flat = {name: [value / 2 for value in values] for name, values in HUMPS.items()}
    top = tallest(HUMPS, flat, None)
    ranges = {tuple(plot_humps(EDGES, humps, "", top=top).layout.yaxis.range) for humps in (HUMPS, flat)}
    assert ranges == {(0, round(1.3 * max(HUMPS["forget"]), 4))}
    assert tallest(None) == 1


def test_labels_stand_at_the_peaks_and_above_one_another_where_these_are_near():
    apart = {note.text: note for note in plot_humps(EDGES, HUMPS, "").layout.annotations}
    assert [(note.x, note.yshift) for note in apart.values()] == [(-3.95, 0), (0.05, 0)]
    assert apart["<b>forget</b>"].font.color == FORGET and apart["<b>test</b>"].font.color == TEST
    near = plot_humps(EDGES, {"forget": spike(55), "test": spike(60)}, "", unseen="never-seen dog").layout.annotations
    assert [(note.text, note.yshift) for note in near] == [("<b>forget</b>", 13), ("<b>unseen</b>", 0)]
    assert near[0].y == near[1].y


def test_a_run_with_coarse_losses_only_says_so():
    figure = plot_humps(EDGES, None, "SCRUB")
    assert figure.layout.annotations[0].text.replace("<br>", " ") == COARSE
    assert not figure.data and figure.layout.title.text == "SCRUB"


def test_sets_without_samples_do_not_crash():
    nothing = {"forget": [0.0] * 80, "test": [0.0] * 80}
    assert tuple(plot_humps(EDGES, nothing, "").layout.yaxis.range) == (0, 1.3)
