"""Stores that can only be read, and drives without locks."""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3

import pytest

from engine.errors import StoreUnavailable, UnusableHome
from engine.runs import sqlite_files
from engine.runs.store import Store
from engine.spec import resolve
from engine.types import Spec


@pytest.fixture
def of_another(tmp_path, monkeypatch):
    """A store with a run, in a folder that can only be read; root may write everywhere, so it is asked otherwise."""
    run_id = Store(tmp_path / "theirs").submit(resolve(Spec()))
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    return tmp_path / "theirs", run_id


def test_somebody_elses_store_is_read(of_another):
    folder, run_id = of_another
    store = Store(folder)
    assert [run.id for run in store.list()] == [run_id] and store.get(run_id).status == "queued"
    assert store.mark_interrupted() == []


def test_writing_into_it_is_one_sentence(of_another):
    folder, _ = of_another
    with pytest.raises(StoreUnavailable, match=r"^The run store sqlite:///.* can only be read by you: set UNLEARN_HOME "
                                               r"to a folder of your own to write runs\.$"):
        Store(folder).submit(resolve(Spec()))


def test_an_empty_folder_that_can_only_be_read(tmp_path, monkeypatch):
    """SQLite said "unable to open database file"."""
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with pytest.raises(UnusableHome, match=r"^There is no run store in .*/empty, and none can be made there \(it can "
                                           r"only be read\): set UNLEARN_HOME to a folder that can be written\.$"):
        Store(tmp_path / "empty")


def test_where_even_its_shm_file_cannot_be_used(of_another, monkeypatch):
    folder, run_id = of_another
    with sqlite3.connect(folder / "runs.sqlite") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def refuse(*arguments, **named):
        raise sqlite3.OperationalError("unable to open database file")

    with monkeypatch.context() as patch:
        patch.setattr(sqlite_files.sqlite3, "connect", refuse)
        url = sqlite_files.read_only(Store(folder).url)
    assert "immutable=1" in url
    assert [run.id for run in Store(folder).list()] == [run_id]


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EAGAIN, errno.EOPNOTSUPP])
def test_a_drive_without_locks_is_named_at_once(tmp_path, monkeypatch, number):
    def no_locks(*arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "lockf", no_locks)
    with pytest.raises(StoreUnavailable, match=r"the drive of .* gives no file locks \(.*\)\. Set UNLEARN_HOME to a "
                                               r"folder on a local drive, or UNLEARN_DATABASE_URL to a database\.$"):
        Store(tmp_path / "shared")
