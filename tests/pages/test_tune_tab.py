"""The tab Tune of the Compare page as a person meets it: real engine, real store, no browser."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from engine.studies.comparison import Comparison
from engine.studies.tuning import Tuning, filled
from engine.studies.tuning_job import tunings
from engine.studies.tuning_kept import load
from tests.pages.test_pages import at_address, texts
from tests.patience import patience

QUERY = {"data": "digits", "methods": "ssd", "seeds": "1", "tab": "tune", "trials": "2", "tuning": "0"}
ASKED = filled(Tuning(Comparison(methods=("ssd",), seeds=(0,), model="small_cnn"), (1,), 2))


pytestmark = pytest.mark.usefixtures("in_process")


def page(**query: str) -> AppTest:
    return at_address("compare", **query)


def test_the_address_opens_the_tab_with_its_search(jobs):
    at = page(**QUERY)
    assert not at.exception and not at.error and not at.warning
    assert at.number_input(key="compare.tune.trials").value == 2
    assert at.text_input(key="compare.tune.seeds").value == "0"
    drawn = {one.key for one in (*at.text_input, *at.number_input)}
    assert not drawn & {"compare.originals", "compare.unlearning"}, "a search is of one Original"
    assert at.info[0].value.startswith("No search with these settings yet. Press **Tune**")
    assert "**At most 6 runs**" in texts(at) and "Reported on seed 1, the form's." in texts(at)
    at.number_input(key="compare.tune.trials").set_value(3).run()
    assert at.query_params["trials"] in ("3", ["3"]) and at.query_params["tab"] in ("tune", ["tune"])


@pytest.mark.long
def test_from_click_to_a_table(jobs):
    at = page(**QUERY)
    at.button(key="tune").click().run()
    assert tunings().current.wait(patience())
    at.run()
    assert not at.exception and not at.error
    record = load(ASKED.name, jobs.store.root)
    assert record is not None and record.complete, "the page and the command ask the same question"
    assert "One report seed cannot tell what tuning changed" in texts(at)
    assert "Each method had 2 trials, its own setting first, on seed 0 by validation data" in texts(at)
    assert list(at.table[0].value["method"]) == ["SSD"]
    assert "Press **Tune**" not in texts(at)


def test_what_is_wrong_is_a_sentence_and_nothing_can_be_started(jobs):
    at = page(**QUERY | {"tuning": "1"})
    assert not at.exception
    assert [error.value for error in at.error] == [
        "1 is a tuning seed and a report seed: what is reported must not have been chosen by."]
    assert not [one for one in at.button if one.key == "tune"]
    at.text_input(key="compare.tune.seeds").set_value("x").run()
    assert "'x' is not a seed" in at.error[0].value


def test_nonsense_in_the_address_is_named(jobs):
    at = page(**QUERY | {"trials": "0", "attack": "rmia"})
    assert [warning.value for warning in at.warning] == [
        "The link's trials: '0' is not a number of trials: choose from 1 to 200. The default is shown instead.",
        "The link's attack: there is no attack 'rmia' on one model. Valid: mia_loss, mia_entropy. The default is shown "
        "instead."]


def test_the_other_tab_is_as_it_was(jobs):
    at = page(**QUERY | {"originals": "1 2"})
    assert "from the Original of training seed 1." in texts(at)
    at.button_group(key="compare.tab").set_value("compare").run()
    assert at.text_input(key="compare.originals").value == "1 2", "what is not drawn is kept"
    assert not at.exception and not [one for one in at.number_input if one.key == "compare.tune.trials"]
    assert at.button(key="race")


def test_a_tab_that_does_not_exist_is_named(jobs):
    at = page(**QUERY | {"tab": "moon"})
    assert [warning.value for warning in at.warning] == [
        "The link's tab: there is no tab 'moon'. Valid: compare, tune. The default is shown instead."]


def test_an_unknown_parameter_is_named_once(jobs):
    at = page(**QUERY | {"trails": "3"})
    assert len(at.warning) == 1 and "Did you mean trials?" in at.warning[0].value
