"""The live chart in a real browser: updated in place, zoom kept, clicks delivered, never blank."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from stillness import place

pytestmark = pytest.mark.browser
APP = Path(__file__).with_name("live_chart_app.py")


@pytest.fixture(scope="module")
def app(tmp_path_factory) -> Path:
    """The app's script in a folder of its own, so that its static/ is not left in the tree."""
    return Path(shutil.copy(APP, tmp_path_factory.mktemp("app")))


@pytest.fixture(scope="module")
def url(serve, app) -> str:
    """Below a base path and at a deep link, where a relative URL of plotly.min.js would not be found."""
    return serve(app, options=("--server.baseUrlPath=lab",)) + "/deep?run=abc"


@pytest.fixture
def live(page, url):
    page.goto(url)
    page.wait_for_selector(".st-key-cells .plot-container")
    return page


def ticks(page) -> int:
    return int(page.get_by_text("tick ").inner_text().split()[1])


def after_ticks(page, number: int) -> None:
    """Wait until Python has sent ``number`` figures more, drawn or not."""
    page.wait_for_function("n => +document.body.innerText.match(/tick (\\d+)/)[1] > n", arg=ticks(page) + number)


def after_updates(page, number: int = 3) -> None:
    """Wait until the chart was updated ``number`` times more, not only the page's text."""
    page.evaluate("key => { const e = document.querySelector(key); window.seen = 0; "
                  "e.on('plotly_react', () => window.seen++) }", ".st-key-now .live-chart")
    page.wait_for_function("number => window.seen >= number", arg=number)


def layout(page, key: str, path: str):
    return page.evaluate(f"document.querySelector('.st-key-{key} .live-chart')._fullLayout.{path}")


def plot_area(page, key: str) -> dict:
    area = page.locator(f".st-key-{key} .nsewdrag.drag").first
    area.scroll_into_view_if_needed()
    return place(area)


def drag(page, key: str, hold: float = 0) -> None:
    """Zoom by the mouse into the middle half of the plot, both ways; ``hold`` updates pass with the button down."""
    box = plot_area(page, key)
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.25)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5, steps=4)
    if hold:
        after_ticks(page, hold)
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.75, steps=4)
    page.mouse.up()


def test_the_chart_stays_the_same_element_and_is_never_blank(live):
    chart = ".st-key-now .live-chart"
    live.evaluate("""key => {
        const chart = document.querySelector(key);
        chart.mark = chart.querySelector(".main-svg").mark = "mine";
        window.blank = 0;
        new MutationObserver(() => { if (!document.querySelector(key + " .main-svg")) window.blank++ })
            .observe(document.body, {childList: true, subtree: true}) }""", chart)
    before = live.evaluate("key => document.querySelector(key).data[0].y.join()", chart)
    after_updates(live)
    assert live.evaluate("key => document.querySelector(key).mark", chart) == "mine"
    assert live.evaluate("key => document.querySelector(key + ' .main-svg').mark", chart) == "mine"
    assert live.evaluate("key => document.querySelector(key).data[0].y.join()", chart) != before
    assert live.evaluate("window.blank") == 0
    assert live.errors == []


@pytest.mark.long
@pytest.mark.parametrize("hold", [0, 2], ids=["between updates", "across updates"])
def test_a_zoom_is_kept_across_updates(live, hold):
    whole = layout(live, "now", "xaxis.range")
    drag(live, "now", hold)
    zoomed = layout(live, "now", "xaxis.range")
    assert whole[0] < zoomed[0] < zoomed[1] < whole[1]
    after_updates(live)
    assert layout(live, "now", "xaxis.range") == zoomed
    assert live.errors == []


@pytest.mark.long
def test_a_new_revision_starts_afresh(live):
    drag(live, "attacks")
    after_updates(live)
    assert layout(live, "attacks", "xaxis.autorange") is False
    live.locator(".st-key-renew button").click()
    live.wait_for_function("document.querySelector('.st-key-attacks .live-chart')._fullLayout.xaxis.autorange === true")
    assert live.errors == []


@pytest.mark.long
def test_clicks_on_a_heatmap_arrive_even_slow_ones_where_the_mouse_rests(live):
    box = plot_area(live, "cells")
    live.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.75)
    live.mouse.down()
    after_ticks(live, 2)
    live.mouse.up()
    live.get_by_text("clicks [{'x': 20, 'y': 1, 'z': 2}]").wait_for()
    after_updates(live)
    live.mouse.down()
    live.mouse.up()
    live.get_by_text("clicks [{'x': 20, 'y': 1, 'z': 2}, {'x': 20, 'y': 1, 'z': 2}]").wait_for()
    assert live.errors == []


def test_the_chart_follows_the_width_and_the_theme(live):
    light = layout(live, "now", "font.color")
    live.emulate_media(color_scheme="dark")
    live.wait_for_function("old => document.querySelector('.st-key-now .live-chart')._fullLayout.font.color !== old",
                           arg=light)
    wide = layout(live, "cells", "width")
    live.set_viewport_size({"width": 700, "height": 900})
    live.wait_for_function("old => document.querySelector('.st-key-cells .live-chart')._fullLayout.width < old",
                           arg=wide)
    assert live.errors == []


def test_a_heading_wider_than_its_chart_goes_on_below(live):
    headings = """() => [...document.querySelectorAll(".live-chart .gtitle")].map(heading => {
        const chart = heading.closest(".live-chart"), inside = chart.querySelector(".nsewdrag").getBoundingClientRect();
        const own = heading.getBoundingClientRect(), room = chart.getBoundingClientRect();
        return [heading.querySelectorAll("tspan.line").length, own.right <= room.right, own.bottom <= inside.top] })"""
    narrow = "width => document.querySelector('.stMainBlockContainer').style.maxWidth = width"
    wide = live.evaluate(headings)
    live.evaluate(narrow, "560px")
    live.wait_for_function(f"wide => ({headings})().slice(0, 3).every(([lines], i) => lines > wide[i][0])", arg=wide)
    after_updates(live)
    assert [sides for _, *sides in wide + live.evaluate(headings)] == [[True, True]] * 8
    live.evaluate(narrow, "")
    live.wait_for_function(f"wide => ({headings})().every(([lines], i) => lines === wide[i][0])", arg=wide)
    assert live.errors == []


def test_without_plotly_a_sentence_says_so(page, serve, app):
    lonely = app.parent / "lonely"
    lonely.mkdir()
    page.goto(serve(shutil.copy(app, lonely), env={"NO_PLOTLY": "1"}))
    page.locator(".st-key-now").get_by_text("This chart cannot be drawn: Plotly did not load from").wait_for()
