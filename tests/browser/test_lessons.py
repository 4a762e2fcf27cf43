"""The lessons in a real browser: one to its end, and present mode by keys alone."""

from __future__ import annotations

import re

import pytest
from stillness import place, still

from engine.runs.store import Store
from tests.patience import until

pytestmark = pytest.mark.browser
BESIDE = """() => { const both = [...document.querySelectorAll('[data-testid=stMetricValue]')].map(e => e.innerText);
  return both.length === 2 && /points off/.test(document.body.innerText) && [...both, document.body.innerText]; }"""


def shown(page, name: str) -> bool:
    return page.locator(name).first.is_visible()


def numbers(page) -> list[float]:
    """Caught, right and the best so far, of the attacker's line in the second lesson; a dash is left out."""
    found = [page.locator(f".seat-lesson [data-number={name}]").inner_text() for name in ("caught", "accuracy", "best")]
    return [float(text.rstrip("%")) for text in found if text != "–"]


def dragged(page) -> list[float]:
    """The numbers after the line was drawn over both humps from the left."""
    box = place(page.locator(".seat-lesson .seat-humps"))
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.85, box["y"] + 100, steps=30)
    page.mouse.up()
    return numbers(page)


@pytest.mark.long
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
    caught, line, best = dragged(page)
    assert caught == 100 and 50 < line < best < 80  # nobody is missed; the best line was further left
    page.get_by_role("button", name="After unlearning").click()
    page.wait_for_function("() => document.querySelector('.seat-lesson [data-number=best]').textContent === '–'")
    assert 50 < dragged(page)[2] < best - 10
    page.get_by_role("button", name="Compare").click()
    said, was, told = page.wait_for_function(BESIDE).json_value()
    assert said == "71.0%"
    assert was == f"{re.search(r'counted on the other: ([0-9.]+)%', told)[1]}%"  # the line's, which was asked for
    off = float(re.search(r"You were ([\d.]+) points off", told)[1])
    assert off == pytest.approx(abs(71 - float(was.rstrip("%"))), abs=0.051)
    page.get_by_role("button", name="Why?").click()
    page.get_by_text("Yes, the lower the better").click()
    page.get_by_text("Not quite.").wait_for()
    page.get_by_role("button", name="Next lesson").click()
    page.get_by_role("heading", name="Retraining is the measure").wait_for()
    assert "lesson=3&step=predict" in page.url
    assert page.errors == []


def heard(page, turns="true"):
    """Waits until keys are heard, and whether those that turn a lesson's steps: a page's title stands before."""
    page.locator(f".keys[data-turns={turns}]").wait_for(state="attached")


@pytest.mark.long
def test_present_mode_by_keys(page, app):
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{app}/unlearn")
    page.get_by_role("heading", name="Does it forget?").wait_for()
    heard(page, turns="false")
    assert shown(page, "[data-testid=stSidebar]")
    page.keyboard.press("p")
    page.wait_for_url("**present=1*")
    page.locator("[data-testid=stSidebar]").wait_for(state="hidden")
    page.locator(".st-key-settings").wait_for(state="hidden")
    page.keyboard.press("2")
    page.get_by_role("heading", name="The attacker").wait_for()
    heard(page)
    page.keyboard.press("PageDown")
    page.locator(".seat-lesson .seat-name").first.wait_for()
    before = numbers(page)
    for _ in range(60):
        page.keyboard.press("ArrowRight")  # wherever the focus is
    assert numbers(page)[0] > before[0] and len(numbers(page)) == 3
    assert page.evaluate("() => document.querySelector('.seat-lesson').getBoundingClientRect().bottom") <= 720
    page.keyboard.press(" ")
    page.locator(".seat-lesson [aria-pressed=true]", has_text="After unlearning").wait_for()
    assert {"lesson=2", "step=run", "present=1"} <= set(page.url.partition("?")[2].split("&"))
    page.keyboard.press("1")
    page.get_by_role("heading", name="It memorised").wait_for()
    page.keyboard.press("p")
    page.locator("[data-testid=stSidebar]").wait_for(state="visible")
    page.wait_for_function("() => !location.href.includes('present')")
    assert page.errors == []


ENDS = """() => Math.max(...[...document.querySelectorAll('.stage-curves, .st-key-lesson-steps button')]
  .map(e => e.getBoundingClientRect().bottom))"""
SHOWN = "() => document.querySelectorAll('.stage-curves').length === 2"


SIZES = ((1280, 720), (1024, 576))


