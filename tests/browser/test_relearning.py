"""From a finished run to its relearning curve, in a real browser: live, through a reload, to the answer."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.patience import patience

pytestmark = pytest.mark.browser
COMMAND = ("run", "--dataset", "moons", "--method", "finetune", "--json")


@pytest.fixture
def finished(tmp_path):
    """A run of a second in a results folder of its own."""
    done = subprocess.run([sys.executable, "-m", "engine", *COMMAND], env=dict(os.environ, UNLEARN_HOME=str(tmp_path)),
                          capture_output=True, text=True, timeout=patience(), check=True)
    return json.loads(done.stdout)["run_id"]


@pytest.mark.long
def test_from_a_finished_run_to_its_relearning_curve(page, serve, tmp_path, finished):
    page.goto(serve("app.py", env={"UNLEARN_HOME": str(tmp_path)}) + f"/unlearn?run={finished}&relearn=1")
    panel = page.locator(".st-key-relearning")
    expect(panel).to_contain_text("Is it only hidden?")
    start = panel.locator(".st-key-relearn-0 button")
    assert " s" in start.inner_text(), "how long it takes"
    start.click()
    expect(page.locator(".st-key-relearn-stop")).to_be_visible()
    page.reload()
    chart = panel.locator(".live-chart[role=img]")
    expect(chart.first).to_have_attribute("aria-label", re.compile("Unlearned .* at step 0"))
    expect(page.locator(".st-key-relearn-value")).to_be_visible()
    expect(panel.locator(".scatterlayer .trace")).to_have_count(8)
    answer = panel.locator("strong").first.inner_text()
    assert answer.split(":")[0] in ("It does not come back", "It was hidden, not removed", "It was not gone",
                                    "It was covered up, not removed", "Cannot tell here")
    page.locator(".st-key-relearn-value button", has_text="Attack").click()
    expect(chart.first).to_have_attribute("aria-label", re.compile(r"Attack, ROC area\. Unlearned 0\.\d+"))
    assert answer in chart.first.get_attribute("aria-label")
