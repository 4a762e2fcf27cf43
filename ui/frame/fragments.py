"""A fragment runs on the page that its session is on, whatever page the browser showed when it asked.

A browser names the page that it shows with all that it asks for. Where :func:`streamlit.switch_page` changes the page
in that moment, a fragment that looks again at regular intervals still names the page before. Streamlit 1.67 then tells
the browser that this one runs: it removes what the new page drew, and nothing draws it again. The same request, coming
while a whole run waits, sends that run to the page before. Neither happens where a fragment's run takes its page from
the session; ``tests/browser/test_switched.py`` holds it.

What a person asked for goes before a run of this process (:mod:`engine.system.foreground`).
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests, ScriptRequestType

from engine.system.foreground import FOREGROUND
from ui.frame.server import once

RUN, ASK = ScriptRunner._run_script, ScriptRequests._request_rerun_locked


def ensure_own_page() -> None:
    """Takes the place of both in Streamlit, once a process; not under AppTest, which has no browser."""
    once("own page", _prepare)


def _prepare(_: Runtime) -> bool:
    ScriptRunner._run_script = _run  # type: ignore[method-assign, assignment]
    ScriptRequests._request_rerun_locked = _ask  # type: ignore[method-assign, assignment]
    return True


def _run(runner: Any, asked: RerunData) -> None:
    """A run; where a fragment's names another page than the session is on, that page and its address.

    On the same page the browser's address counts: its own code writes there, too.
    """
    here = runner._pages_manager.current_page_script_hash
    if asked.fragment_id_queue and here not in ("", asked.page_script_hash):
        with runner._session_state.query_params() as address:
            query = urlencode(address._query_params, doseq=True)
        asked = replace(asked, page_script_hash=here, page_name="", query_string=query)
    with contextlib.nullcontext() if asked.is_auto_rerun else FOREGROUND.first():  # nobody waits for a clock
        RUN(runner, asked)


def _ask(requests: Any, asked: RerunData) -> bool:
    """A request; a fragment's goes with a whole run that waits, wherever that goes."""
    waiting = requests._rerun_data
    if requests._state is ScriptRequestType.RERUN and not waiting.fragment_id_queue and asked.fragment_id:
        asked = replace(asked, page_script_hash=waiting.page_script_hash, page_name=waiting.page_name,
                        query_string=waiting.query_string)
    return ASK(requests, asked)
