"""The title of a page stands before what takes time: before large imports, before any question to a store."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.patience import patience
from ui.frame import body, shell

ROOT = Path(__file__).resolve().parents[2]
LARGE = {"torch", "torchvision", "transformers", "datasets", "sklearn", "scipy", "pandas", "pyarrow", "sqlalchemy"}


def test_little_is_imported_before_the_title_and_nothing_large_before_the_first_page_asks(tmp_path):
    done = subprocess.run([sys.executable, "benchmarks/first_imports.py"], cwd=ROOT, capture_output=True, text=True,
                          timeout=patience(), env={"PATH": "/usr/bin", "HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    found = {name: LARGE & step["modules"].keys() for name, step in json.loads(done.stdout).items()}
    assert found == {"title": set(), "rest": {"sqlalchemy"}}


def test_a_title_waits_for_nothing_that_follows(monkeypatch):
    """Neither the tray nor the page has been drawn when it is there."""
    monkeypatch.setattr(body, "draw", lambda page: None)
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=patience()).run()
    assert not at.exception
    assert [one.value for one in at.title] == ["Can a trained model forget?"] and not at.sidebar.children


@pytest.mark.parametrize("icons", [True, False])
def test_each_page_has_a_title(icons, monkeypatch):
    """One more or one less would be an error on that page."""
    monkeypatch.setattr(shell.st, "Page", lambda place, *, url_path="start", **_: (place, f"pages/{url_path}.py"))
    found = [one for section in shell.pages(icons).values() for one in section]
    assert found == [(place, place) for place in shell.HEADINGS], "a title is found by the page's place in the address"
    assert {place for place, _ in found} == {f"pages/{path.name}" for path in (ROOT / "pages").glob("*.py")}
