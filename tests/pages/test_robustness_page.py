"""The Robustness page as a person meets it: real engine, real store, no browser."""

from __future__ import annotations

import csv
import io

import pytest
from streamlit.testing.v1 import AppTest

from engine.spec import resolve
from engine.studies import heatmap_exports
from engine.studies.intensity import intensity_map, strengths
from engine.studies.sweep import FRACTION, Axis, Sweep, suggested
from engine.studies.sweep_job import sweeps
from engine.studies.sweep_runs import find_runs
from tests.engine.comparing import metrics_of
from tests.pages.test_pages import at_address, texts
from tests.patience import patience

GRID = Sweep(across=Axis("alpha", (0.1, 0.5)), down=Axis(FRACTION, (0.05, 0.3)), parameters={"retain_epochs": 1})
SMALL = {"xs": "0.05 0.25 0.5", "ys": "0.03 0.15 0.3"}
QUERY = {"xs": "0.1 0.5", "ys": "0.05 0.3", "set": "retain_epochs=1"}


pytestmark = pytest.mark.usefixtures("in_process")


def page(**query: str) -> AppTest:
    return at_address("robustness", **query)


def filled(jobs) -> AppTest:
    """The page after a click on the button and the end of the sweep."""
    at = page(**QUERY)
    at.button(key="sweep").click().run()
    assert sweeps().current.wait(patience())
    return at.run()


def test_at_first_the_authors_grid_is_there_to_be_looked_at(jobs):
    at = page()
    assert not at.exception and not at.info
    assert "**432 runs, all done** (432 recorded)" in texts(at)
    assert "3 rows cannot: too few samples are forgotten; in 4 its value is outside the grid." in texts(at)


def test_where_nothing_was_run_it_says_what_to_do_and_what_it_takes(jobs):
    at = page(**SMALL)
    assert not at.exception
    assert at.title[0].value == "How sensitive is it?"
    assert at.info[0].value.startswith("No run of this grid exists yet. Press **Run sweep**, and the cells")
    assert "**9 runs**: 0 done, **9 to compute**" in texts(at)
    assert "on this machine." in texts(at)
    assert not at.button(key="sweep").disabled
    assert [widget.label for widget in (*at.text_input, *at.selectbox) if not widget.help] == []


def test_other_data_bring_the_grid_that_ships_with_them_and_say_so(jobs):
    at = page()  # the authors' grid of the digits
    at.selectbox(key="robustness.data").set_value("cifar10").run()
    assert not at.exception and not at.error and not at.info
    assert "**9 runs, all done** (9 recorded)" in texts(at)
    assert (at.text_input(key="robustness.xs").value, at.text_input(key="robustness.seeds").value) == (
        "0.05 0.25 0.5", "0")
    assert "Changed for CIFAR-10: grid Small, 3 by 3; seed 0; nothing held the same." in texts(at)
    at.selectbox(key="robustness.data").set_value("digits").run()
    assert "**432 runs, all done** (432 recorded)" in texts(at)
    at.text_input(key="robustness.seeds").set_value("0").run()
    assert "Changed for" not in texts(at), "it is not so any more"


def test_data_without_recorded_runs_get_the_small_grid_and_no_hint_at_what_is_not_there(jobs):
    at = page(profile="paper")
    at.selectbox(key="robustness.data").set_value("cifar100").run()
    assert not at.exception and at.query_params["profile"] in ("corrected", ["corrected"])
    assert at.text_input(key="robustness.xs").value == "0.05 0.25 0.5"
    assert at.info[0].value == "No run of this grid exists yet. Press **Run sweep**, and the cells fill in one by one."


def test_a_grid_of_ones_own_stays_and_what_ships_is_named(jobs):
    at = page(xs="0.1 0.2", ys="0.15", data="digits")
    at.selectbox(key="robustness.data").set_value("cifar10").run()
    assert at.text_input(key="robustness.xs").value == "0.1 0.2" and "Changed for" not in texts(at)
    assert at.info[0].value.endswith("Of the preset grids, **Small** is recorded for these data: it appears at once.")


