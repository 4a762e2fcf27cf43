"""What the page tests share."""

from __future__ import annotations

import functools

import pytest
from streamlit.components.v2 import manifest_scanner

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
