"""pyproject.toml agrees with the pinned requirements, the version and the files that the packages need."""

from __future__ import annotations

import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from engine.system.version import __version__

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
LISTS = {"": PROJECT["dependencies"], **{f"-{name}": deps for name, deps in PROJECT["optional-dependencies"].items()}}


def pins(file: str) -> dict[str, str]:
    lines = [line.partition("#")[0].strip() for line in (ROOT / file).read_text(encoding="utf-8").splitlines()]
    pairs = [line.split("==") for line in lines if line and not line.startswith("-r")]
    return {canonicalize_name(name): version for name, version in pairs}


@pytest.mark.parametrize("extra", LISTS)
def test_ranges_contain_the_pins_and_leave_none_out(extra):
    ranges = {canonicalize_name(r.name): r.specifier for r in map(Requirement, LISTS[extra])}
    pinned = pins(f"requirements{extra}.txt")
    assert ranges.keys() == pinned.keys()
    assert {name for name, version in pinned.items() if version not in ranges[name]} == set()


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
