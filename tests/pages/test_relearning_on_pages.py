"""Relearning and likeness on a finished run's page, through Streamlit's AppTest."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from engine.originals.checkpoints import open_checkpoints
from engine.runs import library
from engine.runs.here import run_here
from engine.spec import resolve
from engine.studies import likeness_asked, relearn_asked
from engine.studies.background import questions
from engine.studies.relearn import relearn
from engine.studies.relearn_numbers import Settings
from engine.types import Spec
from tests.pages.test_pages import app, texts
from tests.patience import patience
from ui.runs import columns

MOONS = Spec(dataset="moons", method="finetune")
SHORT = Settings(forgotten=(0,), seeds=(0, 1, 2), rates=(6e-3,), steps=(0, 1, 2, 5))


@pytest.fixture
def run(jobs):
    return run_here(resolve(MOONS), jobs.store, False, threading.Event(), lambda progress: None)


def unlearn_page(**query: str) -> AppTest:
    at = app()
    for name, value in query.items():
        at.query_params[name] = value
    return at.switch_page("pages/unlearn.py").run()


def test_it_is_offered_with_its_time_and_what_it_asks(jobs, run):
    at = unlearn_page(run=run.id, relearn="1")
    assert not at.exception and "### Is it only hidden?" in texts(at)
    label = at.button(key="relearn-0").label
    assert label.startswith("Try to bring it back, ") and label.endswith(" s")
    assert "fine-tuned on retain data alone" in texts(at)
    assert not [button for button in at.button if button.key in ("relearn-5", "relearn-10")]


@pytest.mark.long
def test_what_is_known_shows_at_once_with_its_numbers(jobs, run):
    found = relearn(run, jobs.store, open_checkpoints(), SHORT)
    at = unlearn_page(run=run.id)
    assert not at.exception and f"**{found.said()}**" in texts(at)
    (rates,) = [table.value for table in at.table if "attainable" in table.value]
    one = found.numbers(6e-3, 0)
    low, high = min(one.aurc_seeds), max(one.aurc_seeds)
    assert list(rates["rate"]) == ["0.006, worst"]
    assert list(rates["above retrained"]) == [f"{one.aurc:+.1f} points ({low:+.1f} to {high:+.1f})"]
    (steps,) = [table.value for table in at.table if "200" not in table.value and "5" in table.value]
    assert list(steps["model"]) == ["Unlearned", "Retrained", "Retrained, another seed", "Original"]
    assert at.button(key="relearn-5").label.startswith("Also show 5 forgotten samples, ")
    at.segmented_control(key="relearn-value").set_value("phi").run()
    assert not at.exception


def test_pressing_it_starts_one_job_that_a_reload_finds_and_stop_ends(jobs, run, monkeypatch):
    begun = threading.Event()

    def slow(run, store, checkpoints, settings, on_point, report, cancel):
        report("Relearning", 0.25)
        begun.set()
        cancel.wait(patience())

    monkeypatch.setattr("engine.studies.relearn.relearn", slow)
    unlearn_page(run=run.id).button(key="relearn-0").click().run()
    assert begun.wait(patience())
    at = unlearn_page(run=run.id)
    assert not at.exception and not [button for button in at.button if button.key == "relearn-0"]
    assert [button.key for button in app().run().button if button.key == "tray-stop-question"]
    question = questions(jobs.store).of("relearning", run.id)
    at.button(key="relearn-stop").click().run()
    assert question.wait(patience())


def test_a_refusal_is_the_engines_sentence(jobs, run):
    question = relearn_asked.ask(run.id, jobs.store, 100)
    assert question.wait(patience())
    at = unlearn_page(run=run.id)
    assert [error.value for error in at.error] == [
        "forgotten is 100, but only 6 of the 30 forgotten samples, a fifth of them, may be shown: the others are what "
        "is measured."]


def test_the_verdict_says_it_on_the_page_among_the_runs_and_in_the_report(jobs, run):
    from engine.evaluation.relearning import Outcome
    from ui.unlearn import report

    hidden = {"name": "relearning", **Outcome("hidden", steps=200, step=20, held_back=24).to_json()}
    jobs.store.add_evidence(run.id, "relearning-1", hidden)
    title = "Comes back after 20 steps on retain data, as the retrained model does not: hidden, not removed"
    assert f"## {title}" in texts(unlearn_page(run=run.id))
    told = library.get(run.id, jobs.store).run
    assert (columns.verdict(told), columns.decided(told)) == ("not forgotten", "relearning")
    assert title in report.write(run.id)


@pytest.mark.long
def test_a_retrained_model_is_not_asked(jobs):
    resolved = resolve(replace(MOONS, method="retrain"))
    reference = run_here(resolved, jobs.store, False, threading.Event(), lambda progress: None)
    at = unlearn_page(run=reference.id, relearn="1")
    assert not at.exception and "Is it only hidden?" not in texts(at)


@pytest.mark.long
def test_what_else_differs_is_computed_on_request_and_kept(jobs, run):
    at = unlearn_page(run=run.id, likeness="1")
    assert not at.exception and at.button(key="likeness-ask").label.startswith("Compare the models, ")
    assert likeness_asked.ask(run.id, jobs.store).wait(patience())
    found = likeness_asked.kept(run, jobs.store)
    at = unlearn_page(run=run.id, likeness="1")
    assert not at.exception
    forget = found["sets"]["forget"]
    assert f"**{likeness_asked.agreement_said(forget)}**" in texts(at)
    (pairs,) = [table.value for table in at.table if "kappa" in table.value]
    assert list(pairs["models"]) == ["now and retrained", "two retrained models: attainable", "now and Original",
                                     "Original and retrained"]
    assert pairs["agree"][0] == f"{forget['agreement']['unlearned_retrained']['share']:.1f}%"
    for blind in found["blind_spots"].values():
        assert blind[1:] in texts(at)
    at.segmented_control(key="likeness-set").set_value("test").run()
    assert not at.exception and "ToW-MIA" in texts(at)
