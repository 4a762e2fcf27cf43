"""Login through Streamlit's OpenID Connect, where ``[auth]`` is in the secrets (docs/deployment.md); else nothing.

Who has logged in is handed to the engine, whose rules say what that person may do (:mod:`engine.runs.people`).
"""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from engine.errors import BadInput
from engine.runs import people
from engine.runs.people import NOBODY, Person
from ui.common.said import plain

JS = Path(__file__).with_suffix(".js")
MISSING = ("This server asks for a login, but the package Authlib is not installed: "
           "pip install -r requirements-login.txt, then restart it.")


def begin() -> None:
    """Lets nobody past who has not logged in, where a login is set up; tells the engine who asks."""
    people.served_by(who)
    try:
        if not configured():
            return
        person = who()
    except BadInput as error:  # settings that make no sense, an address that is not verified
        _refuse(str(error))
    if person == NOBODY:
        _ask()
    _back_to_the_link(keep=False)


def asked() -> bool:
    """Whether this session is asked to log in first, and sees nothing else."""
    try:
        return configured() and who() == NOBODY
    except BadInput:
        return True


def configured() -> bool:
    """Whether ``[auth]`` is in the secrets. Raises BadInput where they are there and cannot be read."""
    if st.secrets.load_if_toml_exists():
        return "auth" in st.secrets
    if there := [path for path in st.get_option("secrets.files") if Path(path).exists()]:
        raise BadInput(f"The secrets in {Path(there[0]).name} cannot be read, so nobody knows whether this server asks "
                       "for a login: whoever runs it finds the reason in its log, fixes the file and restarts it.")
    return False


def who() -> Person | None:
    """The person of this session; None without a login, and outside of a session. Raises BadInput."""
    if get_script_run_ctx(suppress_warning=True) is None or not configured():
        return None
    rules = people.rules(st.secrets.get("people", {}))
    return rules.person(st.user.to_dict()) if st.user.get("is_logged_in") else NOBODY


def foot() -> None:
    """Who has logged in, and the way out, in the sidebar."""
    if person := people.asker():
        with st.sidebar:
            st.text(f"{person.name}{', teacher' if person.teacher else ''}")
            st.button("Log out", icon=":material/logout:", key="logout", on_click=st.logout, type="tertiary")


def _ask() -> None:
    st.title("Machine unlearning lab")
    if importlib.util.find_spec("authlib") is None:
        _refuse(MISSING)
    st.markdown("Log in to see the runs of this server, and to start your own.")
    st.button("Log in", type="primary", icon=":material/login:", key="login", on_click=st.login)
    _back_to_the_link(keep=True)
    st.stop()


def _refuse(sentence: str) -> None:
    st.error(plain(sentence), icon=":material/lock:")
    if st.user.get("is_logged_in"):
        st.button("Log out", key="logout", on_click=st.logout)
    st.stop()


def _back_to_the_link(keep: bool) -> None:
    """A login ends on Start: the browser keeps the link that was opened before it, and opens it again afterwards."""
    _component()(key="after-login", data={"keep": keep})


@functools.cache
def _component() -> Any:
    return st.components.v2.component("after_login", js=JS.read_text(encoding="utf-8"), isolate_styles=False,
                                      html="<div></div>")
