"""A small ensemble in a real browser: launched, reloaded in the middle, stopped, resumed, its table sorted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import patience

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "/evidence?data=moons&methods=finetune&models=9&candidates=all"
TABLE = ".st-key-evidence-table table"


def models(home: Path) -> int:
    return len(list(home.glob("ensembles/*/parts/original/*.safetensors")))


def until(home: Path, count: int) -> None:
    patience.until(lambda: models(home) >= count, lambda: f"{count} models: {models(home)}")


def test_an_ensemble_from_click_to_table_with_a_reload_and_a_stop(page, serve, tmp_path):
    app = serve(ROOT / "app.py", env={"UNLEARN_HOME": str(tmp_path)})
    page.goto(app + ADDRESS)
    page.get_by_text("9 to compute").first.wait_for()
    page.locator(".st-key-ensemble button").first.click()
    page.get_by_text("of 9 models ended").first.wait_for()
    until(tmp_path, 1)
    page.reload()  # the job goes on without the page, which finds it again
    page.get_by_text("of 9 models ended").first.wait_for()
    page.locator(".st-key-ensemble-stop button").first.click()
    page.locator(".st-key-ensemble-stop").first.wait_for(state="hidden")
    kept = models(tmp_path)
    assert 1 <= kept < 9
    page.get_by_text(f"{9 - kept} to compute").first.wait_for()
    written = {path: path.stat().st_mtime_ns for path in tmp_path.glob("ensembles/*/parts/*/*.safetensors")}

    page.get_by_role("button", name="Resume").first.click()
    page.get_by_text("9 models, all done").first.wait_for()
    assert models(tmp_path) == 9
    assert all(path.stat().st_mtime_ns == at for path, at in written.items()), "nothing is computed twice"

    table = page.locator(TABLE).first
    table.wait_for()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    names = [row.split("\n")[0].split("\t")[0].strip() for row in table.locator("tbody tr").all_inner_texts()]
    assert names[:3] == ["Original", "Retrained", "A second retrained"] and len(names) == 4

    page.goto(app + "/evidence")  # what ships has a dozen methods to sort
    table.locator("tbody tr").nth(12).wait_for()
    heading = table.get_by_role("button", name="Test accuracy")
    for direction in ("ascending", "descending"):
        heading.press("Enter")
        assert heading.locator("xpath=ancestor::th").get_attribute("aria-sort") == direction
        accuracies = [float(row.evaluate("row => row.children[1].dataset.value"))
                      for row in table.locator("tbody tr").all()[3:]]
        assert len(accuracies) == 12 and accuracies == sorted(accuracies, reverse=direction == "descending")
    assert table.locator("tbody tr").first.inner_text().startswith("Original"), "anchors stay on top"
    assert page.errors == []
    assert page.locator("[data-testid=stException]").count() == 0
