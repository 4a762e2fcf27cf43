"""Login through a small OpenID Connect service in a browser; what people may do is in tests/pages and tests/engine."""

from __future__ import annotations

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
"""


@pytest.fixture(scope="module")
def service():
    """The port of a login service that knows one person."""
    mock = pytest.importorskip("oidc_provider_mock", reason="the Python package oidc-provider-mock is not installed")
    known = [mock.User(sub="anna", claims={"email": "Anna@School.example", "email_verified": True})]
    with mock.run_server_in_thread(user_claims=known) as server:
        yield server.server_port


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def app(serve, service, home, tmp_path_factory):
    """The address of a server with login."""
    pytest.importorskip("authlib", reason="Authlib is not installed: requirements-login.txt")
    secrets = tmp_path_factory.mktemp("secrets") / "secrets.toml"
    secrets.write_text(SECRETS.format(service=service), encoding="utf-8")
    return serve(ROOT / "app.py", env={"UNLEARN_HOME": str(home)}, options=(f"--secrets.files={secrets}",))


def logs_in(page, name: str) -> None:
    """From the page that asks for it, through the service, back to the app."""
    page.route(lambda url: "jsdelivr" in url, lambda route: route.abort())  # the service's style sheet
    page.locator(".st-key-login button").click()
    page.get_by_role("button", name=name, exact=True).first.click()


@pytest.mark.long
def test_a_link_survives_the_login_and_others_runs_are_only_seen(page, app, home):
    store = Store(home)
    with asking(Person("ben@school.example")):
        bens = store.begin(resolve(Spec(seed=5)))
    page.goto(f"{app}/runs?find=nabla")
    page.locator(".st-key-login").wait_for()
    assert page.locator("[data-testid=stSidebarNav] a, .st-key-runs-bar").count() == 0  # nothing to see yet
    logs_in(page, "anna")
    page.wait_for_url("**/runs?find=nabla")  # the link that was opened before
    page.get_by_text("anna@school.example").wait_for()
    page.locator(f".st-key-tray-stop-{bens} button[disabled]").first.wait_for()
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("heading", name="End Session").wait_for()  # the service asks whether to end it there, too
    page.goto(f"{app}/runs?find=nabla")
    page.locator(".st-key-login").wait_for()
    store.end(bens, "cancelled")
