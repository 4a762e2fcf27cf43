"""From the table of runs to the comparison of two of them, in a real browser."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine.runs.recorded import recorded_runs
from engine.runs.store import Store

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "engine"))

from archiving import finished_run  # noqa: E402
from stillness import place, still  # noqa: E402


@pytest.fixture(scope="module")
def browser(webgl):
    """The comparison of runs draws by WebGL."""
    return webgl


@pytest.mark.long
def test_two_ticked_runs_are_compared(page, serve, tmp_path):
    store = Store(tmp_path)
    ids = [finished_run(store, parameters={"alpha": alpha}) for alpha in (0.1, 0.5)]
    app = serve(ROOT / "app.py", env={"UNLEARN_HOME": str(tmp_path)})
    page.goto(f"{app}/runs?whose=own")
    page.get_by_text("2 runs. Tick rows").wait_for()
    still(page)
    table = page.locator("[data-testid=stDataFrame]").first
    for row in (1, 2):  # the box at the left edge; rows are 35 pixels high, the first one is the head
        table.click(position={"x": 18, "y": 35 * row + 17})
    page.get_by_text("2 ticked.").wait_for()
    page.get_by_role("button", name="Compare selected").click()
    page.get_by_role("heading", name="These 2 runs differ only in alpha: 0.").wait_for()
    assert page.url.endswith(f"/selected?runs={ids[1]}%2C{ids[0]}") or page.url.endswith(
        f"/selected?runs={ids[1]},{ids[0]}")
    page.locator(".live-chart .main-svg").nth(1).wait_for()
    page.get_by_role("heading", name="Sample by sample").wait_for()
    assert page.locator("[data-testid=stAlertContentError]").count() == 0
    assert page.errors == []


PLACE = """() => {
  const chart = [...document.querySelectorAll(".js-plotly-plot")].find((one) => one._fullLayout?.meta?.marks);
  const { x, y } = chart.getBoundingClientRect(), { _size: at, xaxis, yaxis } = chart._fullLayout;
  const trace = chart._fullData[2];
  const place = [...trace.x].indexOf(Math.max(...trace.x));  // at the edge, where points are few
  return [x + at.l + xaxis.l2p(Math.log10(trace.x[place])), y + at.t + yaxis.l2p(Math.log10(trace.y[place]))];
}"""


@pytest.mark.long
def test_a_click_on_a_point_shows_its_sample_and_a_box_lists_several(page, museum):
    """Of recorded runs whose texts ship, so that nothing is loaded or computed."""
    ids = [run.id for run in recorded_runs() if run.spec.dataset == "go_emotions" and run.spec.seed == 0
           and run.spec.forget_fraction == 0.15 and run.spec.method in ("finetune", "nabla_tau")]
    page.goto(f"{museum}/selected?runs={','.join(ids[:2])}")
    page.get_by_text("No point is marked").wait_for()
    chart = page.locator(".st-key-selected-pairs .js-plotly-plot")
    chart.locator(".main-svg").first.wait_for()
    chart.scroll_into_view_if_needed()
    still(page)
    x, y = page.evaluate(PLACE)
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    page.get_by_text("1 sample marked").wait_for()
    card = page.locator(".st-key-pairs-one")
    card.get_by_text("Forget sample").wait_for()
    assert "A says" in card.inner_text() and "B says" in card.inner_text() and "“" in card.inner_text()
    box = place(chart)
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.95 * box["width"], box["y"] + 0.7 * box["height"], steps=5)
    page.mouse.up()
    page.get_by_text("samples marked, those whose loss differs most first").wait_for()
    assert page.errors == []
