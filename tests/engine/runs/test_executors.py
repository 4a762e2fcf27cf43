"""Worker processes: the same numbers as in one process, and nothing lost or done twice when something dies."""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import threading
import time
from types import SimpleNamespace

import psutil
import pytest
from helping import start_copy, wait_for

from engine.cli.main import main
from engine.runs.compute import compute
from engine.runs.executors import Control, local, processes
from engine.runs.executors.drive import STOPPED, Order, by_original, run_on_lanes
from engine.runs.executors.worker import line_of, read_line
from engine.runs.here import run_here
from engine.runs.outcome import Outcome, failed
from engine.runs.store import Store
from engine.spec import resolve
from engine.types import Spec
from tests import warm
from tests.patience import patience

QUICK = {"retain_epochs": 1, "max_forget_epochs": 3}


def specs(alphas=(0.1, 0.5), fractions=(0.05, 0.3)) -> list:
    return [resolve(Spec(forget_fraction=f, parameters={"alpha": a, **QUICK})) for f in fractions for a in alphas]


def children(copies=()) -> list[psutil.Process]:
    def is_worker(child: psutil.Process) -> bool:
        with contextlib.suppress(psutil.Error):  # it has just ended
            return child.pid in copies or "engine.runs.executors.worker" in child.cmdline()
        return False

    return [child for child in psutil.Process().children() if is_worker(child)]


@pytest.fixture
def two_workers(monkeypatch):
    monkeypatch.setattr(local, "workers_for", lambda todo: 2)


@pytest.fixture
def copies(monkeypatch):
    """Worker processes begin with torch imported; their process ids, which are all that tells them from other copies.
    """
    started = []

    class Noted(warm.Popen):
        def __init__(self, *words, **how):
            super().__init__(*words, **how)
            started.append(self.pid)

    monkeypatch.setattr(processes, "subprocess", SimpleNamespace(Popen=Noted, PIPE=subprocess.PIPE))
    return started


def test_workers_come_to_the_same_numbers_as_one_process_though_one_dies(with_original, store, two_workers, copies):
    """One is killed after the first cell: it is replaced, and the cell that it was at is tried again.

    Four of the six cells are given out by then, so that there is work left for the one that takes its place.
    """
    todo, runs, killed = specs(alphas=(0.1, 0.3, 0.5)), {}, []
    for position, run in local.run_all(todo, store, False, Control()):
        runs[position] = run
        if not killed:
            killed = children(copies)[:1]
            killed[0].kill()
    assert {position: run.status for position, run in runs.items()} == dict.fromkeys(range(6), "finished")
    assert len(store.list()) == 6 and len(copies) == 3 and children(copies) == []
    for position in (1, 2):
        alone = run_here(todo[position], store, False, threading.Event(), lambda progress: None)
        for name in ("metrics", "effective", "identity", "fingerprint", "split", "data", "device", "steps", "samples",
                     "notice", "status", "progress"):
            assert getattr(runs[position], name) == getattr(alone, name), name
        assert store.load_samples(alone.id).equals(store.load_samples(runs[position].id))
        start, *_, last = store.events(runs[position].id)
        watched = store.events(alone.id)
        assert (start["kind"], start["bins"]) == ("start", watched[0]["bins"])
        assert start["null_band"] == alone.metrics["null_band"]
        assert last["reading"]["accuracy"]["forget"] == round(alone.metrics["forget_accuracy"], 3)
        assert sum(last["reading"]["histogram"]["forget"]) == start["counts"]["forget"]
        assert last["trace"]["alpha"][0] == todo[position].effective["alpha"]


def test_a_cell_that_takes_its_worker_down_twice_has_failed(with_original, store, two_workers, monkeypatch):
    monkeypatch.setattr("engine.runs.executors.processes.TRIES", 1)
    stop = threading.Event()

    def kill() -> None:
        while not stop.is_set():
            for child in children():
                child.kill()
            time.sleep(0.05)

    killer = threading.Thread(target=kill)
    killer.start()
    runs = [run for _, run in local.run_all(specs()[:2], store, False, Control())]
    stop.set()
    killer.join()
    assert [(run.status, run.reason) for run in runs] == [
        ("failed", "Its process ended without an answer (exit status -9, 1 of 1 tries): out of memory?")] * 2


@pytest.mark.long
def test_paused_starts_nothing_new_and_cancel_ends_the_worker_and_says_so(with_original, store, monkeypatch):
    """The worker is a fresh interpreter, and comes to the same numbers, too."""
    monkeypatch.setattr(local, "workers_for", lambda todo: 1)
    control, said, ended = Control(), [], []
    control.paused.set()

    def tell(progress: dict) -> None:
        said.append(progress["stage"])
        if said.count("Unlearning") == 3:
            assert store.list() == []
            control.paused.clear()

    for _, run in local.run_all(specs(alphas=(0.1, 0.2, 0.3, 0.4, 0.5)), store, False, control, tell):
        ended.append(run)
        control.cancel.set()
    assert children() == []
    stopped = [run for run in store.list() if run.id not in {run.id for run in ended}]
    assert stopped and {(run.status, run.reason) for run in stopped} == {("cancelled", STOPPED)}
    alone = run_here(resolve(ended[0].spec), store, False, threading.Event(), lambda progress: None)
    assert (ended[0].status, ended[0].metrics) == ("finished", alone.metrics)