def test_a_grid_to_begin_with_fills_the_boxes(jobs):
    at = page()
    at.button(key="robustness.preset.authors").click().run()
    assert not at.exception
    assert "**432 runs, all done** (432 recorded)" in texts(at)
    assert at.text_input(key="robustness.held").value == "max_forget_epochs=80"
    assert at.query_params["seeds"] == "0 1 2"


@pytest.mark.parametrize(("box", "text", "told"), [
    ("xs", "", "alpha has no values: each side of the grid needs at least one."),
    ("xs", "0.1 1.5", "alpha is 1.5, but must be between 0 and 1: the nearest valid value is 1."),
    ("ys", "0.9", "forget_fraction is 0.9, but must be between 0.001 and 0.6: the nearest valid value is 0.6."),
    ("xs", "0.1 0.1", "alpha 0.1 is given twice: once is enough."),
    ("seeds", "one", "'one' is not a seed: seeds are whole numbers from 0 to 2,147,483,647, separated "
                     "by spaces, such as 0 1 2."),
    ("held", "cap", "'cap' is not of the form NAME=VALUE, such as max_forget_epochs=80.")])
def test_a_bad_grid_is_a_sentence_and_nothing_can_be_started(jobs, box, text, told):
    at = page(**SMALL)
    at.text_input(key=f"robustness.{box}").set_value(text).run()
    assert not at.exception
    assert [error.value for error in at.error] == [told]
    assert at.button(key="sweep").disabled
    assert jobs.store.list() == []


def test_from_click_to_a_filled_map(jobs):
    at = filled(jobs)
    assert not at.exception and not at.error
    assert "**4 runs, all done**" in texts(at)
    assert at.button(key="sweep").disabled
    assert len(jobs.store.list(status=("finished",))) == 4
    assert "### Best alpha of each row: loss attack" in texts(at)
    assert "Click a cell" in texts(at)


@pytest.mark.long
def test_a_square_from_near_shows_the_stores_numbers(jobs):
    at = filled(jobs)
    at.session_state["robustness.chosen"] = (0.5, 0.3)
    at.run()
    assert not at.exception
    assert "### alpha 0.5, forget 30%" in texts(at)
    run = find_runs(GRID, jobs.store)[0.5, 0.3, 0]
    table = next(t.value for t in at.table if "seed" in t.value)
    assert list(table["run"]) == [f"[open](unlearn?run={run.id})"]
    assert list(table["Test accuracy (%)"]) == [f"{run.metrics['test_accuracy']:.1f}%"]


@pytest.mark.long
def test_the_export_is_of_the_stores_runs(jobs):
    filled(jobs)
    runs = find_runs(GRID, jobs.store)
    rows = list(csv.DictReader(io.StringIO(heatmap_exports.to_csv(GRID, runs))))
    assert [float(row["mia_loss_gap"]) for row in rows] == [
        runs[cell].metrics["mia_loss_gap"] for cell in GRID.cells()]


def test_a_failed_square_says_why_and_can_be_tried_again(jobs):
    spec = resolve(GRID.spec(0.1, 0.05, 0))
    jobs.store.end(jobs.store.begin(spec), "failed", reason="It broke.")
    at = page(**QUERY)
    assert "**4 runs**: 0 done, 1 failed, **4 to compute**" in texts(at)
    assert at.button(key="sweep").label == "Resume"
    at.session_state["robustness.chosen"] = (0.1, 0.05)
    at.run()
    assert not at.exception
    assert "It broke." in texts(at)


def test_nonsense_in_the_address_is_told(jobs):
    at = page(xs="0.1 2")
    assert not at.exception
    assert [warning.value for warning in at.warning] == [
        "The link's grid: alpha is 2, but must be between 0 and 1: the nearest valid value is 1. The default "
        "grid is shown instead."]


def test_auto_is_a_value_like_others(jobs):
    at = page(xs="auto 0.5", ys="0.3", set="retain_epochs=1")
    assert not at.exception and not at.error
    assert "**2 runs**: 0 done, **1 to compute**" in texts(at), "5/3 of 30% is 0.5: one run for both squares"
    at.button(key="sweep").click().run()
    assert sweeps().current.wait(patience())
    at.run()
    assert not at.exception and "**2 runs, all done**" in texts(at)


