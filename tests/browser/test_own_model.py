"""A person's own model in a browser: from a checkpoint to a run, and then to the next request."""

from __future__ import annotations

import pytest
import torch

from tests.engine.originals.foreign import digits_weights

pytestmark = pytest.mark.browser


@pytest.mark.long
def test_from_a_checkpoint_to_the_second_request(page, workshop, tmp_path):
    torch.save({"net": {f"module.{name}": value for name, value in digits_weights().items()}}, tmp_path / "mine.pth")
    page.goto(workshop)
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
