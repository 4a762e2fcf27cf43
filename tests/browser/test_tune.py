"""A fair search in a real browser, from click to table: two trials on points, whose runs take a moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.runs.store import Store

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "/compare?data=moons&methods=ssd&seeds=1&tab=tune&trials=2&tuning=0"


@pytest.mark.long
def test_a_search_from_click_to_its_table_and_its_address_shows_it_again(page, serve, tmp_path):
    app = serve(ROOT / "app.py", env={"UNLEARN_HOME": str(tmp_path)})
    page.goto(app + ADDRESS)
    page.locator(".st-key-tune button").first.click()
    table = page.locator("[data-testid=stTable] table", has_text="SSD").first
    page.get_by_text("One report seed cannot tell what tuning changed").first.wait_for()
    table.wait_for()
    assert "own setting, gap" in table.inner_text()
    assert page.locator(".st-key-compare-tune .main-svg").first.is_visible()
    runs = Store(tmp_path).list()
    assert runs and {run.status for run in runs} == {"finished"} and len(runs) <= 6
    assert page.locator(".st-key-tune button").count() == 0, "a complete search has nothing to start"

    page.reload()
    table.wait_for()
    assert len(Store(tmp_path).list()) == len(runs) and page.errors == []
