"""Narrow windows in a real browser: results first, the form as a drawer, no numbers that run into one another."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from stillness import place, still

from engine.runs.recorded import recorded_runs

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
SQUARE_TEXTS = """() => [...document.querySelectorAll('.st-key-robustness-map text')]
  .filter(e => /^\\d+\\.\\d$/.test(e.textContent)).length"""

LEVELS = """() => [...document.querySelectorAll('.stMain :is(h1, h2, h3, h4, h5, h6)')].filter(e => e.checkVisibility())
  .map(e => Number(e.tagName[1]))"""


@pytest.mark.long
@pytest.mark.parametrize("width", [900, 390])
def test_the_form_is_a_drawer_once_there_is_a_run(page, workshop, width):
    page.set_viewport_size({"width": width, "height": 844})
    run = next(run for run in recorded_runs() if run.spec.dataset == "digits" and run.finished)
    page.goto(f"{workshop}/unlearn?run={run.id}")
    page.locator(".stage-svg").first.wait_for()
    form, opener = page.locator(".st-key-settings"), page.locator(".drawer-button")
    opener.wait_for()
    form.wait_for(state="hidden")
    assert place(page.locator(".stage-gauge").first)["y"] < 844
    opener.click()
    launch = page.locator(".st-key-launch button")
    launch.wait_for()
    box = place(launch)
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert box["y"] + box["height"] <= 844
    page.keyboard.press("Escape")
    form.wait_for(state="hidden")
    opener.click()
    launch.click()
    page.wait_for_function(f"() => !location.href.includes('{run.id}')")
    form.wait_for(state="hidden")
    assert page.errors == []


def settled(page) -> list:
    """What is too pale, once a change of the theme has reached every part of the page."""
    still(page)
    for _ in range(10):
        if not (found := page.evaluate((ROOT / "tests/browser/contrast.js").read_text())):
            break
        page.wait_for_timeout(300)  # a colour may still be on its way, which no box shows
    return found


@pytest.mark.long
def test_every_text_stands_out_from_what_lies_behind_it(page, workshop):  # a lesson starts its runs
    poor = {}
    run = next(run for run in recorded_runs() if run.spec.dataset == "digits" and run.finished)
    for address in ("/", "/learn?lesson=2&step=explain", f"/unlearn?run={run.id}", "/robustness", "/evidence",
                    "/compare"):
        page.goto(workshop + address)
        page.locator("h1").first.wait_for()
        still(page)
        levels = page.evaluate(LEVELS)
        assert levels[0] == 1 and all(b - a <= 1 for a, b in itertools.pairwise(levels)), (address, levels)
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            if found := settled(page):
                poor[address, scheme] = found[:5]
    assert poor == {}


@pytest.mark.long
def test_a_narrow_map_goes_without_its_numbers(page, museum):
    page.goto(f"{museum}/robustness")
    page.locator(".st-key-robustness-map .main-svg").first.wait_for()
    page.wait_for_function(f"() => ({SQUARE_TEXTS})() > 90")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function(f"() => ({SQUARE_TEXTS})() < 10")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.wait_for_function(f"() => ({SQUARE_TEXTS})() > 90")  # and a few of its columns' names
    assert page.errors == []


@pytest.mark.long
def test_a_maps_cells_by_arrow_keys(page, museum):
    page.goto(f"{museum}/robustness")
    chart = page.locator(".st-key-robustness-map .live-chart")
    page.locator(".st-key-robustness-map .main-svg").first.wait_for()
    page.wait_for_function("() => document.querySelector('.st-key-robustness-map .live-chart')?.tabIndex === 0")
    assert page.locator(".modebar-btn:not([tabindex='-1'])").count() == 0
    chart.focus()
    page.keyboard.press("Home")
    for key in ("ArrowRight", "ArrowRight", *["ArrowUp"] * 20, *["ArrowDown"] * 3):
        page.keyboard.press(key)
    assert "Now at alpha 0.05, forget fraction 10%" in chart.get_attribute("aria-label")
    cursor, plot = place(page.locator(".map-cursor")), place(page.locator(".st-key-robustness-map .nsewdrag").first)
    assert cursor["width"] == pytest.approx(plot["width"] / 12, abs=1)
    assert cursor["x"] == pytest.approx(plot["x"] + plot["width"] * 2 / 12, abs=2)
    assert cursor["y"] == pytest.approx(plot["y"] + plot["height"] * 3 / 12, abs=2)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="alpha 0.05, forget 10%").first.wait_for()
    page.keyboard.press("ArrowLeft")
    assert "Now at alpha 0.02, forget fraction 10%" in chart.get_attribute("aria-label")
    assert page.errors == []


@pytest.mark.parametrize(("address", "gone", "there"), [
    ("/unlearn?hide=method,settings", ".st-key-method", ".st-key-launch"),
    ("/playground?hide=brake,forget", ".pg-brake", ".pg-alpha")])
def test_a_teachers_link_hides_controls(page, museum, address, gone, there):
    page.goto(museum + address)
    page.locator(there).first.wait_for()
    page.locator(gone).first.wait_for(state="hidden")
    assert "hide=" in page.url
    page.goto(museum + address.replace("hide=", "hide=sidebar,"))
    page.get_by_text("'sidebar' is not valid. Valid:").wait_for()
    assert page.errors == []
