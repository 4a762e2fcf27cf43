"""A fair search in a real browser, from click to table; runs that ship are not computed again, so it takes seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.runs.store import Store

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "/compare?data=digits&methods=ssd&seeds=22&tab=tune&trials=2&tuning=21"


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
    assert runs and {run.status for run in runs} == {"finished"} and len(runs) <= 2, "the other four ship"
    assert page.locator(".st-key-tune button").count() == 0, "a complete search has nothing to start"

    page.reload()
    table.wait_for()
    assert len(Store(tmp_path).list()) == len(runs) and page.errors == []
