"""Computes what is missing of an ensemble, model by model: in worker processes, on a Ray cluster, or here.

Workers compute and answer with files; this process alone writes them. Nothing is computed twice: a model that has its
Original gets only the parts that it lacks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from engine.errors import Cancelled, LabError
from engine.evaluation.ensembles.draws import ORIGINAL
from engine.runs.ensembles.kept import Kept
from engine.runs.executors import Control, OnProgress
from engine.runs.executors.drive import TICK
from engine.runs.executors.local import workers_for
from engine.runs.executors.processes import WorkerProcesses
from engine.studies import ensemble_request
from engine.studies.ensemble import Design, Ensemble, design
from engine.studies.ensemble_request import Answer, Task, data_of, files_of, request, understood
from engine.studies.ensemble_store import kept_for


class Lanes(Protocol):
    """So many places where models are computed, as :class:`engine.runs.executors.drive.Lanes`."""

    def __len__(self) -> int: ...

    def give(self, lane: int, number: int, task: Task) -> None: ...

    def answers(self) -> list[tuple[int, Answer | None]]: ...

    def close(self) -> None: ...


def located(ensemble: Ensemble, on_progress: OnProgress = lambda progress: None) -> tuple[Design, Kept]:
    """The design of an ensemble on its data, which are loaded, and its place. Raises BadSpec or DataMissing."""
    found = design(ensemble)
    data = data_of(found, lambda text, fraction: on_progress({"stage": text, "fraction": fraction}))
    found = design(ensemble, len(data.train))
    return found, kept_for(found, data.content)


def missing(found: Design, kept: Kept, parts: Sequence[str] | None = None) -> list[Task]:
    """What is to be computed, in the order of the models; ``parts``, where not all are wanted."""
    wanted = (ORIGINAL, *found.parts) if parts is None else parts
    have = {part: kept.numbers(found.key(part)) for part in wanted}
    tasks = [Task(number, tuple(part for part, numbers in have.items() if number not in numbers))
             for number in range(found.ensemble.models)]
    return [task for task in tasks if task.parts]


def run_all(found: Design, kept: Kept, todo: Sequence[Task], executor: str, control: Control,
            on_progress: OnProgress = lambda progress: None) -> Iterator[tuple[Task, str | None]]:
    """Computes tasks and writes what comes; yields each with the reason where it failed, None where it did not."""
    kept.begin(found.made_by())
    lanes = lanes_for(found, kept, executor, len(todo), on_progress)
    for task, answer in (_drive(lanes, todo, control, on_progress) if lanes else _here(found, kept, todo, control)):
        kept.write(answer.files)
        yield task, answer.error


def lanes_for(found: Design, kept: Kept, executor: str, tasks: int, on_progress: OnProgress) -> Lanes | None:
    """Where to compute; None: in this process, which has the whole machine."""
    if executor == "ray":
        from engine.studies.ensemble_ray import EnsembleActors

        return EnsembleActors(found, kept, tasks, on_progress)
    workers = workers_for([found.base] * tasks)
    return EnsembleProcesses(found, kept, min(workers, tasks)) if workers else None


class EnsembleProcesses(WorkerProcesses[Task, Answer]):
    """Worker processes that compute models."""

    def __init__(self, found: Design, kept: Kept, workers: int):
        self.found, self.kept = found, kept
        super().__init__(found.base.dataset.threads or 1, workers)

    def asked(self, task: Task) -> dict[str, Any]:
        return {"by": ensemble_request.__name__, **request(self.found, self.kept, task)}

    def understood(self, line: str) -> tuple[int, Answer]:
        return understood(line)

    def lost(self, reason: str) -> Answer:
        return Answer({}, reason)


def _drive(lanes: Lanes, todo: Sequence[Task], control: Control,
           on_progress: OnProgress) -> Iterator[tuple[Task, Answer]]:
    """Keeps every lane at one model until all have answered or somebody stops it."""
    waiting, at = list(range(len(todo)))[::-1], dict[int, int]()  # lanes by the task that each is at
    try:
        while (waiting or at) and not control.cancel.is_set():
            for lane in sorted({*range(len(lanes))} - {*at.values()}) if not control.paused.is_set() else ():
                if waiting:
                    at[waiting[-1]] = lane
                    lanes.give(lane, waiting[-1], todo[waiting.pop()])
            for number, found in lanes.answers():
                lane_of = at.pop(number)
                if found is None:
                    at[number] = lane_of
                    lanes.give(lane_of, number, todo[number])
                else:
                    yield todo[number], found
            on_progress({"stage": f"Training on {len(lanes)} workers"})
            control.cancel.wait(TICK / 10)
    finally:
        lanes.close()


def _here(found: Design, kept: Kept, todo: Sequence[Task], control: Control) -> Iterator[tuple[Task, Answer]]:
    for task in todo:
        if not control.hold():
            return
        try:
            yield task, Answer(files_of(request(found, kept, task), None, control.cancel))
        except Cancelled:
            return
        except LabError as error:
            yield task, Answer({}, str(error))
