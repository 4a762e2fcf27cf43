"""kill -9 of a process with a running and a queued run: the next start marks the one and goes on with the other."""

from __future__ import annotations

import signal

import pytest
from helping import start_copy, wait_for

from engine.runs.queue import Jobs
from engine.runs.store import open_store
from engine.types import ENDED

APP = """
import time
from engine.runs.queue import manager
from engine.types import Spec
jobs = manager()
print(jobs.submit(Spec(method="finetune", seed=5, parameters={"retain_epochs": 200})), flush=True)
print(jobs.submit(Spec(seed=6, parameters={"max_forget_epochs": 2})), flush=True)
time.sleep(600)
"""


@pytest.fixture
def killed(with_original):
    """The store that a killed app left behind, and its running and its queued run."""
    store, process = open_store(), start_copy("-c", APP)
    running, queued = (process.stdout.readline().strip() for _ in range(2))
    try:
        wait_for(lambda: (store.get(running).progress or {}).get("step"), "the run to take its first steps")
        assert store.mark_interrupted() == [], "it is alive"
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert (store.get(running).status, store.get(queued).status) == ("running", "queued")
    return store, running, queued


def test_the_next_start_marks_the_run_offers_it_again_and_goes_on_with_the_queue(killed):
    store, running, queued = killed
    events = store.events(running)
    assert events[0]["kind"] == "start"
    jobs = Jobs(store)
    jobs.start()
    try:
        assert jobs.interrupted == [running]
        run = store.get(running)
        assert (run.status, run.reason) == ("interrupted", "The process that ran it ended without finishing it.")
        assert store.events(running) == events, "what was measured is kept"
        again = jobs.rerun(running)
        assert store.get(again).spec == run.spec and again != running
        done = wait_for(lambda: (r := store.get(queued)).status in ENDED and r, "the queued run's end")
        assert done.status == "finished" and done.steps == 10
        wait_for(lambda: (store.get(again).progress or {}).get("step"), "the rerun to start")
        jobs.cancel(again)
        done = wait_for(lambda: (r := store.get(again)).status in ENDED and r, "the rerun's end")
        assert done.status == "cancelled" and store.get(running).status == "interrupted"
    finally:
        jobs.stop()
