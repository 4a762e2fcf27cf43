"""Compare forgets by every scenario too: its fields, its link, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from engine.sample_lists import keep, name_of
from engine.studies.comparison import Comparison
from tests.patience import patience
from ui.compare import link

ROOT = Path(__file__).resolve().parents[2]
THREE = (3, 17, 256)


def page(**query) -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=patience())
    for name, value in query.items():
        at.query_params[name] = value
    at.switch_page("pages/compare.py").run()
    assert not at.exception
    return at


def test_a_link_with_a_list_fills_the_form_and_stays(jobs):
    name = keep(THREE)
    at = page(data="digits", scenario="listed", select=f"list={name}", methods="finetune")
    assert at.text_area(key="compare.select.digits.listed.list").value == "3, 17, 256"
    assert at.query_params["select"] == f"list={name}" and "forget" not in at.query_params
    at.text_area(key="compare.select.digits.listed.list").set_value("3, 17").run()
    assert at.query_params["select"] == f"list={name_of((3, 17))}" and not at.error


def test_a_link_whose_list_is_not_here_is_a_sentence(jobs):
    at = page(data="digits", scenario="listed", select=f"list={'0' * 16}", methods="finetune")
    assert any("list is missing: name the samples" in one.value for one in at.error)


def test_classes_and_their_share(jobs):
    at = page(data="digits", scenario="class", forget="5 3", select="share=0.5", methods="finetune")
    assert at.selectbox(key="compare.class.digits").value == 3
    assert at.multiselect(key="compare.class.digits.more").value == [5]
    assert at.slider(key="compare.select.digits.class.share").value == 0.5
    assert (at.query_params["forget"], at.query_params["select"]) == ("3 5", "share=0.5")


def test_links_are_read_as_they_are_written(home):
    asked = Comparison("go_emotions", "matching", None, ("ssd",), selection={"word": "thank you", "match_case": True})
    assert link.from_query(link.to_query(asked)) == (asked, [])


def test_nonsense_in_a_link_is_a_sentence(home):
    asked = {"data": "digits", "scenario": "class", "methods": "ssd"}
    for text, sentence in (("share=2", "share is 2, but must be between 0.01 and 1: the nearest valid value is 1."),
                           ("shre=1", "No parameter of the scenario 'class' named 'shre'. Did you mean 'share'?"),
                           ("a='b", "\"a='b\" cannot be read (No closing quotation).")):
        found, problems = link.from_query(asked | {"select": text})
        assert found.selection == {} and problems == [f"The link's select: {sentence} The default is shown instead."]
