"""The page Playground: what its component is sent, its address, and what a wrong link says."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.studies import playground
from tests.patience import patience
from ui.playground import link, page, wire

APP = str(Path(__file__).resolve().parents[2] / "app.py")


def opened(**query) -> AppTest:
    at = AppTest.from_file(APP, default_timeout=patience())
    for name, value in query.items():
        at.query_params[name] = value
    return at.switch_page("pages/playground.py").run()


def test_the_page_opens_with_the_wrong_labels_to_forget(home):
    at = opened()
    assert not at.exception and [title.value for title in at.title] == ["See it in two dimensions"]
    assert (at.query_params["forget"], at.query_params["data"]) == ("wrong", "moons")


def test_a_link_that_asks_for_too_much_says_so(home):
    at = opened(data="moons", forget="3,900", alpha="2")
    said = [warning.value for warning in at.warning]
    assert said[0].startswith("The link's forget: '3,900' is not valid. Valid: wrong, or at most 120 numbers")
    assert said[1].startswith("The link's alpha: '2' is not valid. Valid: 0 to 1.")


@pytest.mark.parametrize("wish", [link.Wish(), link.Wish("blobs", 0.2, (), 0.0, None, True),
                                  link.Wish("spirals", 0.0, (3, 17), 0.35, 0.25)])
def test_an_address_and_its_wish_are_one(wish):
    assert link.read(link.write(wish)) == (wish, [])


def test_what_the_component_is_sent_is_plain_and_complete(home):
    data = page._answer(link.Wish(forget=(3, 17), arrows=True), page.Call(7.0))
    assert json.loads(json.dumps(data))["mark"] == 7.0
    film = data["film"]
    assert len(base64.b64decode(film["fields"])) == len(film["steps"]) * playground.SIDE**2
    assert data["asked"]["forget"] == [3, 17] and len(data["points"]["xy"]) == 200
    assert len(film["arrows"]) == len(film["steps"]) and {len(row) for row in film["arrows"][0]} == {8}
    assert len(data["retrained"]["steps"]) == 1


def test_the_retrained_map_does_not_keep_the_other_waiting(home):
    assert page._answer(link.Wish(), page.Call(1.0, reference=False))["retrained"] is None


def test_the_choices_are_those_of_the_data_sets():
    assert wire.choices(("blobs",)) == [{"name": "blobs", "title": "Blobs", "noise": [0.0, 0.1, 0.2]}]