@pytest.mark.long
def test_killed_at_a_random_moment_nothing_is_lost_or_done_twice(with_original, store, monkeypatch, capsys):
    monkeypatch.setenv(warm.WORKERS, "1")
    command = ("sweep", "--alphas", "0.1,0.2,0.3", "--forget-fractions", "0.05,0.3", "--set", "max_forget_epochs=3",
               "--set", "retain_epochs=1", "--json")
    wanted, moment = random.randint(1, 3), random.random() / 2  # another one in every run of the suite
    process = start_copy("-m", "engine", *command)
    wait_for(lambda: len(store.list(status=("finished",))) >= wanted, f"{wanted} finished cells")
    time.sleep(moment)
    workers = psutil.Process(process.pid).children()
    process.kill()
    process.communicate()
    assert psutil.wait_procs(workers, timeout=patience())[1] == [], "workers end with whoever started them"
    kept = {run.id: run.ended for run in store.list(status=("finished",))}
    assert workers or len(kept) == 6, "a quick machine is through by then"
    monkeypatch.setattr(local, "workers_for", lambda todo: 0)  # how it ends is another process's or this one's
    assert main(list(command)) == 0
    result = json.loads(capsys.readouterr().out)
    told = f"killed {moment:.3f} s after {wanted} cells"
    assert (result["counts"], result["reused"]) == ({"finished": 6}, len(kept)), told
    assert result["computed"] == 6 - len(kept), told
    runs = Store(store.root).list()
    assert len({run.fingerprint for run in runs if run.status == "finished"}) == 6, told
    assert sum(run.status == "finished" for run in runs) == 6, told
    assert kept.items() <= {run.id: run.ended for run in runs}.items(), told
    assert {run.status for run in runs} <= {"finished", "interrupted"}, told
    assert all(store.load_samples(run.id) is not None for run in runs if run.status == "finished"), told


def test_a_worker_stays_on_its_split_and_helps_out_at_the_end():
    order = Order(specs(alphas=(0.1, 0.3, 0.5)))
    one, other = (resolve(Spec(forget_fraction=f)).split_identity() for f in (0.05, 0.3))
    assert [order.take(split) for split in ("", "", one, other, one, one, one)] == [0, 3, 1, 4, 2, 5, None]


class Failing:
    """Lanes whose cells fail at once, where the lane does not die over them first."""

    stage = "Failing"

    def __init__(self, cells, log):
        self.log, self.ready, self.died = log, [], set()
        log.append(("open", [(resolved.spec.options, resolved.spec.original_seed) for resolved in cells]))

    def __len__(self):
        return 2

    def begin(self, bench):
        self.log.append(("begin", bench))

    def give(self, lane, number, resolved):
        self.ready.append((number, failed("no") if number in self.died or number else None))
        self.died.add(number)

    def answers(self):
        found, self.ready = self.ready, []
        return found

    def close(self):
        self.log.append(("close",))


def test_what_begins_from_another_original_gets_lanes_of_its_own(store, monkeypatch):
    """The first cell of each group is asked for twice: its lane dies over it once."""
    monkeypatch.setattr("engine.originals.workbench.prepare_bench", lambda resolved, *rest: resolved.spec.options)
    noisy, clean = {"label_noise": 0.2}, {"label_noise": 0.0}
    todo = [resolve(Spec(options=options, original_seed=seed, seed=n)) for n, (options, seed) in enumerate(
        [(noisy, 0), (clean, 0), (noisy, 0), (noisy, 1), (clean, 0)])]
    assert by_original(todo) == [[0, 2], [1, 4], [3]]
    log = []
    runs = dict(run_on_lanes(lambda cells: Failing(cells, log), todo, store, False, Control(), lambda progress: None))
    assert {position: (run.spec.seed, run.reason) for position, run in runs.items()} == {
        position: (position, "no") for position in range(5)}
    assert log == [step for group, options in (([(noisy, 0)] * 2, noisy), ([(clean, 0)] * 2, clean),
                                               ([(noisy, 1)], noisy))
                   for step in (("open", group), ("begin", options), ("close",))]
    assert len(store.list()) == 5


def test_what_goes_wrong_in_a_worker_is_the_outcome(monkeypatch):
    def breaks(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("engine.runs.method.split_of", breaks)
    outcome = compute(specs()[0], SimpleNamespace(data=None))
    assert outcome.columns == {"status": "failed", "reason": "Out of memory: a smaller batch size needs less."}
    assert read_line(line_of(3, outcome)) == (3, outcome)


def test_an_outcome_is_one_line_of_json():
    outcome = Outcome({"status": "finished", "metrics": {"a": 0.1 + 0.2, "b": None}}, [{"kind": "start"}], b"\x00PAR1")
    line = line_of(7, outcome)
    assert "\n" not in line
    assert read_line(line) == (7, outcome)


@pytest.mark.parametrize(("cells", "dataset", "cores", "workers"), [
    (9, "digits", 4, 4), (3, "digits", 4, 3), (1, "digits", 4, 0), (9, "digits", 1, 1), (9, "cifar10", 4, 0)])
def test_as_many_workers_as_cores_where_one_thread_is_enough(monkeypatch, cells, dataset, cores, workers):
    monkeypatch.setattr(local, "cores", lambda: cores)
    monkeypatch.setattr(local, "graphics_card", lambda: None)
    assert local.workers_for([resolve(Spec(dataset=dataset, seed=seed)) for seed in range(cells)]) == workers
