"""Pages for people who have logged in: others' runs are seen and not stopped, and limits leave every page whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.errors import BadInput
from engine.runs import people
from engine.runs.people import Person, asking
from engine.runs.queue import Jobs
from engine.runs.store import Store
from engine.spec import resolve
from engine.types import Spec
from ui.frame import login

APP = str(Path(__file__).resolve().parents[2] / "app.py")
LOGIN = {"auth": {"redirect_uri": "http://localhost:8501/oauth2callback", "cookie_secret": "x" * 32, "client_id": "lab",
                  "client_secret": "x", "server_metadata_url": "http://127.0.0.1:9/.well-known/openid-configuration"},
         "people": {"most_waiting": 1, "teachers": ["t@school.example"]}}


@pytest.fixture
def app(tmp_path, monkeypatch):
    """``app(**claims)`` opens the app on a server with login, on which nothing is carried out."""
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path))
    monkeypatch.setattr(Jobs, "start", lambda self: None)

    def opened(**claims) -> AppTest:
        at = AppTest.from_file(APP, default_timeout=120)
        for name, section in LOGIN.items():
            at.secrets[name] = section
        if claims:
            at.user = {**claims, "is_logged_in": True}
        return at.run()

    yield opened
    people.served_by(lambda: None)


def test_before_the_login_there_is_nothing_but_the_button(app, tmp_path):
    pytest.importorskip("authlib", reason="Authlib is not installed: requirements-login.txt")
    at = app()
    assert [button.key for button in at.button] == ["login"] and [one.value for one in at.title] == [
        "Machine unlearning lab"]
    assert not at.sidebar.caption and Store(tmp_path).list() == []
    at = app(email="t@school.example", email_verified=False)
    assert at.error[0].value.startswith("The login service has not verified the address t@\u2060school.example")
    assert [button.key for button in at.button] == ["logout"]


def test_a_person_sees_others_runs_and_stops_only_their_own(app, tmp_path, monkeypatch):
    store = Store(tmp_path)
    with asking(Person("ben@school.example")):
        bens = store.submit(resolve(Spec(seed=5)))
    at = app(email="Anna@school.example")
    [stop] = [button for button in at.button if button.key == f"tray-stop-{bens}"]
    assert (stop.disabled, stop.help) == (
        True, "ben@\u2060school.example started this: only its owner and teachers can change it.")
    at.button(key="demo").click().run()
    [hers] = [run for run in store.list() if run.person == "anna@school.example"]
    assert not at.exception and not at.button(key=f"stop-{hers.id}").disabled
    at = at.switch_page("pages/start.py").run()
    monkeypatch.setattr("ui.common.queueing.SOON", 0.0)  # a while later
    at.button(key="demo").click().run()
    assert [error.value[:28] for error in at.error] == ["1 of your runs already wait,"]
    at.switch_page("pages/learn.py").run()  # two runs of the lessons would wait, and she has one already
    assert not at.exception and [error.value for error in at.error] == [] and len(store.list()) == 2


def test_a_teacher_may_stop_any_run(app, tmp_path):
    """That the engine then stops it is in tests/engine/runs/test_people.py."""
    with asking(Person("ben@school.example")):
        bens = Store(tmp_path).submit(resolve(Spec(seed=5)))
    at = app(email="t@school.example")
    assert not at.button(key=f"tray-stop-{bens}").disabled
    assert "t@school.example, teacher" in [one.value for one in at.sidebar.text]


def test_secrets_that_cannot_be_read_open_nothing(tmp_path, monkeypatch):
    """Streamlit takes such a file for an absent one: a slip in it would let everybody in."""
    damaged = tmp_path / "secrets.toml"
    damaged.write_text("[auth\n", encoding="utf-8")
    monkeypatch.setattr(login.st.secrets, "load_if_toml_exists", lambda: False)
    monkeypatch.setattr(login.st, "get_option", {"secrets.files": [str(damaged)]}.__getitem__)
    assert login.asked()
    with pytest.raises(BadInput, match=r"^The secrets in secrets.toml cannot be read"):
        login.configured()
    damaged.unlink()
    assert not login.asked()
