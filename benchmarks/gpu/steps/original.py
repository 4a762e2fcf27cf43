"""Originals trained from nothing, timed, beside the one that ships: whether the recipe itself memorises as much."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch

from benchmarks.gpu.plan import Place
from engine.originals.checkpoints import Checkpoints, open_checkpoints, original_key
from engine.originals.pretrain import train_original
from engine.originals.workbench import load_data
from engine.spec import resolve
from engine.system.device import prepare
from engine.types import Spec

SEEDS = (0, 1, 2)


def run(place: Place) -> Iterator[dict[str, Any]]:
    resolved, device = resolve(Spec(dataset="digits" if place.tiny else "cifar10")), torch.device(place.device)
    threads = prepare(device, resolved.dataset.threads)
    data = load_data(resolved.dataset, resolved.options, device, model=resolved.model)
    key = original_key(resolved)
    if place.tiny:
        key = replace(key, recipe=replace(key.recipe, epochs=1))
    shipped = open_checkpoints().find(original_key(resolved), data.fingerprint)
    if shipped:
        yield {"original": "shipped", "metrics": shipped.sidecar["metrics"], "device": shipped.sidecar.get("device"),
               "seconds": shipped.sidecar.get("seconds"), "same_data": shipped.fingerprint == data.fingerprint}
    began, took = time.monotonic(), 0.0
    for seed in SEEDS[:1] if place.tiny else SEEDS:
        if time.monotonic() - began + 1.2 * took > place.seconds:
            return
        start = time.monotonic()
        folder = place.work / "originals" / f"{time.time_ns()}"  # nothing is continued: the whole training is timed
        folder.mkdir(parents=True)
        made = train_original(replace(key, seed=seed), data, Checkpoints(folder), threads)
        took = time.monotonic() - start
        yield {"original": f"seed {seed}", "metrics": made.sidecar["metrics"], "seconds": made.sidecar["seconds"],
               "seconds_with_reading": round(took, 2), "epochs": key.recipe.epochs, "device": made.sidecar["device"]}
