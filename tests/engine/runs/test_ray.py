"""A sweep on a local Ray cluster of two workers: the local executor's numbers, also when a worker is killed."""

from __future__ import annotations

import socket
import threading
from functools import partial

import psutil
import pytest

from engine.errors import BadInput
from engine.runs.executors import EXECUTORS, Control
from engine.runs.executors import ray as on_ray
from engine.runs.here import run_here
from engine.runs.store import Store
from engine.spec import resolve
from engine.studies.job import executor_problems
from engine.types import Spec

SPECS = [Spec(forget_fraction=f, parameters={"alpha": a, "retain_epochs": 1}) for f in (0.05, 0.3) for a in (0.1, 0.5)]


def workers() -> list[psutil.Process]:
    """Ray's processes that have become one of our workers; it names them after the class."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or [""]
        if command[0].startswith("ray::Worker"):
            found.append(process)
    return found


def reachable() -> set[str]:
    """The addresses at which this process and all that it started wait for somebody."""
    me = psutil.Process()
    waiting = (one for process in (me, *me.children(recursive=True)) for one in process.net_connections("inet")
               if not one.raddr)
    return {one.laddr.ip.removeprefix("::ffff:") for one in waiting}


@pytest.mark.long
def test_two_workers_one_killed_in_the_middle_come_to_the_local_numbers(with_original, store, tmp_path, monkeypatch):
    ray = pytest.importorskip("ray", reason="Ray is not installed: requirements-ray.txt")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(ray, "init", partial(ray.init, num_cpus=2))  # else it is as large as the machine
    killed, runs, todo, heard = [], {}, [resolve(spec) for spec in SPECS], set[str]()
    try:
        for position, run in EXECUTORS["ray"].run_all(todo, store, False, Control(), lambda progress: None):
            runs[position] = run
            if not killed:
                heard = reachable()
                killed = [process.pid for process in workers()[:1]]
                for pid in killed:
                    psutil.Process(pid).kill()
    finally:
        ray.shutdown()
    assert heard == {"127.0.0.1"}, "a port of Ray is open to the network"
    assert len(killed) == 1 and sorted(runs) == [0, 1, 2, 3]
    here = Store(tmp_path / "local")
    for position, resolved in enumerate(todo):
        alone = run_here(resolved, here, False, threading.Event(), lambda progress: None)
        assert runs[position].status == "finished", runs[position].reason
        for name in ("metrics", "effective", "identity", "fingerprint", "data", "steps", "samples"):
            assert getattr(runs[position], name) == getattr(alone, name), name
        assert store.load_samples(runs[position].id).equals(here.load_samples(alone.id))
    assert len(store.list()) == 4


def test_without_ray_a_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert executor_problems("ray") == ["Ray is not installed here: pip install -r requirements-ray.txt."]


@pytest.mark.parametrize("text", ["lots", "-1", "nan", "9"])
def test_a_share_of_a_gpu_that_makes_no_sense_is_told(monkeypatch, text):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    monkeypatch.setenv(on_ray.GPUS, text)
    assert executor_problems("ray") == [
        f"UNLEARN_RAY_GPUS is {text!r}, but must be the share of a GPU that a run takes, such as 0.25."]
    monkeypatch.setenv(on_ray.GPUS, "0.25")
    assert executor_problems("ray") == []


@pytest.mark.parametrize(("has", "gpus", "lanes"), [
    ({"CPU": 8.0}, 0, 8), ({"CPU": 8.0, "GPU": 1.0}, 0.25, 4), ({"CPU": 2.0, "GPU": 1.0}, 0.25, 2),
    ({"CPU": 8.0, "GPU": 1.0}, 0.1, 8)])
def test_as_many_workers_as_the_cluster_has_room_for(monkeypatch, has, gpus, lanes):
    ray = pytest.importorskip("ray", reason="Ray is not installed: requirements-ray.txt")
    monkeypatch.setattr(ray, "cluster_resources", lambda: has)
    assert on_ray.lanes_of(1, gpus) == lanes


def test_a_cluster_without_room_is_told(monkeypatch):
    ray = pytest.importorskip("ray", reason="Ray is not installed: requirements-ray.txt")
    monkeypatch.setattr(ray, "cluster_resources", lambda: {"CPU": 4.0})
    with pytest.raises(BadInput) as caught:
        on_ray.lanes_of(1, 0.5)
    assert str(caught.value) == "A run needs 1 CPU and 0.5 GPU, but the Ray cluster has 4 CPU and 0 GPU in all."


def test_an_address_where_nobody_listens_is_told_at_once(with_original, store, monkeypatch):
    pytest.importorskip("ray", reason="Ray is not installed: requirements-ray.txt")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but it does not listen
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("RAY_ADDRESS", address)
        with pytest.raises(BadInput) as caught:
            list(EXECUTORS["ray"].run_all([resolve(SPECS[0])], store, False, Control(), lambda progress: None))
    assert str(caught.value) == (
        f"No Ray cluster answers at RAY_ADDRESS {address}: [Errno 111] Connection refused. Start one there with `ray "
        "start --head`, or unset RAY_ADDRESS for one of this machine.")
    assert store.list() == []
