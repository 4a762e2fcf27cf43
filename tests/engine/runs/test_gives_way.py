"""A run gives way between its steps where somebody waits, and its method's seconds do not count that."""

from __future__ import annotations

import threading
import time

import pytest

from engine.runs import live
from engine.runs.here import run_here
from engine.runs.store import open_store
from engine.spec import resolve
from engine.system.foreground import Foreground, Turns
from engine.types import Spec

QUICK = Spec(method="finetune", forget_fraction=0.2, parameters={"retain_epochs": 1})


@pytest.fixture
def waited(monkeypatch):
    """A run waits a twentieth of a second at each of its first four steps, as if somebody used the page."""
    asked = []

    class Slow(Foreground):
        def wait(self, most):
            asked.append(most)
            if len(asked) > 4:
                return 0.0
            time.sleep(0.05)
            return 0.05

    monkeypatch.setattr(live, "Turns", lambda: Turns(Slow()))
    return asked


def test_a_run_gives_way_at_every_step_off_its_methods_clock(with_original, waited):
    began = time.monotonic()
    run = run_here(resolve(QUICK), open_store(), False, threading.Event(), lambda progress: None)
    assert run.status == "finished" and len(waited) == run.steps > 4
    assert run.seconds < time.monotonic() - began - 0.2
