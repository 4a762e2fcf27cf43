"""A report from click to file: the app hands it out, and a browser without a network opens it, plays and saves it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.runs import recorded

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
PNG = b"\x89PNG\r\n\x1a\n"


def saved(page, act) -> tuple[str, bytes]:
    """The name and the content of what a click saves."""
    with page.expect_download() as download:
        act()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


@pytest.mark.long
def test_a_report_is_saved_and_opens_offline(page, museum, tmp_path):
    run = next(run for run in recorded.recorded_runs() if run.finished and run.metrics.retrained
               and not run.is_reference and run.spec.dataset == "digits")
    page.goto(f"{museum}/unlearn?run={run.id}")
    page.locator(".stage svg.stage-svg").first.wait_for()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.get_by_role("button", name="Export").first.click()
    button = page.locator(f".st-key-report-{run.id}").get_by_role("button", name="Report").first
    name, content = saved(page, button.click)
    assert name == f"{run.id}.html"
    report = tmp_path / name
    report.write_bytes(content)

    requests: list[str] = []
    page.goto("about:blank")
    page.context.set_offline(True)
    page.on("request", lambda request: requests.append(request.url))
    page.goto(report.as_uri())
    stage = page.locator(".stage")
    stage.locator("svg.stage-svg path[data-set=forget]").first.wait_for()
    assert stage.locator("svg[role=img]").count() == 4, "before, now, attacks, accuracy"
    answer = page.get_by_role("heading", level=1).inner_text()
    assert answer.startswith(("Forgotten", "Not forgotten", "Over-forgotten"))
    assert "python -m engine run --dataset digits" in page.locator("pre").inner_text()

    last = float(stage.get_attribute("data-position"))
    page.get_by_role("button", name="Replay").click()
    page.wait_for_function("last => { const at = Number(document.querySelector('.stage').dataset.position);"
                           " return at > 0 && at < last; }", arg=last)
    name, content = saved(page, page.get_by_role("button", name="Save PNG").click)
    assert (name, content[:8]) == (f"{run.id}.png", PNG)
    width, height = (int.from_bytes(content[at:at + 4]) for at in (16, 20))
    assert width > 1500 and height > 800, "twice the screen's pixels"
    name, content = saved(page, page.get_by_role("button", name="Save SVG").click)
    drawn = content.decode()
    assert name == f"{run.id}.svg" and drawn.startswith("<svg") and drawn.count("<path") > 8
    assert "chance range" in drawn and "∇τ" in drawn, "its caption says what it shows"

    assert [url for url in requests if not url.startswith(("blob:", "data:"))] == [report.as_uri()]
    assert page.errors == []
