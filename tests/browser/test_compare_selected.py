"""From the table of runs to the comparison of two of them, in a real browser."""

from __future__ import annotations

import sys
from pathlib import Path

from engine.runs.store import Store

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "engine"))

from archiving import finished_run  # noqa: E402


def test_two_ticked_runs_are_compared(page, serve, tmp_path):
    store = Store(tmp_path)
    ids = [finished_run(store, parameters={"alpha": alpha}) for alpha in (0.1, 0.5)]
    app = serve(ROOT / "app.py", env={"UNLEARN_HOME": str(tmp_path)})
    page.goto(f"{app}/runs?whose=own")
    page.get_by_text("2 runs. Tick rows").wait_for()
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
