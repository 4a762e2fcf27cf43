"""Figures with the card's name: samples a second against a plain loop, use of the card, peak memory, cost of probes."""

from __future__ import annotations

import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.utils.data import DataLoader

from benchmarks.gpu.plan import Place
from benchmarks.gpu.steps.equal import bench_on, task_of
from benchmarks.training_step import Pictures, plain_epoch, random_data, torchvisions
from engine.evaluation.probe import Watcher
from engine.registry import get
from engine.runs.method import setting
from engine.spec import resolve
from engine.system.device import describe, prepare
from engine.system.machine import cores
from engine.training import recorded
from engine.training.loop import train
from engine.training.networks import build_network
from engine.training.stopwatch import Stopwatch
from engine.types import Spec

SAMPLES, EPOCHS = 25_600, 3


class Use(threading.Thread):
    """Asks the driver's own tool how busy the card is, while something else runs."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.busy: list[float] = []
        self.over = threading.Event()

    def run(self) -> None:
        ask = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
        while not self.over.wait(0.2):
            try:
                said = subprocess.run(ask, capture_output=True, text=True, timeout=5, check=True).stdout
                self.busy.append(float(said.split()[0]))
            except (OSError, subprocess.SubprocessError, ValueError, IndexError):
                return

    def percent(self) -> float | None:
        self.over.set()
        return round(statistics.median(self.busy), 1) if self.busy else None


def per_second(samples: int, epoch: Callable[[], Any], epochs: int, device: torch.device) -> float:
    """Of the quickest epoch; the first, in which things are made ready, is left out."""
    times = []
    for _ in range(epochs + 1):
        watch, began = Stopwatch(device), time.perf_counter()
        epoch()
        watch.settle()
        times.append(time.perf_counter() - began)
    return round(samples / min(times[1:]), 1)


def against_plain_loop(place: Place, device: torch.device) -> Iterator[dict[str, Any]]:
    samples, epochs = (32, 1) if place.tiny else (SAMPLES, EPOCHS)
    data, recipe = random_data(samples), get("dataset", "cifar10").recipe
    here = data.to(device)
    index = torch.arange(samples, device=device)

    def ours() -> float:
        steps = train(build_network(get("model", "resnet18"), 10, 3, 0, device), here, index, recipe, 0)
        per_epoch = -(-samples // recipe.batch_size)

        def epoch() -> None:
            for _ in range(per_epoch):
                next(steps)

        return per_second(samples, epoch, epochs, device)

    busy = Use()
    busy.start()
    recorded_steps = ours()
    used = busy.percent()
    usual, recorded.recorder_for = recorded.recorder_for, lambda device: None
    one_by_one = ours()
    recorded.recorder_for = usual
    net = torchvisions(build_network(get("model", "resnet18"), 10, 3, 0, torch.device("cpu")))
    net = net.to(memory_format=torch.contiguous_format).to(device)
    workers = 0 if place.tiny else min(8, cores())
    loader = DataLoader(Pictures(data), batch_size=recipe.batch_size, shuffle=True, num_workers=workers)
    plain = per_second(samples, lambda: plain_epoch(net, Moved(loader, device)), 1, device)
    yield {"figure": "samples a second", "ours": recorded_steps, "one_by_one": one_by_one, "plain_loop": plain,
           "times_as_fast": round(recorded_steps / plain, 2), "recorded_gains": round(recorded_steps / one_by_one, 2),
           "loader_workers": workers, "card_busy_percent": used}


class Moved:
    """A loader's batches on a device."""

    def __init__(self, loader: Any, device: torch.device):
        self.loader, self.device = loader, device

    def __iter__(self) -> Iterator[Any]:
        for inputs, labels in self.loader:
            yield inputs.to(self.device), labels.to(self.device)


def live_probes(place: Place) -> Iterator[dict[str, Any]]:
    """One run of nabla-tau at 15%, with and without somebody who watches, in wall time."""
    dataset = "blobs" if place.tiny else "cifar10"
    spec = Spec(dataset=dataset, parameters={"max_forget_epochs": 1} if place.tiny else {})
    bench = bench_on(place.device, spec)
    at, times, looks = setting(bench, resolve(spec)), {True: [], False: []}, 0
    for watched in (False, True) if place.tiny else (False, True, False, True):  # the first pair makes things ready
        task, watch = task_of(at), Stopwatch(bench.device)
        watcher = Watcher(bench.data, at.parts, 0)
        watcher.start(bench.network, 0, None)
        began, looks = time.perf_counter(), 0
        for progress in watch.time(at.resolved.method.unlearn(task, at.resolved.parameters)):
            looks += watched and watcher.look(task.model, progress, watch.seconds) is not None
        watch.settle()
        times[watched].append(time.perf_counter() - began)
    yield {"figure": "live probes", "dataset": dataset, "seconds": round(times[False][-1], 3), "steps": progress.step,
           "watched_seconds": round(times[True][-1], 3), "looks": looks,
           "cost_percent": round(100 * (times[True][-1] / times[False][-1] - 1), 2)}


def run(place: Place) -> Iterator[dict[str, Any]]:
    device = torch.device(place.device)
    threads = prepare(device, None)
    yield {"figure": "device", "device": describe(device, threads)}
    yield from live_probes(place)
    yield from against_plain_loop(place, device)
    if device.type == "cuda":
        yield {"figure": "peak memory", "mib": round(torch.cuda.max_memory_allocated(device) / 2**20)}
