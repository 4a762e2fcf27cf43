"""What the page tests share."""

from __future__ import annotations

import pytest

from engine.runs.executors import local
from engine.runs.queue import manager


@pytest.fixture
def jobs(tmp_path, monkeypatch):
    """A process-wide manager on an empty results folder; its threads end with the test."""
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path))
    monkeypatch.delenv("UNLEARN_DATABASE_URL", raising=False)
    held = manager()
    yield held
    held.stop()


@pytest.fixture
def in_process(monkeypatch):
    """No worker processes, whose start takes seconds."""
    monkeypatch.setattr(local, "workers_for", lambda todo: 0)
