"""What goes to the browser: all of a run once, then what is new."""

from __future__ import annotations

import json

import pytest

from ui.common.stage import component
from ui.common.stage.packing import SIGNS, STEPS, packed


@pytest.fixture
def sent(monkeypatch):
    """What would go to the browser, and a session."""
    said, how_it_was = [], []

    class Fake:
        def draw(self, key, data, **how):
            said.append(json.loads(data["spec"]))
            how_it_was.append(how)

    monkeypatch.setattr(component, "module", Fake)
    monkeypatch.setattr("streamlit.session_state", {})
    return said, how_it_was


def scene(points, ended=False):
    return {"run": "r", "ended": ended, "total": 80, "retrained": None, "titles": {},
            "points": [{"step": step, "forget": [0.0, 0.5, 1.0], "test": None} for step in range(points)]}


def unpacked(text):
    top, signs = text.split(" ")
    levels = [SIGNS.index(one) * len(SIGNS) + SIGNS.index(other) for one, other in zip(signs[::2], signs[1::2])]
    return [float(top) * level / STEPS for level in levels]


def test_the_first_drawing_is_whole_and_later_ones_hold_what_is_new(sent):
    said, _ = sent
    for points in (4, 6, 6):
        component.stage(scene(points), "stage-r")
    whole, more, none = said
    assert "since" not in whole and len(whole["points"]) == 4 and "titles" in whole
    assert (more["since"], [point["step"] for point in more["points"]]) == (3, [3, 4, 5])
    assert (none["since"], [point["step"] for point in none["points"]]) == (5, [5])
    assert set(more) == {"run", "since", "total", "points"}


def test_a_page_that_is_drawn_again_and_a_browser_that_lacks_something_get_the_whole(sent):
    said, how = sent
    component.stage(scene(9), "stage-r")
    component.forget_drawn("stage-r")
    component.stage(scene(9), "stage-r")
    how[-1]["on_lacking_change"]()
    component.stage(scene(9), "stage-r")
    assert ["since" in one for one in said] == [False, False, False]


def test_the_end_of_a_run_brings_all_but_the_points_and_words_that_are_there(sent):
    said, _ = sent
    component.stage(scene(9), "stage-r")
    component.stage(scene(10, ended=True), "stage-r")
    assert said[1].pop("since") == 8 and [point["step"] for point in said[1].pop("points")] == [8, 9]
    assert said[1] == {name: value for name, value in scene(10, ended=True).items() if name not in ("points", "titles")}
    component.forget_drawn("stage-r")
    component.stage(scene(10, ended=True), "stage-r")
    assert "since" not in said[2] and len(said[2]["points"]) == 10


def test_a_hump_is_as_before_to_a_pixel():
    density = [round(0.0137 * (i % 17) ** 1.5, 4) for i in range(80)]
    found = unpacked(packed({"forget": density, "test": [0.0] * 80})["forget"])
    assert found == pytest.approx(density, abs=max(density) / STEPS)
    assert unpacked(packed({"forget": None, "test": [0.0] * 3})["test"]) == [0.0] * 3
    assert packed({"forget": None, "test": None, "step": 3}) == {"forget": None, "test": None, "step": 3}
