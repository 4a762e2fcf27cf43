"""A Ray cluster: the one at ``RAY_ADDRESS``, else one of its own on this machine (docs/ray.md).

Data and Original travel to each worker once, through Ray's object store; specs go and outcomes come as JSON and
parquet, and the driver alone writes the store. A worker that dies is started again by Ray and its run tried again.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import socket
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from engine.errors import BadInput, Cancelled
from engine.originals.checkpoints import open_checkpoints
from engine.runs.executors import Control
from engine.runs.executors.local import OnProgress
from engine.runs.executors.processes import AHEAD, STOPPED, TICK, TRIES, Order
from engine.runs.executors.worker import line_of, read_line
from engine.runs.store import Run, Store
from engine.spec import Resolved, resolve
from engine.system.paths import PACKAGE
from engine.types import Spec

PATIENCE = 5.0  # seconds for a cluster's first machine to answer
GPUS = "UNLEARN_RAY_GPUS"  # share of a GPU that a run takes, such as 0.25 for four side by side; 0: none


def problem() -> str | None:
    """Why Ray cannot be used here, or None."""
    if importlib.util.find_spec("ray") is None:
        return "Ray is not installed here: pip install -r requirements-ray.txt."
    return _bad_share()


def run_all(todo: Sequence[Resolved], store: Store, train_original: bool, control: Control,
            on_progress: OnProgress = lambda progress: None) -> Iterator[tuple[int, Run]]:
    """See :func:`engine.runs.executors.local.run_all`. Raises BadInput where no cluster answers or it has no room."""
    from engine.originals.workbench import prepare_bench
    from engine.runs.recording import record
    from engine.system.device import default_device

    try:
        bench = prepare_bench(todo[0], open_checkpoints(), default_device(), train_original,
                              lambda text, fraction: on_progress({"stage": text, "fraction": fraction}), control.cancel)
    except Cancelled:
        return
    on_progress({"stage": "Joining the Ray cluster"})
    mine = _join()
    drive = None
    try:
        drive = Drive(todo, store, bench)
        left = len(todo)
        while left and not control.cancel.is_set():
            if not control.paused.is_set():
                drive.fill()
            ended = drive.collect()
            left -= len(ended)
            runs = record(store, [(todo[number], run_id, outcome) for number, run_id, outcome in ended])
            yield from zip((number for number, *_ in ended), runs, strict=True)
            on_progress({"stage": f"Unlearning on {len(drive.actors)} Ray workers"})
    finally:
        if drive:
            drive.stop()
        if mine:
            import ray

            ray.shutdown()


class Drive:
    """Keeps the cluster's workers busy and collects what they answer."""

    def __init__(self, todo: Sequence[Resolved], store: Store, bench: Any):
        import ray

        self.todo, self.store, self.order = todo, store, Order(todo)
        cpus, gpus = todo[0].dataset.threads or 1, _share()
        actor = ray.remote(Worker).options(num_cpus=cpus, num_gpus=gpus, max_restarts=-1, max_task_retries=TRIES - 1)
        self.shared = ray.put(bench)  # held: a worker that is started again needs it, and Ray counts only this
        self.actors = [actor.remote(self.shared, gpus > 0) for _ in range(min(_lanes(cpus, gpus), len(todo)))]
        self.splits = [""] * len(self.actors)
        self.given: dict[Any, tuple[int, int, str]] = {}  # by Ray's reference: worker, number, run

    def fill(self) -> None:
        """Gives every worker work; what starts is recorded first, all of it at once."""
        chosen: deque[tuple[int, int]] = deque()
        for _ in range(AHEAD):
            for at in range(len(self.actors)):
                busy = sum(worker == at for worker, *_ in self.given.values()) + sum(w == at for w, _ in chosen)
                if busy < AHEAD and (number := self.order.take(self.splits[at])) is not None:
                    chosen.append((at, number))
                    self.splits[at] = self.todo[number].split_identity()
        ids = self.store.begin_all([self.todo[number] for _, number in chosen]) if chosen else []
        for (at, number), run_id in zip(chosen, ids, strict=True):
            answer = self.actors[at].compute.remote(json.dumps(asdict(self.todo[number].spec)))
            self.given[answer] = (at, number, run_id)

    def collect(self) -> list[tuple[int, str, Any]]:
        """Number, run and outcome of what has been answered by now, after waiting a moment for the first."""
        import ray

        if not self.given:
            ray.wait([ray.put(None)], timeout=TICK)
            return []
        waiting = list(self.given)
        ready, _ = ray.wait(waiting, num_returns=1, timeout=TICK)
        if ready:  # whatever else has come by now
            ready, _ = ray.wait(waiting, num_returns=len(waiting), timeout=0)
        return [(number, run_id, _outcome(answer)) for answer in ready
                for _, number, run_id in (self.given.pop(answer),)]

    def stop(self) -> None:
        """Ends the workers, and what they were at."""
        import ray

        for actor in self.actors:
            ray.kill(actor)
        cancelled = {"status": "cancelled", "reason": STOPPED}
        self.store.settle([(run_id, cancelled, []) for _, _, run_id in self.given.values()])
        self.given.clear()


