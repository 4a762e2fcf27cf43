"""A grid in a real browser: one that is stopped after a reload, one that is filled up, and a square that is clicked."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from stillness import place

from engine.runs.store import Store
from tests.patience import until

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "engine"))

from archiving import finished_run  # noqa: E402

pytestmark = pytest.mark.browser
ADDRESS = "/robustness?data=digits&xs=0.1+0.3&ys=0.15+0.3&seeds=0+1"
LONG = f"{ADDRESS}&set=retain_epochs%3D200+batch_size%3D8"  # minutes a run: the page is always there before its end
HEATMAP = ".st-key-robustness-map .main-svg"


@pytest.mark.long
def test_a_grid_goes_on_after_a_reload_until_it_is_stopped(page, app, results):
    page.goto(app + LONG)
    page.get_by_text("8 to compute").first.wait_for()
    page.locator(".st-key-sweep button").first.click()
    page.get_by_text("of 8 runs ended").first.wait_for()
    store = Store(results)
    until(lambda: store.list(status=("running",)), store.list)
    page.reload()  # the sweep goes on without the page, which finds it again
    page.get_by_text("of 8 runs ended").first.wait_for()
    page.locator(HEATMAP).first.wait_for()
    page.locator(".st-key-sweep-stop button").first.click()
    page.get_by_text("of 8 runs ended").first.wait_for(state="hidden")
    assert {run.status for run in store.list()} == {"cancelled"}
    page.get_by_text("8 to compute").first.wait_for()
    page.get_by_role("button", name="Resume").first.wait_for()
    assert page.errors == []


@pytest.mark.long
def test_a_grid_is_filled_up_and_a_square_opens_its_run(page, app, results):
    store = Store(results)
    before = {finished_run(store, seed=seed, forget_fraction=0.15, parameters={"alpha": 0.1}) for seed in (0, 1)}
    page.goto(app + ADDRESS)
    page.get_by_text("6 to compute").first.wait_for()
    page.locator(".st-key-sweep button").first.click()

    def done():
        return len(runs := store.list(status=("finished",))) >= 8 and runs

    runs = until(done, lambda: [(run.status, run.reason) for run in store.list()])
    page.get_by_text("8 runs, all done").first.wait_for()
    # The line above the map goes, and the map moves; what it says is "of 6" by now.
    page.locator(".st-key-sweep-stop").first.wait_for(state="hidden")
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    assert len(runs) == 8 and before <= {run.id for run in runs}, "nothing is computed twice"

    box = place(page.locator(".st-key-robustness-map .nsewdrag").first)
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.75)  # second column, second row
    page.get_by_role("heading", name="alpha 0.3, forget 30%").first.wait_for()
    mine = next(run for run in runs if run.spec.forget_fraction == 0.3 and run.spec.seed == 0
                and run.effective["alpha"] == 0.3)
    page.locator(f"a[href*='{mine.id}']").first.wait_for()
    shown = page.locator("table", has_text="open").first.inner_text()
    assert f"{mine.metrics['test_accuracy']:.1f}%" in shown
    assert page.errors == []
    assert page.locator("[data-testid=stException]").count() == 0
