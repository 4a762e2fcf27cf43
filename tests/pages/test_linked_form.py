"""A form and its address: restored, mirrored, and what was wrong with a link, on every page that has one."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.test_compare_page import asked, compare_page
from tests.pages.test_pages import unlearn_page
from tests.pages.test_robustness_page import page as robustness_page
from tests.patience import patience
from ui.common import form_parts


def script() -> None:
    """A form of one number, beside a parameter ``view`` of another form."""
    import streamlit as st

    from engine.errors import Problem
    from ui.common import address as link
    from ui.common.linked_form import LinkedForm
    from ui.common.state import Slot

    number = Slot("number", 0)

    def read(asked):
        text = asked.get("n", "5")
        return (int(text), []) if text.isdigit() else (5, [Problem("n", f"{text!r} is no number: 5 is shown.")])

    form = LinkedForm("test", "Test", ("n",), read, lambda n: {"n": str(n)}, number.put, beside=("view",))
    form.restore()
    st.number_input("Number", key=number.key, step=1)
    if number.get() >= 0:  # below zero the form comes to nothing
        form.mirror(number.get())
    link.warn(form.problems())


def visit(**query: str) -> AppTest:
    at = AppTest.from_function(script, default_timeout=patience())
    for name, value in query.items():
        at.query_params[name] = value
    return at.run()


def shown(at: AppTest) -> tuple[int, dict[str, str], list[str]]:
    assert not at.exception
    return at.number_input[0].value, asked(at), [warning.value for warning in at.warning]


def test_a_first_visit_shows_the_usual_record_and_writes_it_down():
    assert shown(visit()) == (5, {"n": "5"}, [])


def test_an_address_fills_the_form_and_keeps_the_other_forms_parameters():
    at = visit(view="close", n="7")
    assert shown(at) == (7, {"view": "close", "n": "7"}, [])
    at.number_input[0].set_value(8).run()
    assert shown(at) == (8, {"view": "close", "n": "8"}, [])
    at.query_params["n"] = "9"
    assert shown(at.run()) == (9, {"view": "close", "n": "9"}, [])


def test_quick_changes_are_not_undone_by_the_address_that_the_browser_had_when_it_sent_them(monkeypatch):
    at = visit(n="7")
    at.number_input[0].set_value(8).run()
    at.query_params["n"] = "7"  # sent before the 8 had arrived in the browser
    at.number_input[0].set_value(9).run()
    assert shown(at) == (9, {"n": "9"}, [])
    monkeypatch.setattr("ui.common.linked_form.LATE", 0.0)  # later it is a person who goes back
    at.query_params["n"] = "7"
    assert shown(at.run()) == (7, {"n": "7"}, [])


def test_a_link_that_was_left_by_another_link_is_followed_again_at_once():
    at = visit(n="7")
    for number in ("8", "7"):
        at.query_params["n"] = number
        assert shown(at.run()) == (int(number), {"n": number}, [])


def test_a_form_that_comes_to_nothing_leaves_the_address_and_keeps_what_was_typed():
    at = visit(n="7")
    at.number_input[0].set_value(-1).run()
    assert shown(at) == (-1, {"n": "7"}, [])
    assert shown(at.run()) == (-1, {"n": "7"}, [])


def test_a_bad_value_is_told_until_another_is_chosen():
    at = visit(n="few")
    assert shown(at) == (5, {"n": "5"}, ["'few' is no number: 5 is shown."])
    assert shown(at.run())[2] == ["'few' is no number: 5 is shown."]
    at.number_input[0].set_value(6).run()
    assert shown(at) == (6, {"n": "6"}, [])


def test_an_unknown_parameter_is_told_with_the_nearest_and_leaves_the_address():
    said = ("The link's `vew=1` could not be used: the page Test takes only n, view from its address. Did you mean "
            "view? It was ignored.")
    at = visit(vew="1", n="7")
    assert shown(at) == (7, {"n": "7"}, [said])
    assert shown(at.run())[2] == [said]
    at.number_input[0].set_value(6).run()
    assert shown(at) == (6, {"n": "6"}, [])
    at.query_params["vew"] = "1"
    assert shown(at.run()) == (6, {"n": "6"}, [said]), "also one that comes while the form is filled"


UNKNOWN = ("The link's `{0}` could not be used: the page {1} takes only {2} from its address.{3} It was "
           "ignored.")


def test_compare_tells_what_it_does_not_know(jobs):
    at = compare_page(metods="ssd", seeds="1")
    assert not at.exception
    assert [warning.value for warning in at.warning] == [UNKNOWN.format(
        "metods=ssd", "Compare", "data, scenario, forget, select, methods, seeds, originals, unlearning, profile, "
        "model, sort, against, show, group, tab, trials, tuning, attack, report",
        " Did you mean methods?")]
    assert asked(at)["seeds"] == "1" and "metods" not in asked(at)
    at.text_input(key="compare.seeds").set_value("2").run()
    assert not at.warning


def test_robustness_tells_what_it_does_not_know(jobs):
    at = robustness_page(xs="0.1 0.5", zoom="9", measure="test_accuracy")
    assert not at.exception
    assert [warning.value for warning in at.warning] == [UNKNOWN.format(
        "zoom=9", "Robustness", "data, method, across, xs, down, ys, seeds, profile, model, set, forget, measure, at, "
        "colours, maps", "")]
    assert "zoom" not in asked(at) and asked(at)["measure"] == "test_accuracy"


def test_unlearn_tells_what_it_does_not_know(jobs):
    at = unlearn_page(rn="x")
    assert [warning.value for warning in at.warning] == [
        UNKNOWN.format("rn=x", "Unlearn", "run, from, original, at, present, hide, relearn, likeness",
                       " Did you mean run?")]


@pytest.mark.parametrize("more", [{"methods": "ssd finetune"}, {"model": "small_cnn"}])
def test_a_bad_link_to_compare_is_told_however_its_other_values_are_written(jobs, more):
    """The form writes methods in its own order and leaves the usual model out: the link's sentence stays."""
    at = compare_page(seeds="0 0", **more)
    assert not at.exception
    assert [warning.value for warning in at.warning] == [
        "The link's seeds: Seed 0 is chosen twice: once is enough. The default is shown instead."]


def test_a_share_is_the_usual_one_after_a_link_to_a_class(jobs):
    at = compare_page(scenario="class", forget="3")
    at.selectbox(key="compare.scenario").set_value("random").run()
    assert not at.exception
    assert at.slider(key="compare.share").value == 15.0 and asked(at)["forget"] == "0.15"


@pytest.mark.parametrize(("total", "states", "recorded", "todo", "text"), [
    (1, {"finished": 1}, 0, 0, "**1 run, all done**"),
    (2, {"finished": 2}, 2, 0, "**2 runs, all done** (2 recorded)"),
    (1_432, {"finished": 144, "running": 4, "queued": 2, "failed": 1, "cancelled": 3}, 12, 1_284,
     "**1,432 runs**: 144 done (12 recorded), 4 running, 2 waiting, 1 failed, **1,284 to compute**"),
    (3, {"queued": 3}, 0, 0, "**3 runs**: 0 done, 3 waiting")])
def test_what_is_there_is_counted(total, states, recorded, todo, text):
    assert form_parts.counted(total, states, recorded, todo) == text
