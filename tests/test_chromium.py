"""Which browser the tests drive, by the script that installs it and the module that finds it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import chromium

SCRIPT = Path(__file__).with_name("chromium.sh").read_text(encoding="utf-8")


def installed(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)


def test_the_shell_comes_before_the_whole_browser(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert chromium.find() is None
    installed(tmp_path, "google-chrome", "chromium")
    assert chromium.find() == str(tmp_path / "chromium")
    installed(tmp_path, "chromium-headless-shell")
    assert chromium.find() == str(tmp_path / "chromium-headless-shell")


def test_the_script_looks_for_the_names_that_are_found_and_installs_the_first():
    looked, wanted = (tuple(one.split()) for one in re.findall(r"for name in (.*); do", SCRIPT))
    assert looked == chromium.NAMES
    assert wanted == chromium.NAMES[:2]