def test_another_method_brings_its_own_knob_and_values(jobs):
    at = page(set="retain_epochs=3")
    at.selectbox(key="robustness.method").set_value("amnesiac").run()
    assert not at.exception and not at.error
    assert at.text_input(key="robustness.xs").label == "Learning rate, across"
    assert at.text_input(key="robustness.xs").value.split() == [f"{x:g}" for x in strengths("amnesiac")]
    assert at.text_input(key="robustness.ys").value == "0.03 0.15 0.3"
    assert at.text_input(key="robustness.held").value == "", "Amnesiac has no retain_epochs"
    at.selectbox(key="robustness.across").set_value("epochs").run()
    assert at.text_input(key="robustness.xs").value.split() == [
        str(x) for x in suggested("epochs", "digits", "amnesiac")]
    assert not at.error and at.query_params["method"] == "amnesiac"


@pytest.mark.long
def test_the_maps_that_ship_are_side_by_side_and_the_address_keeps_it(jobs):
    at = page(seeds="5", maps="all", colours="quantiles")
    assert not at.exception and not at.error
    assert "every method by its own knob, seed 21" in texts(at), "nothing of seed 5 is there"
    assert "Open one: [∇τ](" in texts(at) and "Not computed yet" not in texts(at)
    at.toggle(key="robustness.maps").set_value(False).run()
    assert not at.exception and "maps" not in at.query_params and at.query_params["colours"] in (
        "quantiles", ["quantiles"])
    bad = page(maps="some")
    assert "The link's maps: 'some' is not known, only 'all'. It was ignored." in " ".join(
        one.value for one in bad.warning)


def test_ones_own_maps_come_first_where_they_are_fuller(jobs):
    grid = intensity_map("ssd", dataset="moons", seeds=(5,))
    for cell in grid.cells()[:6]:
        run_id = jobs.store.begin(resolve(grid.spec(*cell)))
        jobs.store.end(run_id, "finished", metrics=metrics_of(mia_loss_gap=cell[0]), seconds=1.0)
    at = page(data="moons", seeds="5", maps="all")
    assert not at.exception and "knob, seed 5" in texts(at)
    assert "Open one: [SSD](" in texts(at) and "Not computed yet: [∇τ](" in texts(at)


@pytest.mark.long
def test_as_the_paper_draws_it(jobs):
    at = filled(jobs)
    at.toggle(key="robustness.paper").set_value(True).run()
    assert not at.exception and not at.error


def test_a_sweep_that_cannot_start_says_why(jobs):
    at = page(data="cifar10", xs="0.07 0.5")  # a grid that no record answers
    assert not at.exception
    assert "CIFAR-10 is not on this machine" in texts(at)


@pytest.mark.long
def test_the_address_keeps_the_measure_and_the_square(jobs):
    at = filled(jobs)
    assert not {"measure", "at"} & set(at.query_params)
    at.segmented_control(key="robustness.metric").set_value("accuracy_gap").run()
    assert at.query_params["measure"] == "accuracy_gap"
    there = page(**QUERY, measure="test_accuracy", at="0.5 0.3")
    assert not there.exception and not there.warning
    assert there.segmented_control(key="robustness.metric").value == "test_accuracy"
    assert "### alpha 0.5, forget 30%" in texts(there)
    assert "&measure=test_accuracy&at=0.5+0.3" in there.code[-1].value
    there.segmented_control(key="robustness.metric").set_value("mia_loss_gap").run()
    assert "measure" not in there.query_params and there.query_params["at"] == "0.5 0.3"


def test_a_measure_and_a_square_that_are_not_there_are_told(jobs):
    at = page(**QUERY, measure="speed", at="0.2 0.3")
    assert [warning.value for warning in at.warning] == [
        "The link's measure: there is none named 'speed'. Valid: mia_loss_gap, mia_entropy_gap, accuracy_gap, "
        "test_accuracy. The first is shown instead.",
        "The link's cell: '0.2 0.3' is not in this grid: a cell is a value across and one down, such as "
        "'0.1 0.05'. None is open."]
    assert not {"measure", "at"} & set(at.query_params)
    at.segmented_control(key="robustness.metric").set_value("accuracy_gap").run()
    assert not at.warning