def fits(page, address: str, *sizes: tuple[int, int]) -> None:
    """Opened at the first size and turned to the others, its picture and its buttons end above the edge."""
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        if (width, height) == sizes[0]:
            page.goto(address)
        page.wait_for_function(SHOWN)
        page.wait_for_function(f"() => ({ENDS})() <= {height}")


def scrolls(page) -> None:
    assert page.locator("h1, h2").first.bounding_box()["y"] >= 0
    page.keyboard.press("PageDown")
    page.wait_for_function("() => document.querySelector('.stMain').scrollTop > 300")
    page.keyboard.press("PageUp")
    page.wait_for_function("() => document.querySelector('.stMain').scrollTop === 0")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("() => document.querySelector('.stMain').scrollTop > 50")
    page.keyboard.press("PageUp")
    page.wait_for_function("() => document.querySelector('.stMain').scrollTop === 0")


@pytest.mark.long
def test_on_a_projector_nothing_is_cut_and_no_key_is_swallowed(page, app, results):
    fits(page, f"{app}/learn?lesson=4&step=run&present=1", *SIZES)
    fits(page, f"{app}/learn?lesson=4&step=compare&present=1", *reversed(SIZES))
    page.locator(".stage-button").first.click()  # the button keeps the focus, the space bar still plays and pauses
    page.wait_for_function("() => document.querySelector('.stage-button').textContent.includes('Pause')")
    page.keyboard.press(" ")
    page.wait_for_function("() => document.querySelector('.stage-button').textContent.includes('Replay')")

    run = Store(results).list(status=("finished",))[0]
    address = f"{app}/unlearn?run={run.id}&present=1"
    fits(page, address, SIZES[1])
    scrolls(page)
    fits(page, address, SIZES[0])
    scrolls(page)
    page.goto(f"{app}/?present=1")
    page.get_by_role("heading", name="Can a trained model forget?").wait_for()
    assert page.errors == []


FOCUSED = "name => document.activeElement.matches(name)"


def test_after_a_click_the_space_bar_is_the_pictures(page, app, results):
    """The button that was clicked has become another one, which the space bar must not press."""
    page.goto(f"{app}/learn?lesson=1")
    page.get_by_role("button", name="Keep my prediction and run it").click()
    page.wait_for_function(FOCUSED, arg=".stage")
    page.locator(".stage-button").first.wait_for()
    page.evaluate("() => { document.activeElement.first = true; }")
    store = Store(results)
    until(lambda: (runs := store.list()) and all(run.has_ended for run in runs), lambda: store.list())
    page.get_by_text("Nothing is running.").wait_for()
    still(page)
    assert page.evaluate("() => document.activeElement.first"), "the picture stays when its run ends, with the focus"
    page.keyboard.press(" ")
    page.wait_for_function("() => document.querySelector('.stage-button').textContent.includes('Pause')")
    page.keyboard.press(" ")
    page.keyboard.press("Home")
    page.wait_for_url("**step=run&at=0")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => !location.href.endsWith('at=0')")
    step = page.locator(".stage-where").inner_text().split()[1]
    assert page.url.endswith(f"step=run&at={step}")  # a reload opens where the screen is
    page.keyboard.press("End")
    page.wait_for_url("**step=run")
    page.goto(f"{app}/learn?lesson=2")
    page.get_by_role("button", name="Keep my prediction and run it").click()
    page.evaluate("() => document.activeElement.blur()")  # as where the button is replaced: the focus goes with it
    page.wait_for_function(FOCUSED, arg=".seat-lesson .seat-humps")
    page.keyboard.press(" ")
    page.locator(".seat-lesson [aria-pressed=true]", has_text="After unlearning").wait_for()
    assert "lesson=2&step=run" in page.url and page.errors == []


def test_the_fourth_lesson_by_keys_alone(page, app):
    page.goto(f"{app}/learn?lesson=4")
    page.get_by_role("button", name="Keep my prediction and run it").wait_for()
    heard(page)
    page.keyboard.press("PageDown")
    page.get_by_text("Choose an answer first: a, b or c.").wait_for()
    page.keyboard.press("b")
    page.locator(".st-key-lesson-next button:enabled").wait_for()
    page.keyboard.press("PageDown")
    page.wait_for_url("**step=run*")
    page.keyboard.press("PageDown")
    page.get_by_role("radio", name="Too much: ascent, large steps", checked=True).wait_for()
    assert "step=run" in page.url and page.errors == []
