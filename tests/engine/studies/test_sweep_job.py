"""A sweep as a job of the process: pause, go on, stop, failure, and what it says meanwhile."""

from __future__ import annotations

import threading

import pytest
from helping import wait_for

from engine.errors import BadInput, BadSpec, OriginalMissing
from engine.runs import executors
from engine.runs.records import Run
from engine.runs.store import Store
from engine.studies import sweep_job as sweep_jobs
from engine.studies.sweep import FRACTION, Axis, Sweep
from engine.studies.sweep_job import Sweeps, estimate, sweeps
from engine.studies.sweep_runs import missing, resolved_cells
from engine.types import Spec
from tests.patience import patience

GRID = Sweep(across=Axis("alpha", (0.1, 0.5)), down=Axis(FRACTION, (0.05, 0.3)))


class ByHand:
    """An executor whose runs end when the test says so."""

    def __init__(self):
        self.name, self.title, self.help = "local", "By hand", ""
        self.go, self.error, self.asked = threading.Semaphore(0), None, []

    def problem(self) -> None:
        return None

    def run_all(self, todo, store, train_original, control, on_progress):
        self.asked.append(([resolved.spec for resolved in todo], train_original))
        if self.error:
            raise self.error
        on_progress({"stage": "Reading", "fraction": 0.5})
        for position, status in enumerate(("finished", "failed", "finished", "finished")[:len(todo)]):
            while not self.go.acquire(timeout=0.05):
                if not control.hold() or control.cancel.is_set():
                    return
            yield position, Run("run", status, Spec())


@pytest.fixture
def by_hand(monkeypatch):
    executor = ByHand()
    monkeypatch.setitem(executors.EXECUTORS, "local", executor)
    return executor


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def test_a_sweep_says_how_far_it_is(by_hand, store):
    mine = Sweeps(store)
    job = mine.launch(GRID, train_original=True)
    wait_for(lambda: job.view().stage == "Reading 50%", "its stage")
    assert (job.view().state, job.view().todo, job.view().ended, job.view().left) == ("running", 4, 0, None)
    assert by_hand.asked == [([resolved.spec for resolved in resolved_cells(GRID).values()], True)]
    assert job.fingerprints == {resolved.fingerprint for resolved in resolved_cells(GRID).values()}
    by_hand.go.release(2)
    wait_for(lambda: job.view().ended == 2, "two ends")
    now = job.view()
    assert (now.failed, mine.active) == (1, job)
    assert now.left == pytest.approx(2 * (now.seconds - job._first), rel=0.5)
    by_hand.go.release(2)
    assert job.wait(patience())
    assert (job.view().state, job.view().ended, job.view().failed, job.view().left) == ("finished", 4, 1, 0)
    assert (mine.active, mine.current) == (None, job)


def test_pause_go_on_and_stop(by_hand, store):
    job = Sweeps(store).launch(GRID)
    job.pause()
    job.pause()
    assert job.view().state == "paused"
    spent = job.view().seconds
    assert job.view().seconds == spent, "a pause does not count"
    job.go_on()
    job.go_on()
    assert job.view().state == "running"
    by_hand.go.release()
    wait_for(lambda: job.view().ended == 1, "one end")
    job.cancel()
    assert job.wait(patience())
    assert (job.view().state, job.view().ended) == ("stopped", 1)


def test_one_at_a_time(by_hand, store):
    mine = Sweeps(store)
    job = mine.launch(GRID)
    with pytest.raises(BadInput, match=r"^Another sweep is running: stop it, or wait until it ends\.$"):
        mine.launch(GRID)
    job.cancel()
    job.wait(patience())
    mine.launch(GRID).cancel()


def test_what_is_there_or_on_its_way_is_not_launched_again(by_hand, store):
    for resolved in resolved_cells(GRID).values():
        store.submit(resolved)
    with pytest.raises(BadInput, match=r"^All 4 runs of this grid are already computed or queued\.$"):
        Sweeps(store).launch(GRID)


def test_a_bad_grid_or_executor_is_refused_before_anything_starts(by_hand, store):
    with pytest.raises(BadSpec, match="alpha is 7"):
        Sweeps(store).launch(Sweep(across=Axis("alpha", (7,)), down=GRID.down))
    with pytest.raises(BadInput, match="No executor named 'moon'"):
        Sweeps(store).launch(GRID, "moon")
    by_hand.problem = lambda: "It is broken."
    with pytest.raises(BadInput, match=r"^It is broken\.$"):
        Sweeps(store).launch(GRID)
    assert by_hand.asked == []


@pytest.mark.parametrize(("error", "told"), [
    (OriginalMissing("digits", "no_such_model", 5, 60, 1000),
     "There is no Original for digits with no_such_model and seed 5 yet. Training it takes an unknown time (nothing "
     "was measured yet) on this machine; allow it with --train-original, or in the app with the switch beside the "
     "button."),
    (MemoryError(), "Out of memory: a smaller batch size needs less."),
    (RuntimeError("boom"), "RuntimeError: boom. Details: {home}/logs/errors.log")])
def test_why_a_sweep_failed_is_a_sentence(by_hand, store, home, error, told):
    by_hand.error = error
    job = Sweeps(store).launch(GRID)
    assert job.wait(patience())
    assert (job.view().state, job.view().reason) == ("failed", told.replace("{home}", str(home)))


def test_the_process_has_one_manager_a_store(tmp_path, monkeypatch):
    assert sweeps() is sweeps()
    first = sweeps()
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path / "another"))
    assert sweeps() is not first


def test_an_estimate_shares_the_work_among_the_cores(store, monkeypatch):
    todo = missing(GRID, {})
    monkeypatch.setattr("engine.runs.executors.local.workers_for", lambda runs: 0)
    alone = estimate(GRID, todo, store)
    monkeypatch.setattr("engine.runs.executors.local.workers_for", lambda runs: 2)
    assert estimate(GRID, todo, store) == pytest.approx(sweep_jobs.START + alone / 2)
    assert Spec(forget_fraction=0.05, parameters={"alpha": 0.1}) == GRID.spec(*todo[0])
