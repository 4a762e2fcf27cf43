"""A person's own model in a browser: from a checkpoint to a run, and then to the next request."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.engine.originals.foreign import digits_weights

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app(serve, tmp_path_factory):
    return serve(ROOT / "app.py", env={"UNLEARN_HOME": str(tmp_path_factory.mktemp("own"))})


def test_from_a_checkpoint_to_the_second_request(page, app, tmp_path):
    torch.save({"net": {f"module.{name}": value for name, value in digits_weights().items()}}, tmp_path / "mine.pth")
    page.goto(app)
    page.get_by_role("button", name="Bring your own model").click()
    dialog = page.get_by_role("dialog")
    path = dialog.get_by_role("textbox", name="File of weights on this machine")
    path.fill(str(tmp_path / "mine.pth"))
    path.press("Enter")
    dialog.get_by_role("button", name="Import", exact=True).click()
    dialog.get_by_text("The prefix 'module.' was taken off in 20 names.").wait_for()
    dialog.get_by_role("button", name="Unlearn with this Original").click()
    page.wait_for_url("**/unlearn?original=mine")
    page.locator(".st-key-launch button").click()
    page.get_by_role("button", name="Forget more").click()
    page.locator(".st-key-continues").wait_for()
    first = page.url.rpartition("from=")[2]
    page.locator(".st-key-launch button").click()
    link = page.locator(".st-key-chain").get_by_role("button", name="1: ")
    link.wait_for()
    link.click()
    page.wait_for_url(f"**/unlearn?run={first}")
    page.locator(".st-key-chain").wait_for(state="detached")
    assert page.errors == []
