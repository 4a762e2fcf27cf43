"""One stored run to its end: data and Original, the method, what a retrained model adds.

Whatever happens, the run ends in the store as finished, failed with its reason, or cancelled with what it had.
"""

from __future__ import annotations

import logging
import threading

import torch

from engine.errors import BadInput, Cancelled, EndUnwritten, LabError
from engine.originals.checkpoints import Checkpoints
from engine.originals.workbench import prepare_bench
from engine.runs.beginnings import kept_beginning
from engine.runs.ends import end_run
from engine.runs.live import Live, OnProgress
from engine.runs.method import run_method
from engine.runs.patience import patiently
from engine.runs.reasons import reason_of
from engine.runs.recording import columns_of, complete
from engine.runs.records import Run
from engine.runs.store import Store
from engine.spec import Resolved
from engine.system.device import default_device

log = logging.getLogger(__name__)


def execute(run: Run, store: Store, checkpoints: Checkpoints, device: torch.device | None = None,
            cancel: threading.Event | None = None, on_progress: OnProgress = lambda progress: None) -> Run:
    """Carries out a run that is marked running in the store, to its end; returns the run as stored.

    What cannot be done here, whatever the method (a spec of another version, absent data, a missing Original), ends
    the run as failed and is raised as well (BadInput). Raises EndUnwritten where its end cannot be written.
    """
    live = Live(run.id, store, checkpoints, cancel or threading.Event(), on_progress, run.most_seconds)
    try:
        _carry_out(run, run.resolved(), live, device or default_device())
    except EndUnwritten:
        raise
    except Cancelled as error:
        end_run(store, run.id, {"status": "cancelled", "reason": f"{error} What was measured until then is kept.",
                                **live.spent}, live.outbox)
    except Exception as error:
        if not isinstance(error, LabError):
            log.exception("run %s failed", run.id)
        end_run(store, run.id, {"status": "failed", "reason": reason_of(error, checkpoints), **live.spent}, live.outbox)
        if isinstance(error, BadInput):
            raise
    return patiently(store, lambda: store.get(run.id))


def _carry_out(run: Run, resolved: Resolved, live: Live, device: torch.device) -> None:
    store, bench = live.store, prepare_bench(resolved, live.checkpoints, device, run.train_original, live.stage,
                                             live.cancel.event)
    kept = patiently(store, lambda: kept_beginning(bench, resolved, store))
    outcome = run_method(bench, resolved, live, run.keep_weights, kept)
    end_run(store, run.id, columns_of(store, run.id, resolved, outcome), live.outbox)
    live.settle()
    complete(store, run.id)
