"""Where pages, the manager and recorded runs meet."""

from __future__ import annotations

import importlib
import json
import sys

import pytest

from engine.evaluation.events import Course
from engine.runs import recorded
from engine.runs.estimates import Span
from engine.runs.records import described
from engine.spec import resolve
from engine.studies.comparison import Comparison
from engine.types import Spec
from tests.engine.appending import append
from tests.pages.test_pages import app, finish, opened, texts, unlearn_page
from ui.common.stage.scene import scene


def test_the_manager_survives_a_hot_reload_of_every_engine_module(jobs, monkeypatch):
    for name in [name for name in sys.modules if name == "engine" or name.startswith("engine.")]:
        monkeypatch.delitem(sys.modules, name)
    again = importlib.import_module("engine.runs.queue").manager()
    assert again is jobs
    assert sum(thread.is_alive() for thread in again._workers) == 2


def test_workers_are_daemons(jobs):
    assert [thread.daemon for thread in jobs._workers] == [True, True]


@pytest.mark.long
def test_the_retrained_reference_is_shown_once_it_exists(brief, unfolded):
    jobs = brief
    retrained = jobs.submit(Spec(method="retrain"))
    run = jobs.submit(Spec(parameters={"retain_epochs": 1}))
    assert finish(jobs, retrained).status == "finished"
    reference = finish(jobs, run).metrics["retrained"]
    assert reference["run_id"] == retrained
    start = jobs.store.events(run)[0]
    assert start["retrained"]["accuracy"]["forget"] == pytest.approx(reference["forget_accuracy"], abs=1e-3)
    assert sum(start["retrained"]["histogram"]["forget"]) == start["counts"]["forget"] == 150
    at = unlearn_page(run=run)
    assert f"retrained {reference['forget_accuracy']:.1f}% · ideal as retrained" in texts(at)


@pytest.fixture
def shipped(jobs, tmp_path, monkeypatch):
    """A recorded run, made as the README says: what ``show RUN --json`` prints, in a folder of its own."""
    run_id = jobs.submit(Spec(parameters={"retain_epochs": 1}))
    run = finish(jobs, run_id)
    folder = tmp_path / "recorded"
    folder.mkdir()
    content = described(run) | {"events": jobs.store.events(run_id)}
    (folder / "digits.json").write_text(json.dumps(content))
    (folder / "broken.json").write_text("{")
    jobs.store.delete(run_id)
    monkeypatch.setattr("ui.start.page.recorded_runs", lambda: recorded.recorded_runs(folder))
    monkeypatch.setattr("engine.runs.library.find_recorded", lambda run_id: recorded.find_recorded(run_id, folder))
    return run_id


def test_a_recorded_run_opens_without_being_in_the_store(jobs, unfolded, shipped):
    at = app().run()
    assert "Recorded results" in texts(at)
    at = unlearn_page(run=shipped)
    assert not at.exception
    assert "it opens without the data, and **Run again** computes it here" in texts(at)
    assert len(at.metric) == 6
    assert jobs.store.list() == []


def test_the_numbers_below_the_picture_are_sent_when_they_are_opened(jobs, shipped):
    at = unlearn_page(run=shipped)
    assert not at.exception and not at.metric
    assert "More numbers" in [one.label for one in at.expander]


def test_run_again_says_whether_an_original_is_trained_first(jobs, shipped, monkeypatch):
    first = "There is no Original for it on this machine: it is trained first, an unknown time"
    at = unlearn_page(run=shipped)
    assert first not in texts(at)
    monkeypatch.setattr(jobs.checkpoints, "shipped", None)
    at = at.run()
    assert f"**Run again** computes it here. {first}" in texts(at)
    monkeypatch.setattr(type(jobs), "submit", lambda jobs, spec, train_original: str(train_original))
    assert at.button(key=f"again-{shipped}").click().run().query_params["run"] in ("True", ["True"])


def test_one_click_does_not_start_hours(jobs, shipped, monkeypatch):
    at = unlearn_page(run=shipped)
    assert at.button(key=f"again-{shipped}").label == "Run again"
    monkeypatch.setattr("ui.unlearn.live.estimates.run_span", lambda *_: Span(3600, 7200))
    at = at.run()
    assert at.button(key=f"again-{shipped}").label == "Start", "in the window that Run again opens"
    assert "It takes 60 min to 2.0 h." in texts(at)


def test_a_run_that_another_process_took_is_not_shown_as_interrupted(jobs):
    run_id = jobs.store.begin(resolve(Spec()))
    assert jobs.store.mark_interrupted() == []
    assert jobs.store.get(run_id).status == "running"


# --- what an address asks for -------------------------------------------------------------------


ODD = Spec(dataset="cifar10", method="nabla_tau", scenario="class", forget_class=5, seed=7, profile="paper",
           parameters={"alpha": 0.4, "retain_epochs": 3})


