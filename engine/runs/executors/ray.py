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
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from engine.errors import BadInput
from engine.runs.executors import Control, OnProgress
from engine.runs.executors.drive import TICK, TRIES, run_on_lanes
from engine.runs.executors.worker import line_of, read_line
from engine.runs.outcome import Outcome, failed
from engine.runs.records import Run
from engine.runs.store import Store
from engine.spec import Resolved, resolve
from engine.system.paths import PACKAGE
from engine.types import Spec

if TYPE_CHECKING:
    from engine.originals.workbench import Bench

T = TypeVar("T")
A = TypeVar("A")
PATIENCE = 5.0  # seconds for a cluster's first machine to answer
# Ray would open the ports of a cluster of our own to the network. Without clusters, which this variable turns off (its
# name says for which systems it was made), it listens on 127.0.0.1 alone; that address as an argument is not heeded
# since 2.60.
ALONE = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
GPUS = "UNLEARN_RAY_GPUS"  # share of a GPU that a run takes, such as 0.25 for four side by side; 0: none


def problem() -> str | None:
    """Why Ray cannot be used here, or None."""
    if importlib.util.find_spec("ray") is None:
        return "Ray is not installed here: pip install -r requirements-ray.txt."
    return _bad_share()


def run_all(todo: Sequence[Resolved], store: Store, train_original: bool, control: Control,
            on_progress: OnProgress = lambda progress: None) -> Iterator[tuple[int, Run]]:
    """See :func:`engine.runs.executors.local.run_all`. Raises BadInput where no cluster answers or it has no room."""
    yield from run_on_lanes(lambda cells: Actors(cells, on_progress, control.keep_weights), todo, store,
                            train_original, control, on_progress)


class ClusterActors(Generic[T, A]):
    """As many actors of the cluster as have room, which answer tasks (T) with answers (A).

    Ray starts one that dies again, and tries its task again. ``worker`` is the actors' class: it takes what they share,
    how many CPUs each has and whether it has a GPU, and ``compute`` takes what :meth:`asked` gives.
    """

    worker: type

    def __init__(self, on_progress: OnProgress):
        self.on_progress = on_progress
        self.actors: list[Any] = []
        self.given: dict[Any, int] = {}  # tasks by the reference of Ray to their answer
        self.mine = False  # whether the cluster is ours to end

    def start(self, shared: Any, cpus: int, tasks: int) -> None:
        """Joins the cluster and hands each actor what all of them share. Raises BadInput where there is no room."""
        import ray

        self.on_progress({"stage": "Joining the Ray cluster"})
        self.mine = join()
        gpus = share()
        actor: Any = ray.remote(self.worker).options(num_cpus=cpus, num_gpus=gpus, max_restarts=-1,
                                                max_task_retries=TRIES - 1)
        self.shared = ray.put(shared)  # held: a worker that is started again needs it, and Ray counts only this
        lanes = min(lanes_of(cpus, gpus), tasks)
        self.actors = [actor.remote(self.shared, cpus, gpus > 0) for _ in range(lanes)]

    def asked(self, number: int, task: T) -> tuple[Any, ...]:
        """A task as the arguments of ``compute``."""
        raise NotImplementedError

    def understood(self, answered: str) -> A:
        """An actor's answer."""
        raise NotImplementedError

    def lost(self, reason: str) -> A:
        """The answer of a task that nothing came of."""
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self.actors)

    def give(self, lane: int, number: int, task: T) -> None:
        self.given[self.actors[lane].compute.remote(*self.asked(number, task))] = number

    def answers(self) -> list[tuple[int, A | None]]:
        import ray

        if not self.given:
            time.sleep(TICK)
            return []
        waiting = list(self.given)
        ready, _ = ray.wait(waiting, num_returns=1, timeout=TICK)
        if ready:  # whatever else has come by now
            ready, _ = ray.wait(waiting, num_returns=len(waiting), timeout=0)
        return [(self.given.pop(answer), self._answer(answer)) for answer in ready]

    def close(self) -> None:
        import ray

        for actor in self.actors:
            ray.kill(actor)
        if self.mine:
            ray.shutdown()

    def _answer(self, answered: Any) -> A:
        import ray

        try:
            return self.understood(ray.get(answered))
        except ray.exceptions.RayError as error:
            said = str(error).strip().splitlines()
            return self.lost(f"Its Ray worker ended without an answer, {TRIES} of {TRIES} tries: "
                             f"{said[0] if said else error}")


