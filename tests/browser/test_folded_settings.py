"""Settings that are folded away are sent when they are opened, and hold when a browser has closed them again."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


@pytest.mark.long
def test_what_is_set_in_folded_settings_holds_when_they_are_closed(page, workshop):
    page.goto(f"{workshop}/unlearn")
    seed, rate = page.get_by_label("Seed", exact=True), page.locator("[class*=learning_rate] input")
    chips = page.locator("[class*=st-key-chip] button")
    fold = page.locator(".st-key-settings summary", has_text="More settings")
    fold.wait_for()
    assert seed.count() == rate.count() == 0
    fold.click()
    seed.fill("7")
    seed.press("Enter")
    chips.filter(has_text="seed 7").first.wait_for()
    rate.first.fill("0.5")
    rate.first.press("Enter")
    chips.filter(has_text="learning rate 0.5").first.wait_for()
    fold.click()
    seed.wait_for(state="detached")
    page.locator("[data-testid=stSidebarNavLink]", has_text="Compare").click()
    page.locator("h1", has_text="best").wait_for()
    page.locator("[data-testid=stSidebarNavLink]", has_text="Unlearn").click()
    chips.filter(has_text="seed 7").first.wait_for()
    chips.filter(has_text="learning rate 0.5").first.wait_for()
    fold.click()
    seed.wait_for()
    assert (seed.input_value(), rate.first.input_value()) == ("7", "0.5")
