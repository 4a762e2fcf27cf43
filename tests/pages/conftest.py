"""What the page tests share."""

from __future__ import annotations

import functools
from dataclasses import replace

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner

from engine import registry
from engine.runs.executors import local
from engine.runs.queue import manager

# Each AppTest reads the metadata of every installed package, to find components: once is enough.
manifest_scanner.scan_component_manifests = functools.cache(manifest_scanner.scan_component_manifests)


@pytest.fixture
def jobs(tmp_path, monkeypatch):
    """A process-wide manager on an empty results folder; its threads end with the test."""
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path))
    monkeypatch.delenv("UNLEARN_DATABASE_URL", raising=False)
    held = manager()
    yield held
    held.stop()


@pytest.fixture
def unfolded(monkeypatch):
    """The parts of a run's page that are sent when somebody opens them are open."""
    for module in ("live", "report_card"):
        monkeypatch.setattr(f"ui.unlearn.{module}.folded", _open)


def _open(title, icon, key, draw):
    with st.expander(title, icon=icon):
        draw()


@pytest.fixture
def in_process(monkeypatch):
    """No worker processes, whose start takes seconds."""
    monkeypatch.setattr(local, "workers_for", lambda todo: 0)


@pytest.fixture
def brief(jobs, monkeypatch):
    """The manager, with digits whose recipe is so short that a retraining takes no time, and their Original."""
    import torch

    from engine.originals.checkpoints import original_key
    from engine.originals.pretrain import train_original
    from engine.spec import resolve
    from engine.system.device import prepare
    from engine.types import Spec

    digits = registry.get("dataset", "digits")
    short = replace(digits, recipe=replace(digits.recipe, epochs=4))
    monkeypatch.setitem(registry.table("dataset"), "digits", short)
    data = short.load({"label_noise": 0.2})
    train_original(original_key(resolve(Spec())), data, jobs.checkpoints, prepare(torch.device("cpu"), 1))
    return jobs