class Worker:
    """One actor of the cluster: holds data and Original, answers a spec with its outcome."""

    def __init__(self, bench: Bench, cpus: int, on_gpu: bool):
        from engine.registry import get
        from engine.system.device import prepare

        threads = prepare(bench.device, get("dataset", bench.data.name).threads)
        self.bench = _on_gpu(bench) if on_gpu else replace(bench, threads=threads)

    def compute(self, spec: str, keep_weights: bool = False) -> str:
        """A spec as JSON in, its outcome as a line of JSON out."""
        from engine.runs.compute import compute

        return line_of(0, compute(resolve(Spec(**json.loads(spec))), self.bench, keep_weights))


class Actors(ClusterActors["Resolved", Outcome]):
    """Actors that carry out runs."""

    worker = Worker

    def __init__(self, todo: Sequence[Resolved], on_progress: OnProgress, keep_weights: bool = False):
        super().__init__(on_progress)
        self.todo, self.keep_weights = todo, keep_weights

    @property
    def stage(self) -> str:
        return f"Unlearning on {len(self.actors)} Ray workers"

    def begin(self, bench: Bench) -> None:
        self.start(bench, self.todo[0].dataset.threads or 1, len(self.todo))

    def asked(self, number: int, task: Resolved) -> tuple[Any, ...]:
        return json.dumps(asdict(task.spec)), self.keep_weights

    def understood(self, answered: str) -> Outcome:
        outcome: Outcome = read_line(answered)[1]
        return outcome

    def lost(self, reason: str) -> Outcome:
        return failed(reason)


def _on_gpu(bench: Bench) -> Bench:
    """The bench on the GPU that Ray gave this worker; the Original's read-outs stay as they were measured."""
    import torch

    from engine.system.device import prepare

    device = torch.device("cuda", 0)
    return replace(bench, data=bench.data.to(device), network=bench.network.to(device), device=device,
                   threads=prepare(device, None))


def join() -> bool:
    """Joins the cluster at ``RAY_ADDRESS``, or starts one here; returns whether it is ours to end."""
    address = os.environ.get("RAY_ADDRESS")
    if not address:
        os.environ[ALONE] = "0"
    import ray

    if ray.is_initialized():
        return False
    if address:
        _knock(address)
    else:
        _stay_here()
    alone: dict[str, Any] = {} if address else {"include_dashboard": False}
    try:
        ray.init(address=address, log_to_driver=False, runtime_env={"py_modules": [str(PACKAGE)]}, **alone)
    except Exception as error:
        raise BadInput(f"No Ray cluster answers at {address or 'this machine'}: {str(error).splitlines()[0]}. "
                       "Start one with `ray start --head`, or unset RAY_ADDRESS for one of this machine.") from error
    return True


def _stay_here() -> None:
    """Has Ray listen on the loopback address, also where this process had imported it before."""
    from ray._private import ray_constants

    ray_constants.ENABLE_RAY_CLUSTER = False


def end_cluster() -> None:
    """Ends the cluster that this process has started, or leaves the one that it has joined."""
    ray = sys.modules.get("ray")
    if ray is not None and ray.is_initialized():
        ray.shutdown()


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


def lanes_of(cpus: int, gpus: float) -> int:
    """How many runs fit on the cluster at once. Raises BadInput where none does."""
    import ray

    has = ray.cluster_resources()  # type: ignore[no-untyped-call]
    lanes = int(has.get("CPU", 0) // cpus)
    if gpus:
        lanes = min(lanes, math.floor(has.get("GPU", 0) / gpus + 1e-9))
    if lanes < 1:
        raise BadInput(f"A run needs {cpus} CPU and {gpus:g} GPU, but the Ray cluster has {has.get('CPU', 0):g} CPU "
                       f"and {has.get('GPU', 0):g} GPU in all.")
    return lanes


def share() -> float:
    return float(os.environ.get(GPUS, "0"))


def _bad_share() -> str | None:
    text = os.environ.get(GPUS, "0")
    try:
        good = 0 <= float(text) <= 8
    except ValueError:
        good = False
    return None if good else f"{GPUS} is {text!r}, but must be the share of a GPU that a run takes, such as 0.25."
