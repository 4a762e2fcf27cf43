"""Keys that are pressed while a page is being drawn: each is acted on once."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import streamlit as st

from ui.frame import present


@pytest.fixture
def press(monkeypatch):
    """``press(key, at, known=True)``: what Streamlit does before it runs a page's script, and in it.

    Where the component's name is not ``known``, only its result holds the key.
    """
    session: dict = {}
    result = SimpleNamespace(key=None)
    monkeypatch.setattr(st, "session_state", session)
    monkeypatch.setattr(present, "_component", lambda: lambda **_: result)

    def press(key: str, at: float, known: bool = True) -> None:
        result.key = {"key": key, "at": at}
        session.pop(present.LISTENER, None)
        if known:
            session[present.LISTENER] = {"key": result.key}
        present._hear()

    return press


def test_a_key_whose_script_run_was_broken_off_waits_for_the_next_one(press):
    press("p", 10.5)
    press("2", 11.0)
    assert list(present.keys_pressed()) == ["p", "2"]
    assert list(present.keys_pressed()) == []


def test_a_key_that_streamlit_gives_twice_was_pressed_once(press):
    press("PageDown", 10.5)
    assert list(present.keys_pressed()) == ["PageDown"]
    press("PageDown", 10.5)
    assert list(present.keys_pressed()) == []
    press("PageDown", 900.0)
    assert list(present.keys_pressed()) == ["PageDown"]


def test_what_is_left_of_a_page_that_was_left_in_the_middle_is_there_for_the_next(press):
    press("p", 1.0)
    press("2", 2.0)
    assert next(present.keys_pressed()) == "p"  # and draws the page again
    assert list(present.keys_pressed()) == ["2"]


def test_after_a_page_that_was_broken_off_the_key_is_in_the_result(press):
    press("2", 3.0, known=False)
    assert list(present.keys_pressed()) == ["2"]
    assert list(present.keys_pressed()) == []
