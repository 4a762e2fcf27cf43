"""The lessons in a real browser: one to its end, and present mode by keys alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
BESIDE = """() => { const both = [...document.querySelectorAll('[data-testid=stMetricValue]')].map(e => e.innerText);
  return both.length === 2 && /points off/.test(document.body.innerText) && [...both, document.body.innerText]; }"""
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def app(serve, tmp_path_factory):
    """The address of one server for the tests here."""
    return serve(ROOT / "app.py", env={"UNLEARN_HOME": str(tmp_path_factory.mktemp("lessons"))})


def shown(page, name: str) -> bool:
    return page.locator(name).first.is_visible()


def test_a_lesson_to_its_end(page, app):
    page.goto(f"{app}/learn?lesson=2")
    page.get_by_role("slider", name="Your prediction").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(600)  # a slider tells the server a moment after it was moved
    page.get_by_role("button", name="For the audience").click()
    code = page.get_by_alt_text("QR code of the link above")
    page.wait_for_function("code => code.naturalWidth === 320", arg=code.element_handle())
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Keep my prediction and run it").click()
    page.wait_for_function("() => +document.querySelector('.stage')?.dataset.position > 3")  # it plays by itself
    page.get_by_role("button", name="Compare").click()
    said, was, told = page.wait_for_function(BESIDE).json_value()
    assert said == "71.0%"
    off = float(re.search(r"You were ([\d.]+) points off", told)[1])
    assert off == pytest.approx(71 - float(was.rstrip("%")), abs=0.051)
    page.get_by_role("button", name="Why?").click()
    page.get_by_text("Yes, the lower the better").click()
    page.get_by_text("Not quite.").wait_for()
    page.get_by_role("button", name="Next lesson").click()
    page.get_by_role("heading", name="Retraining is the measure").wait_for()
    assert "lesson=3&step=predict" in page.url
    assert page.errors == []


def test_present_mode_by_keys(page, app):
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{app}/unlearn")
    page.get_by_role("heading", name="Does it forget?").wait_for()
    page.locator(".keys").wait_for(state="attached")
    assert shown(page, "[data-testid=stSidebar]")
    page.keyboard.press("p")
    page.wait_for_url("**present=1*")
    page.locator("[data-testid=stSidebar]").wait_for(state="hidden")
    page.locator(".st-key-settings").wait_for(state="hidden")
    page.keyboard.press("2")
    page.get_by_role("heading", name="The attacker").wait_for()
    page.keyboard.press("PageDown")
    page.wait_for_function("() => +document.querySelector('.stage')?.dataset.position > 3")
    assert {"lesson=2", "step=run", "present=1"} <= set(page.url.partition("?")[2].split("&"))
    page.keyboard.press("1")
    page.get_by_role("heading", name="It memorised").wait_for()
    page.keyboard.press("p")
    page.locator("[data-testid=stSidebar]").wait_for(state="visible")
    page.wait_for_function("() => !location.href.includes('present')")
    assert page.errors == []
