"""What an import or a deletion that was killed leaves in a home folder is put in order when the store is opened."""

from __future__ import annotations

import pytest
from archiving import finished_run, samples_frame
from helping import kill

from engine.runs import leftovers
from engine.runs import store as store_module
from engine.runs.archive.transfer import export_runs, import_runs
from engine.runs.store import Store
from engine.spec import resolve
from engine.types import Spec


@pytest.fixture
def archive(tmp_path):
    """An archive of two runs, made elsewhere."""
    elsewhere = Store(tmp_path / "elsewhere")
    path = tmp_path / "runs.zip"
    export_runs(path, [finished_run(elsewhere, seed) for seed in (0, 1)], elsewhere)
    return path


def folders(store):
    return sorted(path.name for path in (store.root / "artifacts").glob("*"))


def importing(store, archive, ready, at):
    """An import that stands still after its second run: before (``at`` 0) or after (1) the runs are in the store."""
    adopt = Store.adopt

    def stand(self, found):
        found = list(found)
        if at == 0:
            adopt(self, (one if number == 0 else ready() for number, one in enumerate(found)))
        adopt(self, found)
        ready()

    Store.adopt = stand
    import_runs(archive, Store(store.root))


@pytest.mark.parametrize("at, runs", [(0, 0), (1, 2)])
def test_a_killed_import_leaves_all_or_nothing(store, archive, forked, at, runs):
    pid = forked(lambda ready: importing(store, archive, ready, at))
    there = folders(store)
    leftovers.settle(store)
    assert folders(store) == there and len(there) == at + 1, "it lives"
    kill(pid)
    leftovers.settle(store)
    assert len(store.list()) == len(folders(store)) == runs
    assert list((store.root / "unfinished").iterdir()) == []
    assert len(import_runs(archive, store)["imported"]) == 2 - runs


def test_a_folder_that_was_there_before_the_import_stays(store, archive, forked):
    """Such as what relearning found about a run that ships with the app: its folder has no row."""
    from engine.runs.archive.transfer import read_archive

    known = read_archive(archive).runs[1]["id"]
    store.save_finding(known, "relearn-x", {"found": 1})
    kill(forked(lambda ready: importing(store, archive, ready, 0)))
    leftovers.settle(store)
    assert folders(store) == [known] and store.load_finding(known, "relearn-x") == {"found": 1}


@pytest.mark.parametrize("committed", [False, True])
def test_a_killed_deletion_is_done_or_not(store, forked, monkeypatch, committed):
    run_id = finished_run(store)

    def deleting(ready):
        if committed:
            monkeypatch.setattr(store_module.shutil, "rmtree", ready)
        else:
            monkeypatch.setattr(store_module.sa, "delete", ready)
        Store(store.root).delete(run_id)

    kill(forked(deleting))
    leftovers.settle(store)
    assert [run.id for run in store.list()] == folders(store) == ([] if committed else [run_id])
    assert committed or len(store.load_samples(run_id)) == len(samples_frame())


def test_another_store_in_the_same_home_folder_keeps_its_files(store, archive, forked, tmp_path):
    """An import into a database of its own: the store of the home folder does not know which runs that has."""
    def into_another(ready):
        other = Store(store.root, f"sqlite:///{tmp_path}/other.sqlite")
        with other.noted(['aaaaaaaa']):
            other.save_samples("aaaaaaaa", samples_frame())
            ready()

    kill(forked(into_another))
    leftovers.settle(store)
    assert folders(store) == ["aaaaaaaa"]
    leftovers.settle(Store(store.root, f"sqlite:///{tmp_path}/other.sqlite"))
    assert folders(store) == []


def test_opening_the_store_marks_what_a_dead_process_ran(home, forked, monkeypatch):
    def running(ready):
        Store(home).begin(resolve(Spec()))
        ready()

    home.mkdir()
    kill(forked(running))
    opened = store_module.open_store()
    assert [run.status for run in opened.list()] == ["interrupted"] and len(opened.interrupted) == 1
