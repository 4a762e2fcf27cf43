"""A run gives way between its steps where somebody waits, and its method's seconds do not count that."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from engine.runs import live
from engine.runs.here import run_here
from engine.runs.store import open_store
from engine.spec import resolve
from engine.system.foreground import Foreground, Turns
from engine.training import stopwatch
from engine.types import Spec

QUICK = Spec(method="finetune", forget_fraction=0.2, parameters={"retain_epochs": 1})


@pytest.fixture
def waited(monkeypatch):
    """At each of its steps a run waits for a thousand seconds of the clock that its method's seconds are read from."""
    asked = []

    class Slow(Foreground):
        def wait(self, most):
            asked.append(most)
            return 0.0

    monkeypatch.setattr(stopwatch, "time",
                        SimpleNamespace(perf_counter=lambda: time.perf_counter() + 1000 * len(asked)))
    monkeypatch.setattr(live, "Turns", lambda: Turns(Slow()))
    return asked


def test_a_run_gives_way_at_every_step_off_its_methods_clock(with_original, waited):
    run = run_here(resolve(QUICK), open_store(), False, threading.Event(), lambda progress: None)
    assert run.status == "finished" and len(waited) == run.steps > 4
    assert run.seconds < 1000
