"""One value a process, whatever is reloaded and however many threads ask."""

from __future__ import annotations

import importlib
import sys
import threading
import time

import pytest

from engine.system import singleton as module


@pytest.fixture(autouse=True)
def empty(monkeypatch):
    monkeypatch.setattr(module, "HOLDER", "_a_holder_for_tests")
    yield
    sys.modules.pop("_a_holder_for_tests", None)


def test_one_value_a_kind_and_key():
    first = module.singleton("managers", "one", object)
    assert module.singleton("managers", "one", object) is first
    assert module.singleton("managers", "other", object) is not first
    assert module.singleton("sweeps", "one", object) is not first


def test_a_reload_does_not_lose_it(monkeypatch):
    first = module.singleton("managers", "one", object)
    importlib.reload(module)
    monkeypatch.setattr(module, "HOLDER", "_a_holder_for_tests")
    assert module.singleton("managers", "one", object) is first


def test_threads_that_ask_at_once_make_it_once():
    made, found = [], []

    def make():
        time.sleep(0.02)
        made.append(1)
        return object()

    threads = [threading.Thread(target=lambda: found.append(module.singleton("slow", "one", make))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1 and len(set(map(id, found))) == 1


def test_what_could_not_be_made_is_asked_for_again():
    with pytest.raises(ZeroDivisionError):
        module.singleton("managers", "one", lambda: 1 / 0)
    assert module.singleton("managers", "one", lambda: 2) == 2
