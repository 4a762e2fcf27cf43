"""Whether the card computes what the CPU does: a step of each method in float32, and whole runs within their noise."""

from __future__ import annotations

import copy
import os
import statistics
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch

from benchmarks.gpu.plan import Place
from engine.errors import LabError
from engine.originals.checkpoints import open_checkpoints
from engine.originals.workbench import Bench, prepare_bench
from engine.registry import names
from engine.runs.compute import compute
from engine.runs.method import Setting, setting
from engine.spec import resolve
from engine.system.device import PRECISION
from engine.training.loop import Task
from engine.training.networks import build_network
from engine.types import Progress, Spec

CLOSE = 1e-3  # relative
METRICS = ("retain_accuracy", "forget_accuracy", "test_accuracy", "mia_loss", "mia_entropy")


def bench_on(device: str, spec: Spec) -> Bench:
    return prepare_bench(resolve(spec), open_checkpoints(), torch.device(device), True)


def task_of(at: Setting) -> Task:
    """What the method of a run is given."""
    data, seed = at.bench.data, at.resolved.spec.seeds.unlearning
    return Task(model=copy.deepcopy(at.bench.network), data=data, split=at.parts, recipe=at.resolved.recipe, seed=seed,
                device=data.device,
                fresh=lambda: build_network(at.resolved.model, len(data.classes), data.inputs, seed, data.device))


def first_step(bench: Bench, spec: Spec) -> tuple[torch.Tensor, Progress]:
    """All weights after a method's first step, as one vector on the CPU, and that step."""
    at = setting(bench, resolve(spec))
    task = task_of(at)
    steps = at.resolved.method.unlearn(task, at.resolved.parameters)
    progress = next(steps)
    weights = torch.cat([value.detach().float().cpu().flatten() for value in task.model.state_dict().values()])
    steps.close()
    return weights, progress


def compared(spec: Spec, here: Bench, there: Bench) -> dict[str, Any]:
    """How far a method's first steps are apart, relative; ``there`` is the card."""
    (mine, first), (other, second) = first_step(here, spec), first_step(there, spec)
    apart = {name: abs(float(second.terms[name]) - float(value)) / max(abs(float(value)), 1e-6)
             for name, value in first.terms.items()}
    weights = float((other - mine).norm() / mine.norm())
    return {"method": spec.method, "weights": weights, "terms": apart,
            "equal": weights <= CLOSE and all(value <= CLOSE for value in apart.values())}


def run(place: Place) -> Iterator[dict[str, Any]]:
    os.environ[PRECISION] = "float32"
    base = Spec(dataset="blobs" if place.tiny else "digits")
    here, there = bench_on("cpu", base), bench_on(place.device, base)
    for method in ("nabla_tau", "scrub") if place.tiny else names("method"):
        try:
            yield compared(replace(base, method=method), here, there)
        except LabError as error:
            yield {"method": method, "equal": None, "reason": str(error)}
        except Exception as error:  # one method's defect must not hide the others
            yield {"method": method, "equal": False, "reason": repr(error)}
    del os.environ[PRECISION]
    yield from whole_runs(base, here, there, 1 if place.tiny else 3)


def whole_runs(base: Spec, here: Bench, there: Bench, seeds: int) -> Iterator[dict[str, Any]]:
    """Whole runs, as the card trains (in bf16), against the spread over seeds on the CPU."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name, bench in (("cpu", here), ("card", there)):
        found[name] = [compute(resolve(replace(base, unlearning_seed=seed)), bench).columns["metrics"]
                       for seed in range(seeds)]
    for metric in METRICS:
        mine, other = ([float(one[metric]) for one in found[name]] for name in ("cpu", "card"))
        noise = statistics.stdev(mine) if seeds > 1 else None
        apart = statistics.mean(other) - statistics.mean(mine)
        yield {"metric": metric, "cpu": mine, "card": other, "apart": apart, "noise": noise,
               "within": None if noise is None else abs(apart) <= 2 * max(noise, 0.1)}