class Worker:
    """One actor of the cluster: holds data and Original, answers a spec with its outcome."""

    def __init__(self, bench: Any, on_gpu: bool):
        from engine.registry import get
        from engine.system.device import prepare

        threads = prepare(bench.device, get("dataset", bench.data.name).threads)
        self.bench = _on_gpu(bench) if on_gpu else replace(bench, threads=threads)

    def compute(self, spec: str) -> str:
        """A spec as JSON in, its outcome as a line of JSON out."""
        from engine.runs.compute import compute

        return line_of(0, compute(resolve(Spec(**json.loads(spec))), self.bench))


def _outcome(answer: Any) -> Any:
    import ray

    from engine.runs.outcome import failed

    try:
        return read_line(ray.get(answer))[1]
    except ray.exceptions.RayError as error:
        said = str(error).strip().splitlines()
        return failed(f"Its Ray worker ended without an answer, {TRIES} of {TRIES} tries: {said[0] if said else error}")


def _on_gpu(bench: Any) -> Any:
    """The bench on the GPU that Ray gave this worker; the Original's read-outs stay as they were measured."""
    import torch

    from engine.system.device import prepare

    device = torch.device("cuda", 0)
    return replace(bench, data=bench.data.to(device), network=bench.network.to(device), device=device,
                   threads=prepare(device, None))


def _join() -> bool:
    """Joins the cluster at ``RAY_ADDRESS``, or starts one here; returns whether it is ours to end."""
    import ray

    if ray.is_initialized():
        return False
    address = os.environ.get("RAY_ADDRESS")
    if address:
        _knock(address)
    try:
        ray.init(address=address, include_dashboard=None if address else False, log_to_driver=False,
                 runtime_env={"py_modules": [str(PACKAGE)]})
    except Exception as error:
        raise BadInput(f"No Ray cluster answers at {address or 'this machine'}: {str(error).splitlines()[0]}. "
                       "Start one with `ray start --head`, or unset RAY_ADDRESS for one of this machine.") from error
    return True


def _knock(address: str) -> None:
    """Raises BadInput at once where nobody listens at ``host:port``; Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not (host and port.isdigit()):
        return  # such as "auto", which Ray looks up by itself
    try:
        socket.create_connection((host, int(port)), timeout=PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise BadInput(f"No Ray cluster answers at RAY_ADDRESS {address}: {error}. Start one there with `ray start "
                       "--head`, or unset RAY_ADDRESS for one of this machine.") from error


def _lanes(cpus: int, gpus: float) -> int:
    """How many runs fit on the cluster at once. Raises BadInput where none does."""
    import ray

    has = ray.cluster_resources()
    lanes = int(has.get("CPU", 0) // cpus)
    if gpus:
        lanes = min(lanes, math.floor(has.get("GPU", 0) / gpus + 1e-9))
    if lanes < 1:
        raise BadInput(f"A run needs {cpus} CPU and {gpus:g} GPU, but the Ray cluster has {has.get('CPU', 0):g} CPU "
                       f"and {has.get('GPU', 0):g} GPU in all.")
    return lanes


def _share() -> float:
    return float(os.environ.get(GPUS, "0"))


def _bad_share() -> str | None:
    text = os.environ.get(GPUS, "0")
    try:
        good = 0 <= float(text) <= 8
    except ValueError:
        good = False
    return None if good else f"{GPUS} is {text!r}, but must be the share of a GPU that a run takes, such as 0.25."
