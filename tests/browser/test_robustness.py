"""A small grid in a real browser: launched, reloaded in the middle, stopped, gone on with, a square clicked."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.runs.store import Store
from tests.patience import until

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "/robustness?data=digits&xs=0.1+0.3&ys=0.15+0.3&seeds=0+1"
HEATMAP = ".st-key-robustness-map .main-svg"


def finished(store: Store, count: int) -> int:
    return until(lambda: (now := len(store.list(status=("finished",)))) >= count and now,
                 lambda: f"{count} finished of {[(run.status, run.reason) for run in store.list()]}")


def test_a_grid_from_click_to_filled_map_with_a_reload_a_stop_and_a_click(page, serve, tmp_path):
    app, store = serve(ROOT / "app.py", env={"UNLEARN_HOME": str(tmp_path)}), Store(tmp_path)
    page.goto(app + ADDRESS)
    page.get_by_text("8 to compute").first.wait_for()
    page.locator(".st-key-sweep button").first.click()
    page.get_by_text("of 8 runs ended").first.wait_for()
    finished(store, 1)
    page.reload()  # the sweep goes on without the page, which finds it again
    page.get_by_text("of 8 runs ended").first.wait_for()
    page.locator(HEATMAP).first.wait_for()
    page.locator(".st-key-sweep-stop button").first.click()
    page.get_by_text("of 8 runs ended").first.wait_for(state="hidden")
    assert {run.status for run in store.list()} == {"finished", "cancelled"}
    kept = {run.id for run in store.list(status=("finished",))}
    assert 1 <= len(kept) < 8

    page.get_by_role("button", name="Resume").first.click()
    finished(store, 8)
    page.get_by_text("8 runs, all done").first.wait_for()
    # The line above the map goes, and the map moves; what it says is "of 5" by now, whatever was left to compute.
    page.locator(".st-key-sweep-stop").first.wait_for(state="hidden")
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    runs = store.list(status=("finished",))
    assert len(runs) == 8 and kept <= {run.id for run in runs}, "nothing is computed twice"

    box = page.locator(".st-key-robustness-map .nsewdrag").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.75)  # second column, second row
    page.get_by_role("heading", name="alpha 0.3, forget 30%").first.wait_for()
    mine = next(run for run in runs if run.spec.forget_fraction == 0.3 and run.spec.seed == 0
                and run.effective["alpha"] == 0.3)
    page.locator(f"a[href*='{mine.id}']").first.wait_for()
    shown = page.locator("table", has_text="open").first.inner_text()
    assert f"{mine.metrics['test_accuracy']:.1f}%" in shown
    assert page.errors == []
    assert page.locator("[data-testid=stException]").count() == 0
