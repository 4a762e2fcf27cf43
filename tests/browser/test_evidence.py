"""Ensembles in a real browser: one that is stopped after a reload, one that is completed, its table sorted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.patience import until

pytestmark = pytest.mark.browser
ADDRESS = "/evidence?data=moons&methods=finetune&models=9&candidates=all"
LONG = "/evidence?data=digits&methods=finetune&models=64&seed=1"  # minutes: the page is always there before its end
TABLE = ".st-key-evidence-table table"


def models(results: Path, part: str = "*") -> dict[Path, int]:
    """What is kept of each model, and when it was written; ``part``: of the Originals alone, say."""
    return {path: path.stat().st_mtime_ns for path in results.glob(f"ensembles/*/parts/{part}/*.safetensors")}


@pytest.mark.long
def test_an_ensemble_goes_on_after_a_reload_until_it_is_stopped(page, app, results):
    page.goto(app + LONG)
    page.get_by_text("64 to compute").first.wait_for()
    page.locator(".st-key-ensemble button").first.click()
    page.get_by_text("of 64 models ended").first.wait_for()
    until(lambda: models(results, "original"), "the first model")
    page.reload()  # the job goes on without the page, which finds it again
    page.get_by_text("of 64 models ended").first.wait_for()
    page.locator(".st-key-ensemble-stop button").first.click()
    page.locator(".st-key-ensemble-stop").first.wait_for(state="hidden")
    kept = len(models(results, "original"))
    assert 1 <= kept < 64
    page.get_by_text(f"{64 - kept} to compute").first.wait_for()
    page.get_by_role("button", name="Resume").first.wait_for()
    assert page.errors == []


@pytest.mark.long
def test_an_ensemble_from_click_to_table_and_what_is_missing_of_it_alone(page, app, results):
    page.goto(app + ADDRESS)
    page.get_by_text("9 to compute").first.wait_for()
    before = models(results)
    page.locator(".st-key-ensemble button").first.click()
    page.get_by_text("9 models, all done").first.wait_for()
    written = {path: at for path, at in models(results).items() if path not in before}
    parts = sorted({path.name for path in written})
    assert len(parts) == 9
    for path in [path for path in written if path.name in parts[:3]]:  # as after a kill
        del written[path]
        path.unlink()
    page.reload()
    page.get_by_text("3 to compute").first.wait_for()
    page.get_by_role("button", name="Resume").first.click()
    page.get_by_text("9 models, all done").first.wait_for()
    there = models(results)
    assert there.items() >= written.items() and len(there) > len(written), "nothing is computed twice"

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
