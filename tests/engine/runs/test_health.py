"""A queue moves, or it does not."""

from __future__ import annotations

import json
import time

import pytest
import sqlalchemy as sa
from archiving import finished_run

from engine.cli.main import main
from engine.runs.health import health
from engine.runs.schema import runs
from engine.runs.store import open_store
from engine.spec import resolve
from engine.types import Spec


def set_columns(run_id, **values):
    with open_store()._engine.begin() as connection:
        connection.execute(sa.update(runs).where(runs.c.id == run_id).values(**values))


def waiting_for(seconds):
    run_id = open_store().submit(resolve(Spec(seed=5)))
    set_columns(run_id, created=time.time() - seconds)
    return run_id


def test_an_empty_store_is_well(capsys):
    assert main(["health"]) == 0
    assert capsys.readouterr().out == "The store answers: 0 runs running, 0 runs waiting.\n"


def test_a_run_that_nobody_takes_is_a_queue_that_stands_still(capsys):
    waiting_for(100)
    assert main(["health", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["reason"] == ("The queue stands still: 1 run waiting for 100 s, and no process works on the queue. "
                              "Start the server, or start it again.")
    assert (said["healthy"], said["waiting"], said["running"]) == (False, 1, 0) and 100 <= said["idle_seconds"] < 110


def test_a_run_that_came_just_now_may_wait_and_patience_can_be_said():
    waiting_for(10)
    assert main(["health"]) == 0 and main(["health", "--patience", "5"]) == 1


def test_a_run_that_ended_just_now_shows_that_the_queue_moves():
    waiting_for(100)
    set_columns(finished_run(open_store()), ended=time.time() - 20)
    assert health().healthy and health().idle_seconds == pytest.approx(20, abs=5)


def test_a_living_run_is_work_and_a_dead_one_is_not():
    waiting_for(100)
    store = open_store()
    running = store.begin(resolve(Spec(seed=6)))
    assert health().healthy and health().running == 1
    set_columns(running, owner={**store.get(running).owner, "pid": 2 ** 22 + 1})
    assert not health().healthy and health().running == 0


def test_a_store_that_does_not_answer_is_said(monkeypatch, tmp_path, capsys):
    (tmp_path / "not-a-folder").write_text("x")
    monkeypatch.setenv("UNLEARN_DATABASE_URL", f"sqlite:///{tmp_path}/not-a-folder/runs.sqlite")
    assert main(["health", "--json"]) == 1
    assert "does not answer: unable to open database file" in json.loads(capsys.readouterr().out)["reason"]


@pytest.mark.parametrize("seconds", ["-1", "nan", "soon", "inf"])
def test_patience_is_a_number_of_seconds(seconds, capsys):
    assert main(["health", f"--patience={seconds}"]) == 2
    assert seconds in capsys.readouterr().err
