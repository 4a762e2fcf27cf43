"""The app below a path of a site that others share, behind a reverse proxy; and by which names it answers."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from handshake import answer
from proxy import proxy

from engine.runs.recorded import newest_as_now, recorded_runs
from engine.spec import resolve
from ui.common.assets import plotly_url
from ui.unlearn.form import DEMO

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def app(serve, tmp_path_factory):
    """The address of a server that is below /lab; it only shows, so that nothing computes beside the test."""
    return serve(ROOT / "app.py", env={"UNLEARN_HOME": str(tmp_path_factory.mktemp("home")), "UNLEARN_READ_ONLY": "1"},
                 options=("--server.baseUrlPath=lab",))


def below(page) -> list[str]:
    """The paths of this site's links on the page."""
    return page.eval_on_selector_all("a[href]", "all => all.filter(a => a.origin === location.origin)"
                                                ".map(a => a.pathname)")


@pytest.mark.long
@pytest.mark.timeout(600)  # for a hang: four pages, one after the other
def test_links_assets_deep_links_and_codes_stay_below_the_path(page, app):
    run_id = newest_as_now(recorded_runs())[resolve(DEMO).fingerprint].id
    with proxy("/lab", urlsplit(app).port) as site:
        asked = []
        page.on("request", lambda request: asked.append(urlsplit(request.url)))
        page.goto(f"{site.url}/lab/unlearn?run={run_id}")  # a deep link first
        page.locator(".stage-svg").first.wait_for()
        assert "javascript" in page.request.get(f"{site.url}{plotly_url('lab')}").headers["content-type"]
        links = below(page)
        assert len(links) >= 9 and {path.split("/")[1] for path in links} == {"lab"}
        page.get_by_role("link", name="Lessons").first.click()
        page.wait_for_url("**/lab/learn**")
        page.get_by_role("button", name="For the audience").click()
        page.get_by_alt_text("QR code of the link above").wait_for()
        address = page.locator("[role=dialog] [data-testid=stCode] code").first.inner_text()
        assert address.startswith(f"{site.url}/lab/learn?")
        page.get_by_role("dialog").get_by_label("Close").click()
        page.get_by_role("link", name="Start").first.click()
        page.locator(".st-key-demo").wait_for()
        assert urlsplit(page.url).path.rstrip("/") == "/lab"
        assert {one.netloc for one in asked if one.scheme in ("http", "ws")} == {urlsplit(site.url).netloc}
        assert {path for path in site.strayed if "/_stcore/" not in path} <= {"/favicon.ico"}
        assert [error for error in page.errors if "Failed to load" in error or "Uncaught" in error] == []


@pytest.mark.parametrize(("host", "origin", "status"), [
    (None, None, 101), ("localhost:8501", "http://localhost:8501", 101),
    ("evil.example", "http://evil.example", 403), ("evil.example", None, 403),  # a foreign name that points here
    (None, "http://evil.example", 403)])
def test_the_app_answers_to_its_own_names_only(app, host, origin, status):
    assert answer(app, host, origin) == status
