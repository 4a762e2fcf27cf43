"""What the tiles of a run say: the number that decides is among them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.evaluation.histograms import BANDWIDTH, density
from engine.evaluation.measured import Metrics
from engine.evaluation.verdict import verdict_of
from engine.runs import library, recorded
from engine.runs.store import Store
from ui.common import glossary, words
from ui.common.stage.component import SAID
from ui.common.stage.scene import scene


@pytest.fixture(scope="module")
def gauges(tmp_path_factory):
    """The tiles of the first recorded run whose verdict rests on this metric."""
    store = Store(tmp_path_factory.mktemp("home"))

    def of(metric: str | None, kind: str):
        for run in recorded.recorded_runs():
            found = verdict_of(run) if run.finished else None
            if found and found.kind == kind and (found.decisive.metric if found.decisive else None) == metric:
                opened = library.get(run.id, store)
                return found.decisive, scene(opened.run, opened.course)["gauges"]
        raise AssertionError(f"no recorded run is {kind} by {metric}")

    return of


@pytest.mark.parametrize("attack", ["mia_loss", "mia_entropy"])
def test_an_area_that_decides_stands_in_the_tile_of_its_attack(gauges, attack):
    number, tiles = gauges(f"{attack}_auc", "not_forgotten")
    assert [tile["key"] for tile in tiles] == [attack, "accuracy_gap", "test_accuracy"]
    assert [tile["decides"] for tile in tiles] == [f"Decides: ROC area {number.short(digits=3)}", None, None]
    low, high = tiles[0]["band"]
    assert low <= tiles[0]["now"] <= high, "its accuracy alone would not"


def test_an_accuracy_that_decides_says_so_and_else_no_tile_does(gauges):
    _, tiles = gauges("mia_entropy", "not_forgotten")
    assert (tiles[0]["key"], tiles[0]["decides"]) == ("mia_entropy", "This number decides.")
    _, tiles = gauges("test_accuracy", "damaged")
    assert [tile["decides"] for tile in tiles] == [None, None, "This number decides."]
    _, tiles = gauges(None, "forgotten")
    assert [tile["decides"] for tile in tiles] == [None] * 3


def test_the_number_in_words(gauges):
    number, _ = gauges("mia_loss_auc", "not_forgotten")
    assert words.decided(number) == f"loss attack, area {number.value:.3f} > {number.limit:.3f}"
    number, _ = gauges("test_accuracy", "damaged")
    assert words.decided(number) == f"test accuracy {number.short('%')}"


def test_the_words_of_a_picture_are_the_same_while_its_run_lasts_and_at_its_end(tmp_path):
    """They are not sent again with the end."""
    kinds = {(run.spec.dataset, run.spec.scenario): run for run in recorded.recorded_runs() if run.finished}
    assert len(kinds) > 3
    for run in kinds.values():
        opened = library.get(run.id, Store(tmp_path))
        if opened.course.start is None:
            continue
        lasting = replace(opened.run, status="running", metrics=None, progress={"total_steps": 80})
        before, after = scene(lasting, opened.course), scene(opened.run, opened.course)
        assert not before["ended"] and after["ended"]
        assert {name: before[name] for name in SAID} == {name: after[name] for name in SAID}


def drawn(run, tmp_path):
    opened = library.get(run.id, Store(tmp_path))
    return scene(opened.run, opened.course)


def recorded_digits(method: str):
    return next(run for run in recorded.recorded_runs() if run.spec.dataset == "digits" and run.spec.method == method
                and run.spec.seed == 1 and not run.spec.parameters)


def test_retraining_is_not_measured_against_itself(tmp_path):
    shown = drawn(recorded_digits("retrain"), tmp_path)
    assert shown["retrained"] is None, "no dashed line of its own end"
    assert all(tile["retrained"] is None and "this is the reference" in tile["note"] for tile in shown["gauges"])


def test_every_attack_has_its_own_chance_range_and_the_chart_its_help(tmp_path):
    run = recorded_digits("nabla_tau")
    shown = drawn(run, tmp_path)
    assert shown["bands"] == [[round(end, 2) for end in run.metrics.null_band[name]] for name in shown["attacks"]]
    assert len({tuple(band) for band in shown["bands"]}) == 2
    assert "Below 50% is not better than 50%: an attacker could turn every answer round" in shown["help"]


def test_the_glossary_names_the_bandwidth_of_the_humps():
    assert f"smoothed over {BANDWIDTH:g} decades" in glossary.MEANINGS["in common"]


def test_four_samples_have_no_shape_and_the_gap_says_how_many_they_are(tmp_path):
    fine = next(one for run in recorded.recorded_runs() if run.finished
                and (one := library.get(run.id, Store(tmp_path))).course.start
                and scene(one.run, one.course)["note"] is None)
    stored = {**fine.run.metrics.stored, "sizes": {"forget": 4, "test": 398, "nonmembers": 399}}
    shown = scene(replace(fine.run, metrics=Metrics.from_json(stored)), fine.course)
    assert shown["note"] == "4 samples: too few for a shape, so no humps are drawn. The numbers are as measured."
    gap = next(tile for tile in shown["gauges"] if tile["key"] == "accuracy_gap")
    assert gap["note"].endswith("4 samples")
    assert "samples" not in next(tile for tile in scene(fine.run, fine.course)["gauges"]
                                 if tile["key"] == "accuracy_gap")["note"]


def test_the_retrained_model_has_one_number_on_the_page_and_the_losses_of_its_own_run(tmp_path):
    store = Store(tmp_path)
    run = next(run for run in recorded.recorded_runs() if run.spec.dataset == "go_emotions" and not run.is_reference
               and run.finished and run.metrics.retrained and library.get(run.id, store).course.start.retrained)
    opened = library.get(run.id, store)
    shown = scene(run, opened.course, reference=library.retrained_reading(run, store))
    tile = shown["gauges"][0]
    final = run.metrics.retrained.get(tile["key"])
    assert abs(opened.course.start.retrained.values[tile["key"]] - final) > 0.1, "some samples, and the complete sets"
    assert tile["retrained"] == shown["retrained"]["attacks"][tile["key"]] == round(final, 3), "as in the verdict"
    assert f"retrained {final:.1f}" in tile["note"]
    end = library.get(run.metrics.retrained.get("run_id"), store).course.points[-1].reading
    assert shown["retrained"]["forget"] == [round(float(value), 4) for value in density(end.histogram["forget"])]
    assert scene(run, opened.course)["retrained"]["forget"] is None, "the run itself kept none of them"


def test_a_damaged_models_losses_have_no_decimals():
    assert [words.loss(nats) for nats in (0.016, 12.345, 19784632.0)] == ["0.02", "12.35", "19,784,632"]
