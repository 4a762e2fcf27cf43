"""A person's own data in a browser: from pictures and from a table of texts to a finished run, and the way out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "engine" / "own"))

from making import comments, pictures  # noqa: E402

pytestmark = pytest.mark.browser
PICTURES = ROOT / "test-artifacts"


def look(page, app: str, source: Path):
    """Opens the dialog and has it look at a source; returns the dialog."""
    page.goto(app)
    page.get_by_role("button", name="Bring your own data").click()
    dialog = page.get_by_role("dialog")
    path = dialog.get_by_role("textbox", name="Folder or file on this machine")
    path.fill(str(source))
    path.press("Enter")
    dialog.get_by_role("button", name="Look at it").click()
    return dialog


@pytest.mark.long
@pytest.mark.parametrize("kind", ["pictures", "texts"])
def test_from_a_path_to_a_finished_run(page, app, tmp_path, kind):
    source = pictures(tmp_path / "shapes") if kind == "pictures" else comments(tmp_path / "moods.csv", 80)
    dialog = look(page, app, source)
    dialog.get_by_text("Training takes").wait_for()
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=str(PICTURES / f"own-data-{kind}.png"))
    dialog.get_by_role("button", name="Add and train").click()
    page.wait_for_url("**/unlearn?run=*")
    page.get_by_text("finished", exact=False).first.wait_for()
    assert page.errors == []


@pytest.mark.long
def test_a_problem_is_said_and_escape_leads_out(page, app, tmp_path):
    dialog = look(page, app, tmp_path)
    dialog.get_by_text("no data that can be read").wait_for()
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    page.get_by_role("button", name="Bring your own data").wait_for()
    assert page.errors == []
