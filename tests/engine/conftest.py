"""What engine tests share: the digits, one Original trained once, small tasks, stores and subprocesses."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from helping import bring, kill

from tests import warm


@pytest.fixture(scope="session")
def digits():
    """The digits with their noise, on the CPU."""
    from engine.registry import get

    return get("dataset", "digits").load({"label_noise": 0.2})


@pytest.fixture(scope="session")
def original_folder(digits, tmp_path_factory) -> Path:
    """A checkpoints folder; the digits Original of seed 0 is in it unless it ships with the repository."""
    import torch

    from engine.originals.checkpoints import Checkpoints, original_key
    from engine.originals.pretrain import train_original
    from engine.spec import resolve
    from engine.system.device import prepare
    from engine.types import Spec

    checkpoints = Checkpoints(tmp_path_factory.mktemp("originals"))
    key = original_key(resolve(Spec()))
    if checkpoints.find(key, digits.fingerprint) is None:
        train_original(key, digits, checkpoints, prepare(torch.device("cpu"), 1))
    return checkpoints.root


@pytest.fixture
def with_original(home: Path, original_folder: Path) -> Path:
    """The test's home folder, with the digits Original at hand."""
    return bring(original_folder, home)


def short_digits(patch: pytest.MonkeyPatch) -> None:
    """Digits have a recipe of four epochs."""
    from engine import registry

    usual = registry.get("dataset", "digits")
    patch.setitem(registry.table("dataset"), "digits", replace(usual, recipe=replace(usual.recipe, epochs=4)))


@pytest.fixture(scope="session")
def brief_original(digits, tmp_path_factory) -> Path:
    """A checkpoints folder with the Original by that recipe."""
    import torch

    from engine.originals.checkpoints import Checkpoints, original_key
    from engine.originals.pretrain import train_original
    from engine.spec import resolve
    from engine.system.device import prepare
    from engine.types import Spec

    checkpoints = Checkpoints(tmp_path_factory.mktemp("brief"))
    with pytest.MonkeyPatch.context() as patch:
        short_digits(patch)
        train_original(original_key(resolve(Spec())), digits, checkpoints, prepare(torch.device("cpu"), 1))
    return checkpoints.root


@pytest.fixture
def brief(with_original: Path, brief_original: Path, monkeypatch) -> Path:
    """The same with digits whose recipe has four epochs, so that retraining by it takes no time; name it first."""
    short_digits(monkeypatch)
    return bring(brief_original, with_original)


@pytest.fixture
def no_caches():
    """Empties what the process keeps between runs: loaded data and Originals."""
    from engine.originals import workbench as bench

    def clear() -> None:
        bench._data.clear()
        bench._benches.clear()

    clear()
    yield clear
    clear()


@pytest.fixture
def store(home: Path):
    from engine.runs.store import open_store

    return open_store()


@pytest.fixture
def ready_workers(monkeypatch):
    """Worker processes begin with torch imported, where their start is not in question."""
    from engine.runs.executors import processes

    monkeypatch.setattr(processes, "subprocess", SimpleNamespace(Popen=warm.Popen, PIPE=subprocess.PIPE))


@pytest.fixture
def forked():
    """Starts a copy of this process that does ``work(ready)`` and stays inside of it at ``ready()``; its process id."""
    children = []

    def start(work):
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                work(lambda *_, **__: (os.write(writer, b"x"), time.sleep(600)))
            finally:
                os._exit(1)
        children.append(pid)
        os.close(writer)
        assert os.read(reader, 1) == b"x"
        os.close(reader)
        return pid

    yield start
    for pid in children:
        kill(pid)
