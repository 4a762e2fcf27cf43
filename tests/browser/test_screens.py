"""What only a browser can tell of Start, Unlearn, Playground and lessons: a replay's marks, and what covers what."""

from __future__ import annotations

from pathlib import Path

import pytest
from stillness import still

from engine.runs.recorded import recorded_runs

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
KICKER = "() => getComputedStyle(document.querySelector('.st-key-run-head h2 [data-heading-text]'), '::before').content"
BEFORE_VERDICT = "() => getComputedStyle(document.querySelector('.st-key-verdict p'), '::before').content"
LEGEND = "() => [...document.querySelectorAll('.stage-mark')].filter(e => e.checkVisibility()).map(e => e.textContent)"
BOTTOM = "() => Math.max(...[...document.querySelectorAll('.stage-curves')].map(e => e.getBoundingClientRect().bottom))"
WIDE = """() => [...document.querySelectorAll('.stage-gauge')].filter(e => e.scrollWidth > e.clientWidth
  || [...e.querySelectorAll('span')].some(s => s.getBoundingClientRect().right > e.getBoundingClientRect().right))
  .map(e => e.textContent)"""

CUT = """() => [...document.querySelectorAll('.stage-heroes svg')].flatMap(picture => {
  const frame = picture.getBoundingClientRect();
  return [...picture.querySelectorAll('.stage-label')].map(e => [e.textContent, e.getBoundingClientRect()])
    .filter(([, b]) => b.left < frame.left || b.right > frame.right).map(([text]) => text); })"""
HEADLINES = """() => { window.headlines = []; const look = () => {
  const there = document.querySelectorAll('.stMain h2').length;
  if (window.headlines.at(-1) !== there) window.headlines.push(there); requestAnimationFrame(look); }; look(); }"""


@pytest.fixture
def app(museum):
    """The address of a server on which nothing is started."""
    return museum


@pytest.fixture(scope="module")
def demo() -> str:
    return next(run.id for run in recorded_runs() if run.spec.dataset == "digits" and run.spec.seed == 1
                and run.spec.method == "nabla_tau" and not run.spec.parameters)


def box(page, name: str) -> dict[str, float]:
    """Where it is, in one step: a picture that plays is drawn anew while one asks for it."""
    return page.evaluate("name => { const b = document.querySelector(name).getBoundingClientRect();"
                         " return { top: b.top, bottom: b.bottom, height: b.height }; }", name)


def quiet(page, sent: list[str]) -> None:
    """Waits until the server has answered, the page stands still and has asked for nothing more for a while."""
    still(page)
    known = -1
    while known != len(sent):
        known = len(sent)
        page.wait_for_timeout(2000)


def test_in_the_middle_of_a_replay_the_headline_is_marked_as_the_ends(page, app, demo):
    sent: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(str(frame))))
    page.goto(f"{app}/unlearn?run={demo}&at=30")
    page.locator(".stage-at-end").first.wait_for()
    quiet(page, sent)
    assert page.evaluate(KICKER) == page.evaluate(BEFORE_VERDICT) == '"At the end: "'
    end = page.locator(".stage-at-end").all_inner_texts()
    height, asked = box(page, ".stage-gauges")["height"], len(sent)
    page.locator(".stage-slider").press("End")
    page.locator(".stage-at-end").first.wait_for(state="detached")
    for words in (KICKER, BEFORE_VERDICT):
        page.wait_for_function(f"() => ({words})() === 'none'")
    numbers = page.locator(".stage-gauge .stage-is > :first-child").all_inner_texts()
    assert [text.strip() for text in end] == [f"at end {number}" for number in numbers]
    assert box(page, ".stage-gauges")["height"] == height, "the picture stays where it was"
    assert sent[asked:] == [], "the server is not asked"

    page.locator(".stage-help").focus()
    said = page.evaluate("() => getComputedStyle(document.querySelector('.stage-help'), '::after').content")
    assert "Below 50% is not better than 50%: an attacker could turn every answer round" in said
    page.locator(".stage-button").first.click()  # the help keeps its place while the chart is drawn anew
    page.wait_for_function("() => document.querySelector('.stage').dataset.position > 2")
    assert page.locator(".stage-help").count() == 1
    assert page.errors == []


