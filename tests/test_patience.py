"""Waits follow what they wait for; a limit grows with the load, and ends what hangs."""

from __future__ import annotations

import pytest

from tests import patience


def test_a_wait_ends_with_what_it_waits_for():
    seen = iter([None, 0, "there"])
    assert patience.until(lambda: next(seen), "it", every=0) == "there"


def test_what_hangs_is_named(monkeypatch):
    monkeypatch.setattr(patience, "patience", lambda: 0.0)
    with pytest.raises(pytest.fail.Exception, match="for two runs"):
        patience.until(lambda: False, lambda: "two runs", every=0)


@pytest.mark.parametrize(("load", "cores", "asked", "seconds"), [
    (0.1, 2, None, 120), (6, 2, None, 720), (90, 2, None, 840), (6, 8, None, 180), (6, 2, "1.5", 180)])
def test_the_limit_follows_the_load(monkeypatch, load, cores, asked, seconds):
    monkeypatch.setattr(patience.os, "getloadavg", lambda: (load, 0, 0))
    monkeypatch.setattr(patience.os, "cpu_count", lambda: cores)
    monkeypatch.setenv("UNLEARN_TEST_PATIENCE", asked) if asked else monkeypatch.delenv(
        "UNLEARN_TEST_PATIENCE", raising=False)
    assert patience.patience() == seconds
