"""What Start says of the latest runs: the verdict as their pages have it, and where those are that have not ended."""

from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock

import pytest

from engine.runs.records import Run
from ui.start import page
from ui.start.page import _state

SPEC = {"dataset": "digits", "scenario": "random", "method": "finetune", "profile": "corrected", "model": "small_cnn"}
ATTACKED = {"retain_accuracy": 99.0, "forget_accuracy": 72.0, "accuracy_gap": 0.0, "mia_loss": 50.0,
            "null_band": {"mia_loss": [45.0, 55.0]}, "notes": []}


def state(status: str, test: float = 72.0, **more: Any) -> str:
    metrics = ATTACKED | {"test_accuracy": test, "original": {"test_accuracy": 72.0}} | more
    return _state(Run.from_row({"id": "a", "status": status, "spec": SPEC, "created": 0.0,
                                "metrics": metrics if status == "finished" else None}))


def test_a_finished_run_is_named_by_its_verdict():
    assert state("finished") == ":green-badge[forgotten]"
    assert state("finished", mia_loss=60.0) == ":orange-badge[not forgotten]"
    assert state("finished", test=9.0) == ":red-badge[damaged]"
    assert state("finished", mia_loss=None) == ":gray-badge[undecided]"


def test_others_say_where_they_are():
    assert "cancelled" in state("cancelled") and "failed" in state("failed")


@pytest.mark.usefixtures("nowhere")
def test_what_ships_is_sorted_once_and_again_when_something_else_ships(monkeypatch):
    asked, real = [], page._sorted
    monkeypatch.setattr(page, "_sorted", lambda runs: asked.append(len(runs)) or real(runs))
    some = tuple(Run.from_row({"id": name, "status": "failed", "spec": SPEC, "created": 0.0}) for name in "ab")
    for ships in (some, some, some[:1], some):
        monkeypatch.setattr(page, "recorded_runs", lambda ships=ships: ships)
        page.recorded_results()
    assert asked == [2, 1, 2]


@pytest.fixture
def nowhere(monkeypatch):
    """Nothing is drawn."""
    monkeypatch.setattr(page, "st", MagicMock(columns=lambda shares, **_: [MagicMock() for _ in shares]))
