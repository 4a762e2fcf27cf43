"""What the tests of commands share."""

from __future__ import annotations

import pytest

from engine.cli.main import main


@pytest.fixture
def say(capfd):
    """Runs a command in this process: (exit status, stdout, stderr)."""

    def run(*words):
        status = main(words)
        return (status, *capfd.readouterr())

    return run
