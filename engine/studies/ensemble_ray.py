"""Models of an ensemble on a Ray cluster: the data travel to each worker once, requests go and files come as JSON."""

from __future__ import annotations

from typing import Any

from engine.runs.ensembles.kept import Kept
from engine.runs.executors import OnProgress
from engine.runs.executors.ray import ClusterActors
from engine.studies.ensemble import Design
from engine.studies.ensemble_request import Answer, Task, answer, data_of, request, understood
from engine.system.files import to_json


class Worker:
    """One actor of the cluster: holds the data, answers a request with files."""

    def __init__(self, data: Any, cpus: int, on_gpu: bool):
        import torch

        from engine.system.device import prepare

        device = torch.device("cuda", 0) if on_gpu else data.device
        prepare(device, None if on_gpu else cpus)
        self.data = data.to(device)

    def compute(self, asked: str) -> str:
        """A request as JSON in, a line of JSON with its files out."""
        import json

        return answer(json.loads(asked), self.data)


class EnsembleActors(ClusterActors[Task, Answer]):
    """Actors that compute models of an ensemble."""

    worker = Worker

    def __init__(self, found: Design, kept: Kept, tasks: int, on_progress: OnProgress):
        super().__init__(on_progress)
        self.found, self.kept = found, kept
        self.start(data_of(found), found.base.dataset.threads or 1, tasks)

    def asked(self, number: int, task: Task) -> tuple[Any, ...]:
        return (to_json({"number": number, **request(self.found, self.kept, task)}),)

    def understood(self, answered: str) -> Answer:
        return understood(answered)[1]

    def lost(self, reason: str) -> Answer:
        return Answer({}, reason)
