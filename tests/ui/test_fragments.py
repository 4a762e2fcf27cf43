"""A fragment's run keeps to its session's page and address, and turns no whole run that waits elsewhere."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests
from streamlit.runtime.state.query_params import QueryParams

from ui.frame import fragments

BEFORE = {"page_script_hash": "before", "query_string": "run=1"}
CLOCK = RerunData(fragment_id="clock", is_auto_rerun=True, **BEFORE)
SWITCH = RerunData(page_script_hash="after", query_string="at=2")


@pytest.fixture
def ran(monkeypatch):
    """What Streamlit is given to run."""
    found: list[RerunData] = []
    monkeypatch.setattr(fragments, "RUN", lambda runner, asked: found.append(asked))
    return found


def _runner(page: str, address: str):
    own = QueryParams()
    own.populate_from_query_string(address)

    @contextmanager
    def query_params():
        yield own

    return SimpleNamespace(_pages_manager=SimpleNamespace(current_page_script_hash=page),
                           _session_state=SimpleNamespace(query_params=query_params))


def test_a_fragment_runs_where_its_session_is(ran):
    fragments._run(_runner("after", "at=2&of=a&of=b"), RerunData(fragment_id_queue=["clock"], **BEFORE))
    assert ran == [RerunData(fragment_id_queue=["clock"], page_script_hash="after", query_string="at=2&of=a&of=b")]


def test_all_else_runs_as_it_was_asked_for(ran):
    fragments._run(_runner("before", "run=1"), SWITCH)
    first = RerunData(fragment_id_queue=["clock"], **BEFORE)
    fragments._run(_runner("", ""), first)  # of a session that has run nothing yet
    fragments._run(_runner("before", "run=2"), first)  # the browser has changed its address itself
    assert ran == [SWITCH, first, first]


@pytest.mark.parametrize("order", [(SWITCH, CLOCK), (CLOCK, SWITCH)])
def test_a_clock_does_not_turn_a_switch_that_waits(order):
    requests = ScriptRequests()
    for one in order:
        assert fragments._ask(requests, one)
    waiting = requests.on_scriptrunner_ready().rerun_data
    assert (waiting.page_script_hash, waiting.query_string, waiting.fragment_id_queue) == ("after", "at=2", [])


def test_a_clock_alone_is_a_fragments_run():
    requests = ScriptRequests()
    assert fragments._ask(requests, CLOCK)
    assert requests.on_scriptrunner_ready().rerun_data.fragment_id_queue == ["clock"]


def test_a_run_gives_way_to_what_a_person_asked_for_and_to_no_clock(monkeypatch):
    found = []
    monkeypatch.setattr(fragments, "RUN", lambda runner, asked: found.append(fragments.FOREGROUND._open))
    fragments._run(_runner("", ""), SWITCH)
    fragments._run(_runner("", ""), CLOCK)
    assert (found, fragments.FOREGROUND._open) == ([1, 0], 0)