def form(at) -> dict:
    """The widgets of the launch form by key."""
    kinds = (at.selectbox, at.segmented_control, at.slider, at.number_input, at.toggle)
    return {widget.key: widget.value for kind in kinds for widget in kind}


def test_the_form_is_filled_from_the_run_that_is_opened(jobs):
    run_id = ended(jobs, ODD)
    at = opened(unlearn_page(run=run_id))
    shown, scope = form(at), "p.cifar10.paper.nabla_tau.0"
    assert not at.exception
    assert {name: shown[name] for name in ("dataset", "scenario", "class.cifar10", "method", "seed", "profile")} == {
        "dataset": "cifar10", "scenario": "class", "class.cifar10": 5, "method": "nabla_tau", "seed": 7,
        "profile": "paper"}
    assert (shown[f"{scope}.alpha.auto"], shown[f"{scope}.alpha"], shown[f"{scope}.retain_epochs"]) == (False, 0.4, 3)
    at.button(key="launch").click().run()
    assert jobs.store.list()[-1].spec == jobs.store.get(run_id).spec


def test_what_is_changed_after_opening_stays_until_another_run_is_opened(jobs):
    first, second = ended(jobs, ODD), ended(jobs, Spec(forget_fraction=0.035, method="scrub", parameters={"alpha": 2}))
    at = opened(unlearn_page(run=first))
    at.number_input(key="seed").set_value(9).run()
    assert form(at)["seed"] == 9 and form(at)["dataset"] == "cifar10"
    at.query_params["run"] = second
    shown = form(at.run())
    assert (shown["dataset"], shown["method"], shown["scenario"], shown["forget"], shown["seed"]) == (
        "digits", "scrub", "random", 3.5, 0)
    assert shown["p.digits.corrected.scrub.0.alpha"] == 2.0


def test_settings_that_the_form_cannot_take_over_are_told(jobs):
    at = unlearn_page(run=ended(jobs, Spec(original_seed=4)))
    assert ("The run shown started from the Original of seed 4; a run started here uses "
            "that of seed 0. **Run again** keeps it.") in texts(at)
    run_id = ended(jobs, Spec())
    with jobs.store._transaction() as connection:
        connection.exec_driver_sql("update runs set spec = json_set(spec, '$.method', 'gone') where id = ?", (run_id,))
    at = unlearn_page(run=run_id)
    assert ("This version does not know the settings of the run shown: the form shows its own instead."
            in texts(at))


def test_what_a_link_asks_for_and_no_page_knows_is_told(jobs):
    at = unlearn_page(dataset="mnist", **{"class": "77"})
    assert at.warning[0].value == (
        "The link's `dataset=mnist`, `class=77` could not be used: the page Unlearn takes only run, from, original, "
        "at, present, hide, relearn, likeness from its address. It was ignored.")
    assert not unlearn_page(run=ended(jobs, Spec())).exception
    at = app()
    at.query_params["run"] = "nonsense" * 9
    at = at.switch_page("pages/runs.py").run()
    assert at.warning[0].value == (
        f"The link's `run={('nonsense' * 9)[:40]}…` could not be used: the page Runs takes only find, data, "
        "method, status, tags, whose, sort, group, columns from its address. It was ignored.")


def ended(jobs, spec: Spec) -> str:
    """A run of these settings in the store that was never computed."""
    run_id = jobs.store.begin(resolve(spec))
    jobs.store.end(run_id, "cancelled", reason="Stopped.")
    return run_id


# --- what the pages show ------------------------------------------------------------------------


def test_a_replay_has_every_look_and_ends_in_the_complete_sets(jobs):
    run_id = jobs.submit(Spec(parameters={"retain_epochs": 1}))
    run = finish(jobs, run_id)
    course = Course.from_json(jobs.store.events(run_id))
    drawn = scene(run, course)
    assert [point["step"] for point in drawn["points"]] == [0, *(probe.step for probe in course.probes)]
    assert course.probes[-1].complete and not any(probe.complete for probe in course.probes[:-1])
    assert drawn["points"][-1]["attacks"]["mia_loss"] == pytest.approx(run.metrics["mia_loss"], abs=1e-3)
    assert len(drawn["points"][0]["forget"]) == 80
    assert drawn["gauges"][0]["now"] == drawn["points"][-1]["attacks"]["mia_loss"]


def test_only_an_alpha_with_a_rule_is_called_alpha(jobs):
    ended(jobs, Spec(method="scrub", parameters={"alpha": 2}))
    ended(jobs, Spec())
    at = app().switch_page("pages/runs.py").run()
    at.multiselect(key="runs.columns").set_value(["method", "alpha", "changed", "remarks", "seconds"]).run()
    table = at.dataframe[0].value[:2]  # recorded runs come below
    assert list(table["method"]) == ["∇τ", "SCRUB"] and table["alpha"][0] == 0.25 and table["alpha"].isna()[1]
    assert table["changed"][1] == "alpha 2" and table["remarks"][1] == "Stopped." and table["seconds"].isna().all()


