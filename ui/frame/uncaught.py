"""What nobody caught, wherever it was raised (a page, a fragment, a callback), is a sentence on the page.

Streamlit hands such errors to one function, which would print the traceback in the terminal and show its own words;
ours keeps the traceback in the log and shows a sentence that names it. Not under AppTest: tests want to see errors.
"""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.runtime import Runtime
from streamlit.runtime import fragment as fragments
from streamlit.runtime.scriptrunner import exec_code

from engine.system import logs
from engine.system.sentences import sentence
from ui.common.said import plain
from ui.frame.server import once


def ensure_words() -> None:
    """Takes Streamlit's place, once a process."""
    once("words", _prepare)


def _prepare(_: Runtime) -> bool:
    logs.begin()
    for module in (exec_code, fragments):
        module.handle_user_script_exception = show  # type: ignore[attr-defined]
    return True


def show(error: Exception, handler: Any = None) -> None:
    """The sentence of an error in the place of what could not be drawn."""
    st.error(plain(sentence(error)), icon=":material/error:")