@pytest.mark.parametrize("size", [(1280, 720), (1024, 576)])
def test_a_projector_shows_what_the_marks_mean(page, app, demo, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{app}/unlearn?run={demo}&present=1")
    page.locator(".stage-curves").first.wait_for()
    page.locator("[data-testid=stSidebar]").wait_for(state="hidden")
    page.wait_for_function(f"() => ({BOTTOM})() <= {size[1]}")
    assert page.evaluate(LEGEND) == ["before", "now", "retrained", "chance range"]
    assert page.evaluate("() => parseFloat(getComputedStyle(document.querySelector('.stage-legend')).fontSize)") >= 13


def test_nothing_runs_over_its_edge_at_1280(page, app, demo):
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(app)
    page.locator(".st-key-start-hero .stage-gauge").first.wait_for()
    assert page.evaluate(WIDE) == []
    page.goto(f"{app}/unlearn?run={demo}")
    page.locator(".st-key-scenario").get_by_role("combobox").click()
    names = page.get_by_role("option")
    names.get_by_text("Samples by memorisation").wait_for()
    assert "A class" in names.all_inner_texts()
    cut = "e => [e, ...e.querySelectorAll('*')].some(one => one.scrollWidth > one.clientWidth + 1)"
    assert not [option.inner_text() for option in names.all() if option.evaluate(cut)], "every name is whole"


def test_no_name_in_a_picture_is_cut_at_its_edge(page, app):
    run = next(run for run in recorded_runs() if run.spec.scenario == "class" and run.spec.method == "nabla_tau")
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{app}/unlearn?run={run.id}")
    page.locator(".stage-heroes .stage-label", has_text=f"never-seen class {run.spec.forget_class}").nth(1).wait_for()
    assert page.evaluate(CUT) == []


@pytest.mark.long
def test_a_telephone_shows_the_picture_first_and_nothing_lies_over_it(page, app, demo):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(app)
    page.locator(".st-key-start-hero .stage-svg").first.wait_for()
    assert box(page, ".st-key-start-hero .stage-svg")["bottom"] < 500
    assert box(page, ".st-key-demo")["top"] < 844
    page.goto(f"{app}/unlearn?run={demo}")
    page.locator(".stage-svg").first.wait_for()
    assert box(page, ".stage-svg")["bottom"] < 844
    page.locator(".stMain").evaluate("e => e.scrollBy(0, 600)")
    assert box(page, ".drawer-button")["bottom"] <= box(page, "[data-testid=stHeader]")["bottom"], "not over the charts"
    page.goto(f"{app}/exposed?run={demo}")
    page.locator(".seat-outline").first.wait_for()
    assert box(page, ".seat-humps")["bottom"] < box(page, ".seat-numbers")["top"] < 844
    page.goto(f"{app}/playground")
    page.locator(".pg-map canvas").first.wait_for()
    order = page.evaluate("""() => [...document.querySelectorAll('.pg-map, .pg-bar')]
      .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
      .map(e => e.querySelector('b')?.textContent ?? e.ariaLabel)""")
    assert order == ["Unlearned", "Original", "Retrained", "Choose points and play", "What to forget and how"]
    assert page.errors == []


MEANING = """word => { const shown = getComputedStyle(word, '::after'), box = word.getBoundingClientRect();
  const left = shown.position === 'fixed' ? parseFloat(shown.left) : box.left + parseFloat(shown.left);
  const padding = shown.boxSizing === 'border-box' ? 0 : parseFloat(shown.paddingLeft) + parseFloat(shown.paddingRight);
  return [left, left + parseFloat(shown.width) + padding, shown.content]; }"""


def test_on_a_telephone_no_meaning_is_cut_at_the_edge(page, app, demo):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{app}/unlearn?run={demo}")
    for word in ("retrained", "chance range", "loss"):
        mark = page.locator(".stage-legend .term", has_text=word).first
        mark.focus()
        left, right, said = mark.evaluate(MEANING)
        assert left >= 0 and right <= 390 and len(said) > 20, word
    assert page.errors == []


def test_the_link_of_a_run_opens_it(page, app, demo):
    page.goto(f"{app}/unlearn?run={demo}")
    page.locator(".stMain").get_by_role("button", name="Link", exact=False).first.click()
    address = page.locator("[data-testid=stPopoverBody] pre code").first.inner_text()
    assert address == f"{app}/unlearn?run={demo}"


def test_the_code_for_the_audience_is_covered_by_nothing_and_a_reset_closes_all(page, app):
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{app}/learn?lesson=2&present=1")
    corner = page.locator(".st-key-present-corner button").first
    corner.click()
    page.get_by_role("button", name="For the audience").click()
    code = page.get_by_alt_text("QR code of the link above")
    code.wait_for()
    page.get_by_role("button", name="Leave present mode").wait_for(state="hidden")
    top = """e => { const b = e.getBoundingClientRect(); return [[.05, .05], [.95, .05], [.5, .5], [.95, .95]]
      .every(([x, y]) => document.elementFromPoint(b.x + x * b.width, b.y + y * b.height) === e); }"""
    page.wait_for_function(top, arg=code.element_handle())
    page.keyboard.press("Escape")
    code.wait_for(state="detached")
    corner.click()
    page.get_by_role("button", name="Next class").click()
    page.get_by_role("button", name="Reset for the next class").click()
    page.get_by_role("heading", name="It memorised").wait_for()
    page.get_by_role("button", name="Reset for the next class").wait_for(state="hidden")
    page.get_by_role("button", name="Leave present mode").wait_for(state="hidden")
    assert page.errors == []


@pytest.mark.long
def test_the_headline_stays_while_a_map_is_drawn(page, app):
    """Without it for a tenth of a second the whole page jumps up, and down again."""
    page.goto(f"{app}/robustness")
    page.locator(".st-key-robustness-map .main-svg").first.wait_for()
    still(page)
    page.evaluate(HEADLINES)
    page.get_by_text("Entropy attack").first.click()
    page.get_by_text("Attack on the entropy").first.wait_for()
    still(page)
    assert page.evaluate("() => window.headlines") == [1]
    assert page.errors == []
