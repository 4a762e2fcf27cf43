"""Whether a run repeats on the card bit by bit, and whether recorded steps do what steps one by one do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.gpu.plan import Place
from benchmarks.gpu.steps.equal import bench_on
from engine.runs.method import setting, unlearn
from engine.spec import resolve
from engine.training import recorded
from engine.training.weights import digest
from engine.types import Spec

METHODS = ("nabla_tau", "finetune", "scrub", "amnesiac", "ssd")
RECORDED = ("nabla_tau", "finetune", "scrub")
SHORT = {"nabla_tau": {"max_forget_epochs": 4}, "finetune": {"max_forget_epochs": 4}, "scrub": {"epochs": 1},
         "amnesiac": {"epochs": 1}, "ssd": {}}


def twice(bench: Any, spec: Spec, one_by_one: bool = False) -> dict[str, Any]:
    """Two runs of one spec: whether their weights are equal, and else how far apart at most.

    With ``one_by_one`` the second one records no steps.
    """
    at = setting(bench, resolve(spec))
    one = unlearn(bench, at.resolved, at.parts)
    usual = recorded.recorder_for
    recorded.recorder_for = (lambda device: None) if one_by_one else usual
    other = unlearn(bench, at.resolved, at.parts)
    recorded.recorder_for = usual
    states = [found.model.state_dict() for found in (one, other)]
    away = max(float((value.double() - states[1][name].double()).abs().max()) for name, value in states[0].items())
    return {"second": "one by one" if one_by_one else "again", "dataset": spec.dataset, "method": spec.method,
            "equal": digest(states[0]) == digest(states[1]), "apart": away,
            "seconds": [round(one.seconds, 3), round(other.seconds, 3)], "steps": one.steps}


def run(place: Place) -> Iterator[dict[str, Any]]:
    for dataset in ("blobs",) if place.tiny else ("digits", "cifar10"):
        bench = bench_on(place.device, Spec(dataset=dataset))
        for method in METHODS[:1] if place.tiny else METHODS:
            spec = Spec(dataset=dataset, method=method, parameters=SHORT[method])
            yield twice(bench, spec)
            if method in RECORDED:
                yield twice(bench, spec, one_by_one=True)
