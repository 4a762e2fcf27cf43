"""Which tests the command of the suite runs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SAYS = '#!/bin/sh\nname=${0##*/}; for one; do name="$name|$one"; done; echo "$name"\n'


@pytest.fixture
def said(tmp_path):
    """What ``tests/run.sh`` calls, a line each, where the programs only say how they were called."""
    for name in ("python", "ruff", "mypy"):
        (tmp_path / name).write_text(SAYS)
        (tmp_path / name).chmod(0o755)
    return lambda *more: subprocess.run(["sh", "tests/run.sh", tmp_path, *more], cwd=ROOT, capture_output=True,
                                        text=True, check=True).stdout.splitlines()


@pytest.mark.parametrize(("more", "which"), [((), "not long"), (("1",), "long or not long")])
def test_long_tests_run_when_they_are_asked_for(said, more, which):
    calls = [line for line in said(*more) if line.startswith("python|-m|pytest|")]
    assert len(calls) == 5 and all(call.startswith(f"python|-m|pytest|-m|{which}|") for call in calls)


def test_every_file_of_tests_is_in_one_part(said):
    parts = [set(one.split("|")[5:]) for one in said() if one.startswith("python|")]
    named = {word for part in parts for word in part}
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests/browser").glob("test_*.py"))
    assert files == sorted(word for word in named if word.startswith("tests/browser/"))
    assert {"--ignore=tests/browser", "--ignore=tests/engine"} in parts  # all others, but for those of the engine:
    of_runs = {"tests/engine/runs", "tests/engine/studies", "tests/engine/cli"}
    assert of_runs in parts and {"tests/engine", *(f"--ignore={one}" for one in of_runs)} in parts


def test_a_failure_in_any_part_is_the_commands(said, tmp_path):
    (tmp_path / "mypy").write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(subprocess.CalledProcessError) as failed:
        said()
    assert failed.value.returncode == 3


def test_what_ci_runs_is_everything():
    assert "make test LONG=1" in (ROOT / ".ci/run").read_text()
    assert "sh tests/run.sh $(BIN) $(LONG)" in (ROOT / "Makefile").read_text()
