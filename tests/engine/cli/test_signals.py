"""SIGTERM ends a command like Ctrl-C, whatever it is doing, and its runs are marked."""

from __future__ import annotations

import signal
import time

import pytest
from helping import start_python

BUSY = """
import hashlib, sys
from engine.cli import signals
from engine.cli.terminal import ctrl_c
from engine.runs.store import open_store
from engine.spec import resolve
from engine.types import Spec
signals.GRACE = 0.3
with signals.like_ctrl_c(), ctrl_c() as cancel:
    print(open_store().begin(resolve(Spec())), flush=True)
    if sys.argv[1] == "library":
        hashlib.pbkdf2_hmac("sha256", b"a", b"b", 2**31 - 1)  # half an hour without a look at signals
    print(cancel.wait(60), flush=True)
"""
IMPORTING = """
import os, signal, sys
from engine.cli import main
def work(options):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(10**9): pass
    except KeyboardInterrupt as error:
        raise ImportError("initialization failed") from error
asked = type("O", (), {"work": work, "command": "list"})
main.build_parser = lambda words: type("Parser", (), {"parse_args": lambda self, words: asked})()
sys.exit(main.main(["list"]))
"""


@pytest.fixture(autouse=True)
def heard():
    """A suite that was started with nohup ignores a closed terminal, and so would the processes that it starts."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_call_that_never_looks_is_ended_and_its_run_marked(store, number):
    process = start_python("-c", BUSY, "library")
    run_id = process.stdout.readline().strip()
    began = time.monotonic()
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert time.monotonic() - began < 10 and process.returncode == 130
    assert errors == "Interrupted: it did not come to a stop in time.\n"
    run = store.get(run_id)
    assert (run.status, run.reason) == (
        "interrupted", "It was asked to end (SIGTERM) and did not come to a stop in time.")


def test_work_that_looks_ends_in_good_order(store):
    process = start_python("-c", BUSY, "looks")
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert out == "True\n" and process.returncode == 0


def test_a_library_that_makes_another_error_of_it(home):
    process = start_python("-c", IMPORTING)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "Interrupted.\n")
