"""A server that is asked to end marks its runs on the way out, within seconds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from engine.runs.store import open_store
from ui.frame import shutdown

ROOT = Path(__file__).resolve().parents[2]
SERVER = """
import signal, time
from engine.runs.store import open_store
from ui.frame import shutdown
from engine.spec import resolve
from engine.types import Spec
from ui.frame import shutdown
signal.signal(signal.SIGTERM, lambda *_: None)  # Streamlit's own, which waits for open connections
shutdown._bound_signals()
print(open_store().begin(resolve(Spec())), flush=True)
while True: time.sleep(0.1)
"""


def test_sigterm_marks_the_runs_of_the_server(home):
    process = subprocess.Popen([sys.executable, "-c", SERVER], cwd=ROOT, env=dict(os.environ), text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        run_id = process.stdout.readline().strip()
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0 and time.monotonic() - began < 10
    finally:
        process.kill()
        _, errors = process.communicate()
    run = open_store().get(run_id)
    assert (run.status, run.reason, errors) == ("interrupted", "The server was stopped while it ran.", "")


def test_a_server_whose_output_is_closed_ends_all_the_same(monkeypatch):
    ended = []
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr(sys, "stdout", None)
    shutdown._exit()
    assert ended == [0]
