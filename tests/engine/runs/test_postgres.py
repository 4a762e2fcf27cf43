"""The tests of the store that do not speak of files, on a real PostgreSQL."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from postgres import programs, serving
from test_store import (  # noqa: F401 - collected here once more, with this module's store
    queue,
    test_a_run_ends_once,
    test_a_run_that_did_not_finish_is_not_amended,
    test_a_submitted_run_is_queued_with_all_that_is_known,
    test_cancelling,
    test_concurrent_claims_take_each_run_once,
    test_deleting_a_run_that_has_not_ended_is_refused,
    test_deleting_takes_everything_along,
    test_events_come_in_order_and_from_where_one_left_off,
    test_first_in_first_out,
    test_only_a_running_run_is_updated,
    test_runs_by_status_and_column,
    test_what_became_known_later_is_written_to_a_finished_run_alone,
)

from engine.cli.main import main
from engine.runs.health import health
from engine.runs.schema import metadata
from engine.runs.store import Store, open_store
from engine.spec import resolve
from engine.types import Spec
from tests.engine.appending import append


@pytest.fixture(scope="module")
def url():
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    pytest.importorskip("psycopg", reason="psycopg is not installed (requirements-postgres.txt)")
    with serving(found) as address:
        yield address


@pytest.fixture
def store(url, home, monkeypatch):
    """An empty store; ``Store(store.root)`` and commands find it by its address."""
    monkeypatch.setattr("engine.runs.store.sqlite_url", lambda path: url)
    monkeypatch.setenv("UNLEARN_DATABASE_URL", url)
    opened = Store(home)
    assert opened._engine.dialect.name == "postgresql"
    yield opened
    opened._engine.dispose()
    engine = sa.create_engine(url)
    metadata.drop_all(engine)
    engine.dispose()


def test_nobody_goes_away_empty_while_runs_wait(store):
    """Two that ask at once get a run each: the second does not wait for the first one's and then find it taken."""
    ids = queue(store, 2)
    with store._engine.begin() as connection:  # another process is just taking the first
        connection.execute(sa.text("SELECT 1 FROM runs WHERE id = :id FOR UPDATE"), {"id": ids[0]})
        claimed = []
        thread = threading.Thread(target=lambda: claimed.append(Store(store.root).claim().id))
        thread.start()
        thread.join(30)
        assert claimed == ids[1:]


def test_a_whole_run_and_what_is_said_of_it(store, capsys):
    assert main(["run", "--dataset", "digits", "--seed", "90", "--set", "retain_epochs=1", "--json"]) == 0
    capsys.readouterr()
    run = open_store().list()[0]
    assert run.status == "finished" and run.metrics["test_accuracy"] > 30
    assert [event["seq"] for event in open_store().events(run.id)] == list(range(len(open_store().events(run.id))))
    assert main(["list", "runs"]) == 0 and run.id in capsys.readouterr().out
    assert health().healthy
    assert not (store.root / "runs.sqlite").exists()


def test_a_server_that_was_restarted_is_reached_again(store):
    run_id = queue(store)[0]
    with store._engine.begin() as connection:
        mine = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar()
    with sa.create_engine(store.url).begin() as other:
        other.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
    assert store.get(run_id).status == "queued"


def test_numbers_that_are_none_and_signs_that_texts_cannot_hold_fail_no_run(store):
    """This database is stricter than SQLite: no NaN in JSON, no NUL in a text, no text longer than its column."""
    run_id = store.begin(resolve(Spec()))
    append(store, run_id, {"kind": "probe", "loss": float("nan"), "top": float("inf"), "text": "a\x00b"})
    assert store.update(run_id, device="x" * 400, progress={"stage": "\x00", "fraction": float("nan")})
    assert store.end(run_id, "failed", reason="a\x00b", metrics={"test_accuracy": float("nan")})
    assert store.events(run_id)[0]["loss"] is None
