"""A widget looks up its value in what a session keeps and finds what Streamlit's own copy of it says."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.test_pages import opened, unlearn_page
from ui.frame import lookups


def both():
    """A page that compares, for each kind of key, what is looked up with the copy."""
    import streamlit as st
    from streamlit.runtime.state import get_session_state

    from ui.frame.lookups import WHOLE, Lookups

    st.session_state["mine"] = [1]
    st.session_state.setdefault("none", None)
    st.number_input("Named", value=3, key="named")
    st.number_input("Empty", value=None, key="empty")
    st.number_input("Without a name", value=4)
    if st.checkbox("Shown", value=True, key="shown"):
        st.text_input("Sometimes", key="sometimes", persist_state="session")
        st.text_input("Only now", key="only now")
    state = get_session_state()
    copy, looked_up = WHOLE.fget(state), Lookups(state)
    assert dict(looked_up) == copy and len(looked_up) == len(copy) and repr(looked_up) == repr(copy)
    for key in [*copy, *state._state._keys(), "absent", "only now", "sometimes", "$$ID-x"]:
        assert (key in looked_up) == (key in copy), key
        if key in copy:
            assert looked_up[key] == copy[key], key


def test_it_holds_what_the_copy_holds_whatever_is_drawn():
    at = AppTest.from_function(both).run()
    assert not at.exception
    at.number_input(key="named").set_value(9).run()
    at.text_input(key="sometimes").set_value("kept").run()
    assert not at.exception
    at.checkbox(key="shown").uncheck().run()
    assert not at.exception
    at.checkbox(key="shown").check().run()
    assert not at.exception and at.text_input(key="sometimes").value == "kept"


def test_the_form_is_drawn_without_a_copy(jobs, monkeypatch):
    """With the mapping in its place, as on a server; a widget that goes over all of it would make a copy."""
    copies = []
    monkeypatch.setattr(lookups.SafeSessionState, "filtered_state", lookups.WHOLE)  # what is put back afterwards
    lookups._prepare(None)
    monkeypatch.setattr(lookups.Lookups, "_copy", lambda state: copies.append(state) or lookups.WHOLE.fget(state._safe))
    at = opened(unlearn_page())
    assert not at.exception and len(at.number_input) > 3
    assert copies == []


def test_it_makes_no_copy_to_look_something_up(monkeypatch):
    monkeypatch.setattr(lookups, "WHOLE", property(lambda state: pytest.fail("a copy")))
    found = lookups.Lookups(SimpleNamespace(_lock=threading.RLock(), _state={"named": 3}))
    assert "named" in found and found["named"] == 3 and "absent" not in found and found.get("absent", 5) == 5
