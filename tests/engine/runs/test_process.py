"""Whose run is it, and is the owner alive? With real processes, killed and living."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helping import ROOT, start_copy

from engine.runs import process as owner
from engine.spec import resolve
from engine.types import Spec

RESOLVED = resolve(Spec())
BEGIN = """
import sys, time
from engine.spec import resolve
from engine.runs.store import open_store
from engine.types import Spec
print(open_store().begin(resolve(Spec())), flush=True)
time.sleep(600)
"""


@pytest.fixture
def other(store):
    """Another process with a running run: (process, run id)."""
    process = start_copy("-c", BEGIN)
    run_id = process.stdout.readline().strip()
    assert store.get(run_id).owner["pid"] == process.pid
    yield process, run_id
    process.kill()
    process.communicate()


def test_a_killed_process_leaves_an_interrupted_run(store, other):
    process, run_id = other
    mine, waiting = store.begin(RESOLVED), store.submit(RESOLVED)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert store.mark_interrupted() == [run_id]
    run = store.get(run_id)
    assert (run.status, run.reason) == ("interrupted", "The process that ran it ended without finishing it.")
    assert store.get(mine).status == "running" and store.get(waiting).status == "queued"
    assert store.mark_interrupted() == []


def test_a_living_process_keeps_its_run(store, other):
    _, run_id = other
    assert store.mark_interrupted() == [] and store.get(run_id).status == "running"


def test_a_killed_process_that_nobody_waited_for_is_dead_too(store, other):
    """A zombie has a process id and a start time."""
    process, run_id = other
    os.kill(process.pid, signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert store.mark_interrupted() == [run_id]


def test_a_reused_process_id_is_no_alibi():
    me = owner.me()
    assert owner.alive(me, None) and owner.alive(me | {"started": me["started"] + 0.5}, None)
    assert not owner.alive(me | {"started": me["started"] - 100}, time.time())
    assert not owner.alive(me | {"pid": 2**22 - 1}, time.time())
    assert not owner.alive(None, time.time()) and not owner.alive({}, time.time())


def test_on_another_machine_the_heartbeat_decides():
    elsewhere = owner.me() | {"machine": "0" * 12}
    assert owner.alive(elsewhere, time.time() - 30)
    assert not owner.alive(elsewhere, time.time() - 61) and not owner.alive(elsewhere, None)


def test_a_machine_is_told_apart_without_being_named():
    import platform

    assert len(owner.machine()) == 12 and int(owner.machine(), 16) >= 0
    assert platform.node() not in str(owner.me())


def test_without_a_network_card_every_process_has_the_same_identity(monkeypatch):
    """Python then makes up an address, with the multicast bit, in every process anew."""
    for boot in (owner.BOOT, Path("/nowhere")):
        monkeypatch.setattr(owner, "BOOT", boot)
        found = set()
        for made_up in (0x010203040506, 0x03AA03040506):
            monkeypatch.setattr(owner.uuid, "getnode", lambda made_up=made_up: made_up)
            found.add(owner.machine.__wrapped__())
        assert len(found) == 1
    monkeypatch.setattr(owner.uuid, "getnode", lambda: 0x020203040506)  # a card's address is told apart
    assert owner.machine.__wrapped__() not in found


IDENTITY = "from engine.runs.process import machine; print(machine())"


def identity(*words):
    """What a process that is started through ``unshare`` calls its machine."""
    found = subprocess.run(["unshare", *words, sys.executable, "-c", IDENTITY], cwd=ROOT, capture_output=True,
                           text=True)
    if found.returncode:
        pytest.skip(f"unshare is not allowed here: {found.stderr.strip()[:80]}")
    return found.stdout.strip()


@pytest.mark.skipif(shutil.which("unshare") is None, reason="there is no unshare")
def test_really_without_a_network_and_with_processes_of_its_own():
    assert identity("-n") == identity("-n") == owner.machine()
    assert identity("-p", "-f") != owner.machine(), "process ids of a container mean nothing outside of it"


def test_a_heartbeat_is_for_all_runs_of_this_process(store, other):
    _, theirs = other
    mine = [store.begin(RESOLVED), store.begin(RESOLVED)]
    before = {run_id: store.get(run_id).heartbeat for run_id in [*mine, theirs]}
    store.beat()
    after = {run_id: store.get(run_id).heartbeat for run_id in [*mine, theirs]}
    assert all(after[run_id] > before[run_id] for run_id in mine) and after[theirs] == before[theirs]
