"""What the tests of relearning share: one finished run, and one retrained model, which no test changes."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace

import pytest
from helping import home_at

from engine.types import Spec

FEW_STEPS = Spec(method="finetune", forget_fraction=0.15, parameters={"max_forget_epochs": 1})


@pytest.fixture(scope="session")
def bench(original_folder):
    import torch

    from engine.originals.checkpoints import Checkpoints
    from engine.originals.workbench import prepare_bench
    from engine.spec import resolve

    return prepare_bench(resolve(Spec()), Checkpoints(original_folder), torch.device("cpu"))


@pytest.fixture(scope="session")
def brief_retrained(bench):
    """A model retrained on the split of seed 0, by a third of the recipe."""
    from engine.data.splits import split
    from engine.runs.method import unlearn
    from engine.spec import resolve

    resolved = resolve(replace(FEW_STEPS, method="retrain", parameters={"epochs": 20}))
    parts = split(bench.data, resolved.spec)
    return unlearn(bench, resolve(resolved.spec, parts.sizes), parts).model


@pytest.fixture(scope="session")
def finished(original_folder, tmp_path_factory):
    """A results folder with one finished run, from which every test begins; and the run."""
    from engine.runs.here import run_here
    from engine.runs.store import Store
    from engine.spec import resolve

    folder = tmp_path_factory.mktemp("finished")
    with home_at(folder, original_folder):
        run = run_here(resolve(FEW_STEPS), Store(folder), False, threading.Event(), lambda progress: None)
    return folder, run


@pytest.fixture
def run(finished, home):
    """The run in this test's own copy; name it before the store."""
    shutil.copytree(finished[0], home, dirs_exist_ok=True)
    return finished[1]
