"""Trains an Original, or finds the one that is there."""

from __future__ import annotations

import datetime
import platform
import threading
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from engine.data.base import Data
from engine.errors import Cancelled
from engine.evaluation.readout import read_out
from engine.originals.checkpoints import Checkpoints, Original, OriginalKey
from engine.originals.confidence import Confidence, ConfidenceSums
from engine.registry import get
from engine.system.device import describe, place
from engine.system.read_only import refuse
from engine.system.version import code_version
from engine.training.loop import train
from engine.training.networks import build_network
from engine.training.stopwatch import Stopwatch
from engine.types import Progress

OnStep = Callable[[Progress, float], None]


def train_original(key: OriginalKey, data: Data, checkpoints: Checkpoints, threads: int,
                   on_step: OnStep = lambda progress, seconds: None,
                   cancel: threading.Event | None = None) -> Original:
    """Trains on all of D by the key's recipe, saving every epoch, and stores the result with its accuracies.

    A training that was killed or cancelled continues after its last whole epoch and ends with the
    same weights as one that was not. The mean probability of each sample's label over the epochs is kept beside it
    (:mod:`engine.originals.confidence`). Raises Cancelled when ``cancel`` is set.
    """
    refuse()
    device, version = data.device, code_version()
    model = build_network(get("model", key.model), len(data.classes), data.inputs, key.seed, device)
    partial = checkpoints.partial(f"{key.name}-{data.fingerprint[:8]}")
    everything = torch.arange(len(data.train), device=device)
    watch, sums = Stopwatch(device), ConfidenceSums(len(data.train), device, data.content)

    def resume(model: nn.Module, optimiser: Any) -> Any:
        state = partial.resume(model, optimiser)
        watch.seconds = partial.seconds
        sums.resume(partial.beside if state else None)
        return state

    last = Progress(0, 0, 0, {})
    for last in watch.time(train(model, data, everything, key.recipe, key.seed, resume, sums.see)):
        if last.state and partial.wants(last):
            partial.save(last.state, watch.seconds, sums.state())
        on_step(last, watch.seconds)
        if cancel is not None and cancel.is_set():
            raise Cancelled("The training was stopped; it resumes after its last complete epoch.")
    return _keep(key, data, model, checkpoints, partial, sums.mean(key.recipe.epochs), {
        "seconds": round(watch.seconds, 1), "steps": last.step, "samples": last.samples,
        "device": describe(device, threads), "code_version": version})


def _keep(key: OriginalKey, data: Data, model: nn.Module, checkpoints: Checkpoints, partial: Any,
          confidence: Confidence | None, cost: dict[str, Any]) -> Original:
    """Stores the weights and measures the stored ones, not the float32 they were rounded from."""
    stored = {name: value.half().float() if value.is_floating_point() and value.dim() > 1 else value
              for name, value in model.state_dict().items()}
    model.load_state_dict(stored)
    train_set, heldout = read_out(model, data, data.train), read_out(model, data, data.heldout)
    original = checkpoints.save(key, data.fingerprint, model, {
        "metrics": {"train_accuracy": train_set.accuracy, "heldout_accuracy": heldout.accuracy,
                    "train_loss": float(train_set.loss.mean()), "heldout_loss": float(heldout.loss.mean())},
        **cost,
        "data": data.origin,
        "torch": torch.__version__,
        "processor": platform.machine(),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }, confidence)
    partial.clear()
    return original


def load_original(original: Original, checkpoints: Checkpoints, data: Data) -> nn.Module:
    """The Original's network with its weights, on the data's device, in evaluation mode."""
    model = get("model", original.sidecar["model"])
    net = build_network(model, len(data.classes), data.inputs, 0, torch.device("cpu"))
    try:
        net.load_state_dict(checkpoints.load(original))
    except RuntimeError as error:
        from engine.errors import BadCheckpoint

        raise BadCheckpoint(f"{original.path.name} does not hold the weights of {model.name}: "
                            f"{str(error).splitlines()[-1].strip()} If its code has changed, delete this file and its "
                            f".json in {original.path.parent}, and the Original is trained again.") from error
    return place(net, data.device).eval()
