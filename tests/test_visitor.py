"""The visitor of ``benchmarks/load.py`` says and keeps what a browser does: else it measures what nobody sees."""

from __future__ import annotations

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.visitor import OLDEST, Kept, Session, kind_of


def large(name, fragment=""):
    said = ForwardMsg(hash=name)
    said.delta.new_element.html.body = name
    said.delta.fragment_id = fragment
    said.metadata.cacheable = True
    said.metadata.delta_path.extend([0, 2])
    return said


def test_a_message_is_kept_as_long_as_it_comes_again():
    kept = Kept()
    kept.take(large("style"))
    for _ in range(3 * OLDEST):
        kept.take(ForwardMsg(ref_hash="style"))
        kept.ended([])
    assert kept.hashes() == ["style"]
    for _ in range(OLDEST + 1):
        kept.ended([])
    assert kept.hashes() == []
    with pytest.raises(SystemExit):
        kept.take(ForwardMsg(ref_hash="style"))


def test_a_fragment_that_runs_often_drops_nothing_of_the_page_around_it():
    kept = Kept()
    kept.take(large("style"))
    kept.take(large("picture", "view"))
    for _ in range(OLDEST + 1):
        kept.ended(["view"])
    assert kept.hashes() == ["style"]


def test_a_later_question_names_the_page_by_its_hash_and_what_is_kept():
    visitor = Session("ws://here", "unlearn", "run=cafe")
    first = visitor._said("").rerun_script
    assert (first.page_name, first.page_script_hash, first.query_string) == ("unlearn", "", "run=cafe")
    begun = ForwardMsg()
    begun.new_session.page_script_hash = "1234"
    visitor.kept.take(large("style"))
    assert not visitor._take(begun)
    later = visitor._said("view").rerun_script
    assert (later.page_name, later.page_script_hash, [*later.cached_message_hashes]) == ("", "1234", ["style"])
    assert later.is_auto_rerun and kind_of(large("style")) == "html at 0.2"
