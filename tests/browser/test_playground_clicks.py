"""The Playground in a browser: a click on a point changes the unlearned map, and the address with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from stillness import still

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
MAPS = "() => [...document.querySelectorAll('.pg-map canvas')].map(canvas => canvas.toDataURL())"
SETTLED = """mark => { const root = document.querySelector('.pg');
  return Number(root.dataset.answered) > mark && !document.querySelector('.pg-waiting'); }"""
ANSWERED = "() => Number(document.querySelector('.pg').dataset.answered)"


def settled(page, mark):
    """The answer to a later question than this one is there, the retrained map too, and nothing moves."""
    page.wait_for_function(SETTLED, arg=mark)
    still(page)


@pytest.mark.long
def test_a_click_on_a_point_forgets_it(museum, page):
    page.set_viewport_size({"width": 1280, "height": 720})
    page.emulate_media(reduced_motion="reduce")  # opens with the last frame
    page.goto(f"{museum}/playground?forget=none")
    page.wait_for_selector(".pg[data-answered]")
    settled(page, -1)
    assert page.locator(".pg-size-said").inner_text() == "0 of 200"
    bottom = page.locator(".pg-note").bounding_box()
    assert bottom["y"] + bottom["height"] <= 720, "maps, controls and numbers are above the fold"
    before, mark = page.evaluate(MAPS), page.evaluate(ANSWERED)
    assert before[1] == before[0], "nothing is forgotten yet"

    page.locator(".pg-map canvas").first.focus()
    page.keyboard.press("ArrowRight")  # the cursor, on point 0
    page.keyboard.press("Enter")
    settled(page, mark)
    assert "forget=0&" in page.url and page.locator(".pg-size-said").inner_text() == "1 of 200"
    by_key, mark = page.evaluate(MAPS), page.evaluate(ANSWERED)

    box = page.locator(".pg-map canvas").first.bounding_box()
    x, y = page.evaluate("() => document.querySelector('.pg')._board.me.data.points.xy[5]")
    page.mouse.click(box["x"] + (x + 1.5) / 3 * box["width"], box["y"] + (1.5 - y) / 3 * box["height"])
    settled(page, mark)
    assert page.locator(".pg-size-said").inner_text() == "2 of 200"
    page.wait_for_url("**forget=0%2C5**")
    by_click = page.evaluate(MAPS)
    assert by_click[1] not in (before[1], by_key[1]), "the unlearned map changed"
    assert "2 to forget" in page.locator(".pg-map canvas").nth(1).get_attribute("aria-label")
    assert page.errors == [] and page.locator("[data-testid=stException]").count() == 0


@pytest.mark.long
def test_the_keys_are_those_of_every_page(museum, page):
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{museum}/playground")
    page.wait_for_selector(".pg[data-answered]")
    settled(page, -1)
    place = page.locator(".pg-frame")
    end = int(place.input_value())
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("end => document.querySelector('.pg-frame').value == end - 1", arg=end)
    page.keyboard.press("ArrowRight")
    page.wait_for_function("end => document.querySelector('.pg-frame').value == end", arg=end)
    page.keyboard.press(" ")
    page.wait_for_function("() => document.querySelector('.pg-play').textContent === 'Pause'")
    page.keyboard.press(" ")
    page.wait_for_function("() => document.querySelector('.pg-play').textContent === 'Play'")
    page.keyboard.press("p")
    page.wait_for_url("**present=1**")
    page.goto(museum)
    page.wait_for_selector(".stage-gauge")
    page.wait_for_selector(".keys[data-turns]", state="attached")
    page.keyboard.press("p")
    page.wait_for_url("**present=1**")
    assert page.errors == []
