"""Every page in a lab that only shows: it says so once, draws what is there, and no button that writes works."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.runs.store import Store
from engine.spec import resolve
from engine.types import Spec
from ui.common.address import PAGES
from ui.frame.show import SAID

APP = str(Path(__file__).resolve().parents[2] / "app.py")
# The buttons that start, stop, change or delete, by how their keys begin.
WRITING = ("launch", "rerun-", "own-", "stop", "again", "anew-", "retrain-", "relearn-", "likeness-", "exposed.again",
           "sweep", "correct", "race", "tune", "ensemble", "confirm-", "compare.originals", "tray-stop",
           "annotate", "delete", "runs-import", "lesson-again")


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """The app in a process that only shows, with one interrupted run of one's own."""
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path))
    store = Store(tmp_path)
    store.end(store.begin(resolve(Spec(seed=3))), "interrupted", reason="It was too dark.")
    monkeypatch.setenv("UNLEARN_READ_ONLY", "1")
    return AppTest.from_file(APP, default_timeout=120)


def works(at) -> list[str]:
    """The keys of the buttons that write and are not grey."""
    return [button.key for button in at.button if not button.disabled and (button.key or "").startswith(WRITING)]


def test_every_page_says_it_once_and_writes_nothing(shown, tmp_path):
    at = shown.run()
    for name in ("", *PAGES):
        at = at.switch_page(f"pages/{name}.py").run() if name else at
        assert not at.exception and [error.value for error in at.error] == [], name
        assert [one.value for one in at.caption if SAID in one.value] == [f":material/visibility: {SAID}"], name
        assert works(at) == [] and len(at.get("file_uploader")) == 0, name
    assert [run.status for run in Store(tmp_path).list()] == ["interrupted"]


def test_the_demo_on_start_plays_the_recorded_run(shown, tmp_path):
    at = shown.run()
    at.button(key="demo").click().run()
    assert not at.exception, at.exception
    assert at.query_params["run"]
    assert len(Store(tmp_path).list()) == 1
    [again] = [button for button in at.button if (button.key or "").startswith("again-")]
    assert again.disabled and again.help == "This lab only shows results."