def test_recorded_runs_are_links_in_groups(jobs):
    from ui.start.page import _group, _label

    at = app().run()
    lines = [said for one in at.markdown if (said := one.value).startswith("**") and ", forget " in said]
    tables = [f"**CIFAR-10**, forget {share}%, paper profile" for share in (3, 15, 30)]
    digits = [f"**Digits**, forget {who}" for who in ("class 3", "3%", "15%", "30%")]
    assert lines[:8] == [*digits, "**CIFAR-10**, forget 15%", *tables]
    assert sum("and 20 more, side by side" in one.value for one in at.caption) == 4
    assert "**Digits**, maps" in texts(at)
    assert lines[-1] == "**GoEmotions**, MiniLM, forget 15%, paper profile"
    groups = {}
    for run in recorded.recorded_runs():
        if run.spec.profile == "paper":
            groups.setdefault(_group(run), []).append(_label(run))
    assert all(len(labels) == len(set(labels)) for labels in groups.values()), "a link says which run it opens"
    table1 = set(groups["**CIFAR-10**, forget 15%, paper profile"])
    assert table1 >= {"Retraining", "Retraining, seed 2", "∇τ", "SSD", "Amnesiac", "Fine-tuning", "SCRUB"}
    assert "until an attacker can do no better than a coin toss." in texts(at)


def test_a_line_of_recorded_runs_leads_to_their_comparison(jobs):
    from ui.start.page import _comparison, _first_seeds, _group, _label

    line = [run for run in recorded.recorded_runs() if _group(run) == "**CIFAR-10**, forget 15%, paper profile"]
    assert _comparison(line) == Comparison("cifar10", "random", 0.15, (
        "nabla_tau", "finetune", "retrain", "scrub", "ssd", "amnesiac"), (0, 1, 2), "paper")
    assert [_label(run) for run in _first_seeds(line)] == [
        "∇τ", "Fine-tuning", "Retraining", "SCRUB", "SSD", "Amnesiac"]
    assert _comparison([run for run in line if run.spec.method == "ssd"]) is None


def test_the_list_of_runs_says_what_is_no_success(jobs):
    """An attack at 50% beside a test accuracy of 9%, or a forget set that stands out the other way."""
    for change in ({"test_accuracy": 9.0}, {"mia_loss_auc": 0.3}, {}):
        run_id = jobs.store.begin(resolve(Spec()))
        metrics = {"mia_loss": 50.0, "test_accuracy": 72.0, "original": {"test_accuracy": 73.0}} | change
        assert jobs.store.end(run_id, "finished", metrics=metrics, seconds=1.0, steps=1, samples=1)
    at = app().switch_page("pages/runs.py").run()
    assert list(at.dataframe[0].value["verdict"])[:3] == ["undecided", "over-forgotten", "damaged"]


@pytest.mark.parametrize(("method", "trace", "drawn"), [
    ("gradient_ascent", {"forget_loss": [0.1, 0.2]}, ["L_forget, maximised"]),
    ("ssd", {"forget_loss": [0.1, None], "selected": [None, 2.5]}, ["L_forget, watched", "weights dampened, watched"]),
    ("scrub", {"distance": [0.1, 3.0], "forget_loss": [0.1, None]}, ["L_forget, watched", "distance"]),
    ("finetune", {}, None),
])
def test_the_objective_is_drawn_as_the_method_declares_it(jobs, unfolded, monkeypatch, method, trace, drawn):
    """SCRUB's older runs carry ``distance``, which it does not declare: it is drawn under its name."""
    figures = {}
    monkeypatch.setattr("ui.unlearn.live.live_chart",
                        lambda figure, key, **more: figures.update({key.split("-")[0]: figure}))
    run_id = jobs.store.begin(resolve(Spec(method=method)))
    reading = {
        "histogram": {"forget": [3, 1], "test": [1, 3]}, "overlap": 50.0,
        "accuracy": {"retain": 99.0, "forget": 98.0, "test": 70.0}, "attacks": {"mia_loss": 60.0, "mia_entropy": 55.0}}
    append(jobs.store, run_id, {"kind": "start", "bins": [0.0, 1.0, 2.0], "before": reading, "retrained": None,
                               "counts": {"forget": 4, "test": 4, "retain": 9}, "null_band": {}})
    append(jobs.store, run_id, {"kind": "probe", "step": 2, "samples": 8, "seconds": 0.1, "reading": reading,
                               "trace": {"step": [1, 2], "samples": [4, 8], "learning_rate": [0.1, 0.1], **trace}})
    jobs.store.end(run_id, "cancelled")
    at = unlearn_page(run=run_id)
    assert not at.exception
    headings = [expander.label for expander in at.expander if expander.label.startswith("Objective")]
    if drawn is None:
        assert headings == [] and "objective" not in figures
    else:
        assert headings == ["Objective: what the method works on, step by step"]
        assert [line.name for line in figures["objective"].data] == drawn
