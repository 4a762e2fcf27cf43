"""Compare and Robustness on a first visit, in a browser: an answer, recorded content, sliders that react at once."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.long
def test_the_recorded_grid_is_run_through_by_keyboard_at_once(page, museum):
    page.goto(museum + "/robustness")
    page.locator(".scrub .scrub-numbers").wait_for()
    across, down = page.locator(".scrub input").nth(0), page.locator(".scrub input").nth(1)
    across.focus()
    page.keyboard.press("Home")
    down.focus()
    page.keyboard.press("End")
    said = page.locator(".scrub-said")
    assert said.locator("b").inner_text() == "alpha 0.01, forget fraction 50%"
    assert "points beyond the chance range" in said.inner_text()
    at_once = page.evaluate("""() => { const input = document.querySelector(".scrub input");
        return [...Array(12).keys()].map(at => { input.value = at; input.dispatchEvent(new Event("input"));
            return document.querySelector(".scrub-said b").textContent }) }""")
    assert len(set(at_once)) == 12, "each cell is there before the event is over: no server is asked"
    assert page.locator(".scrub-number").count() == 5  # three accuracies, the other attack and what is on the map
    page.locator(".st-key-robustness-map .main-svg").first.wait_for()
    chart = page.locator("[role=application][aria-label*='squares lie beyond the chance range']")
    assert "Heatmap, 12 by 12" in chart.first.get_attribute("aria-label")
    page.locator(".scrub-open").click()
    page.get_by_role("heading", name="alpha 0.5, forget 50%").first.wait_for()
    assert page.errors == []


def test_the_first_comparison_answers_and_shows_all_columns(page, museum):
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(museum + "/compare")
    page.get_by_role("heading", name="Nearest to retraining").first.wait_for()
    page.locator(".cmp").first.wait_for()  # the seconds come in sight
    page.wait_for_function("() => (box => box.scrollWidth <= box.clientWidth + 1)(document.querySelector('.cmp'))")
    assert page.errors == []
