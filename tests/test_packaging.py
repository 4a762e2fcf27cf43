"""pyproject.toml agrees with the pinned requirements, the version and the files that the packages need."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from engine.system.version import __version__

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
LISTS = {"": PROJECT["dependencies"], **{f"-{name}": deps for name, deps in PROJECT["optional-dependencies"].items()}}


def pins(file: str) -> dict[str, list[str]]:
    """The versions that a requirement file names, by package: one, or both ends of a range that was tested."""
    lines = [line.partition("#")[0].strip() for line in (ROOT / file).read_text(encoding="utf-8").splitlines()]
    found = [Requirement(line) for line in lines if line and not line.startswith("-r")]
    assert all(one.operator in ("==", ">=", "<=") for requirement in found for one in requirement.specifier)
    return {canonicalize_name(one.name): [part.version for part in one.specifier] for one in found}


@pytest.mark.parametrize("extra", LISTS)
def test_ranges_contain_the_pins_and_leave_none_out(extra):
    ranges = {canonicalize_name(r.name): r.specifier for r in map(Requirement, LISTS[extra])}
    pinned = pins(f"requirements{extra}.txt")
    assert ranges.keys() == pinned.keys()
    assert {name for name, versions in pinned.items() if not all(one in ranges[name] for one in versions)} == set()


def test_the_lock_file_holds_every_requirement_with_hashes():
    lines = re.findall(r"^([A-Za-z0-9._-]+)==(\S+?)(?: ;.*)? \\$", (ROOT / "requirements.lock").read_text(), re.M)
    locked = {canonicalize_name(name): version for name, version in lines}
    newest = {name: max(versions, key=Version) for name, versions in pins("requirements.txt").items()}
    assert newest == {name: locked[name] for name in newest}


def test_what_is_behind_is_said(monkeypatch, capsys):
    from tests import outdated

    offered = dict.fromkeys(outdated.pins(), "0.0.1") | {"torch": "99.0", "ray": None}
    monkeypatch.setattr(outdated, "newest", offered.get)
    assert outdated.main() == 0
    first, last = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"torch \S+ is behind 99\.0", first)
    assert last == f"{len(offered)} pins looked at; the index did not answer for ray"


def test_the_version_is_the_engines_everywhere():
    module, _, name = PYPROJECT["tool"]["setuptools"]["dynamic"]["version"]["attr"].rpartition(".")
    assert getattr(import_module(module), name) == __version__
    assert f"version: {__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\n## [{__version__}] - " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_console_script_is_the_command_line(capsys):
    module, _, function = PROJECT["scripts"]["unlearn-lab"].partition(":")
    assert getattr(import_module(module), function)(["list", "attacks"]) == 0
    assert capsys.readouterr().out.startswith("mia_loss")


def test_files_that_are_not_python_travel_with_the_packages():
    """Tracked by suffix, so that a new kind of file is not forgotten."""
    declared = {pattern.removeprefix("*") for pattern in PYPROJECT["tool"]["setuptools"]["package-data"]["*"]}
    found = {path.suffix for folder in ("engine", "ui", "pages") for path in (ROOT / folder).rglob("*")
             if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".py"}
    assert found - {".pyc", ""} <= declared and {".csv", ".js", ".png"} <= found


def test_make_passes_over_a_python_that_does_not_run(tmp_path):
    """Shims of pyenv are there without the Python behind them."""
    import os
    import shutil
    import subprocess
    import sys

    if not shutil.which("make"):
        pytest.skip("make is not installed")
    for name in ("python3.11", "python3.12"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 127\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "python3.13").symlink_to(sys.executable)
    said = subprocess.run(["make", "-n", "-B", "setup"], cwd=ROOT, capture_output=True, text=True, check=True,
                          env=os.environ | {"PATH": f"{tmp_path}:/usr/bin:/bin"}).stdout
    assert f"{tmp_path}/python3.13 -m venv" in said


@pytest.mark.parametrize("home", [None, "a file", "/nonexistent", "usable"])
def test_make_run_has_a_home_that_streamlit_may_enter(home, tmp_path):
    """Without one Streamlit ends in a traceback before it serves a page."""
    import os
    import shutil
    import subprocess

    if not shutil.which("make"):
        pytest.skip("make is not installed")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "streamlit").write_text('#!/bin/sh\necho "$HOME"\n')
    (tmp_path / "bin" / "streamlit").chmod(0o755)
    (tmp_path / "installed").touch()
    place = {"a file": str(tmp_path / "installed"), "usable": str(tmp_path)}.get(home, home)
    environment = {name: value for name, value in os.environ.items() if name != "HOME"}
    said = subprocess.run(["make", "-s", "-o", f"{tmp_path}/installed", "run", f"VENV={tmp_path}", "PYTHON=python3"],
                          cwd=ROOT, capture_output=True, text=True, check=True,
                          env=environment | ({"HOME": place} if place else {})).stdout
    assert said.splitlines()[-1] == (str(tmp_path) if home == "usable" else str(ROOT))
