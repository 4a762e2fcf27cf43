"""Where pages, the manager and recorded runs meet."""

from __future__ import annotations

import importlib
import json
import sys

import pytest

from engine import recorded
from engine.commands import described
from engine.spec import resolve
from engine.types import Spec
from tests.pages.test_pages import app, finish, texts, unlearn_page


def test_the_manager_survives_a_hot_reload_of_every_engine_module(jobs, monkeypatch):
    for name in [name for name in sys.modules if name == "engine" or name.startswith("engine.")]:
        monkeypatch.delitem(sys.modules, name)
    again = importlib.import_module("engine.jobs").manager()
    assert again is jobs
    assert sum(thread.is_alive() for thread in again._workers) == 2


def test_workers_are_daemons(jobs):
    assert [thread.daemon for thread in jobs._workers] == [True, True]


def test_the_retrained_reference_is_shown_once_it_exists(jobs):
    retrained = jobs.submit(Spec(method="retrain"))
    run = jobs.submit(Spec(parameters={"retain_epochs": 1}))
    assert finish(jobs, retrained)["status"] == "finished"
    reference = finish(jobs, run)["metrics"]["retrained"]
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
    monkeypatch.setattr("ui.status.recorded_runs", lambda: recorded.recorded_runs(folder))
    monkeypatch.setattr("ui.live.find_recorded", lambda run_id: recorded.find_recorded(run_id, folder))
    return run_id


def test_a_recorded_run_opens_without_being_in_the_store(jobs, shipped):
    at = app().run()
    assert "Recorded results" in texts(at)
    at = unlearn_page(run=shipped)
    assert not at.exception
    assert "A recorded run that comes with the app" in texts(at)
    assert len(at.metric) == 6
    assert jobs.store.list() == []


def test_a_run_that_another_process_took_is_not_shown_as_interrupted(jobs):
    run_id = jobs.store.begin(resolve(Spec()))
    assert jobs.store.mark_interrupted() == []
    assert jobs.store.get(run_id)["status"] == "running"
