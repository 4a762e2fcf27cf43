"""Models of an ensemble on a Ray cluster: the data travel to each worker once, requests go and files come as JSON."""

from __future__ import annotations

import time
from typing import Any

from engine.runs.executors import OnProgress
from engine.runs.executors.drive import TICK, TRIES
from engine.runs.executors.ray import join, lanes_of, share
from engine.studies.ensemble import Design
from engine.studies.ensemble_request import Answer, Task, answer, data_of, request, understood
from engine.studies.ensemble_store import Kept
from engine.system.files import to_json


class EnsembleActors:
    """As many actors of the cluster as have room; Ray starts one that dies again, and tries its model again."""

    def __init__(self, found: Design, kept: Kept, tasks: int, on_progress: OnProgress):
        import ray

        self.found, self.kept = found, kept
        on_progress({"stage": "Joining the Ray cluster"})
        self.mine = join()
        cpus, gpus = found.base.dataset.threads or 1, share()
        actor = ray.remote(Worker).options(num_cpus=cpus, num_gpus=gpus, max_restarts=-1, max_task_retries=TRIES - 1)
        self.data = ray.put(data_of(found))  # held: a worker that is started again needs it, and Ray counts only this
        lanes = min(lanes_of(cpus, gpus), tasks)
        self.actors: list[Any] = [actor.remote(self.data, cpus, gpus > 0) for _ in range(lanes)]
        self.given: dict[Any, int] = {}

    def __len__(self) -> int:
        return len(self.actors)

    def give(self, lane: int, number: int, task: Task) -> None:
        asked = {"number": number, **request(self.found, self.kept, task)}
        self.given[self.actors[lane].compute.remote(to_json(asked))] = number

    def answers(self) -> list[tuple[int, Answer | None]]:
        import ray

        if not self.given:
            time.sleep(TICK)
            return []
        ready, _ = ray.wait(list(self.given), num_returns=1, timeout=TICK)
        return [(self.given.pop(one), _answer(one)) for one in ready]

    def close(self) -> None:
        import ray

        for actor in self.actors:
            ray.kill(actor)
        if self.mine:
            ray.shutdown()


class Worker:
    """One actor of the cluster: holds the data, answers a request with files."""

    def __init__(self, data: Any, threads: int, on_gpu: bool):
        import torch

        from engine.system.device import prepare

        device = torch.device("cuda", 0) if on_gpu else data.device
        prepare(device, None if on_gpu else threads)
        self.data = data.to(device)

    def compute(self, asked: str) -> str:
        """A request as JSON in, a line of JSON with its files out."""
        import json

        return answer(json.loads(asked), self.data)


def _answer(answered: Any) -> Answer:
    import ray

    try:
        found: Answer = understood(ray.get(answered))[1]
        return found
    except ray.exceptions.RayError as error:
        said = str(error).strip().splitlines()
        return Answer({}, f"Its Ray worker ended without an answer, {TRIES} of {TRIES} tries: "
                          f"{said[0] if said else error}")
