"""Login through a small OpenID Connect service: a link survives it, runs have owners, a teacher stops any."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from engine.runs.people import Person, asking
from engine.runs.store import Store
from engine.spec import resolve
from engine.types import Spec

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
SECRETS = """
[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "only for this test, of 32 signs!"
client_id = "lab"
client_secret = "any"
server_metadata_url = "http://localhost:{service}/.well-known/openid-configuration"

[people]
teachers = ["t@school.example"]
most_waiting = 1
"""


@pytest.fixture(scope="module")
def service():
    """The port of a login service that knows three people."""
    mock = pytest.importorskip("oidc_provider_mock", reason="the Python package oidc-provider-mock is not installed")
    known = [mock.User(sub=name, claims={"email": f"{name.title()}@school.example", "email_verified": name != "eve"})
             for name in ("anna", "t", "eve")]
    with mock.run_server_in_thread(user_claims=known) as server:
        yield server.server_port


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def app(serve, service, home, tmp_path_factory):
    """The address of a server with login; Ben's run is under way in this process."""
    pytest.importorskip("authlib", reason="Authlib is not installed: requirements-login.txt")
    secrets = tmp_path_factory.mktemp("secrets") / "secrets.toml"
    secrets.write_text(SECRETS.format(service=service), encoding="utf-8")
    return serve(ROOT / "app.py", env={"UNLEARN_HOME": str(home)}, options=(f"--secrets.files={secrets}",))


def logs_in(page, name: str) -> None:
    """From the page that asks for it, through the service, back to the app."""
    page.route(lambda url: "jsdelivr" in url, lambda route: route.abort())  # the service's style sheet
    page.locator(".st-key-login button").click()
    page.get_by_role("button", name=name, exact=True).first.click()


def waited_for(condition) -> None:
    until = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_people_stop_their_own_runs_and_a_teacher_any(page, browser, app, home):
    store = Store(home)
    with asking(Person("ben@school.example")):
        bens = store.begin(resolve(Spec(seed=5)))
    page.goto(f"{app}/runs?find=nabla")
    page.locator(".st-key-login").wait_for()
    assert page.locator("[data-testid=stSidebarNav] a, .st-key-runs-bar").count() == 0  # nothing to see yet
    logs_in(page, "anna")
    page.wait_for_url("**/runs?find=nabla")  # the link that was opened before
    page.get_by_text("anna@school.example").wait_for()
    page.locator(f".st-key-tray-stop-{bens} button[disabled]").first.wait_for()  # seen, not hers
    page.get_by_role("link", name="Start").first.click()
    page.locator(".st-key-demo button").click()
    page.wait_for_url("**/unlearn?run=*")
    hers = page.url.rpartition("run=")[2][:8]
    assert store.get(hers).person == "anna@school.example"
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="Log out", exact=False).first.wait_for()
    other = browser.new_context(viewport={"width": 1440, "height": 900})
    teacher = other.new_page()
    teacher.set_default_timeout(90_000)
    teacher.goto(f"{app}/unlearn?run={bens}")
    logs_in(teacher, "t")
    teacher.get_by_text("t@school.example, teacher").wait_for()
    teacher.locator(f".st-key-tray-stop-{bens} button").first.click()
    waited_for(lambda: store.cancel_requested(bens))
    other.close()
    store.end(bens, "cancelled")


def test_an_address_that_is_not_verified_is_refused(page, app):
    page.goto(app)
    logs_in(page, "eve")
    page.get_by_text("The login service has not verified the address").wait_for()
    assert page.locator(".st-key-demo").count() == 0
