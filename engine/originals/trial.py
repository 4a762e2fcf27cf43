"""How long it would take to train an Original here: some steps are taken and timed, and nothing is kept of them."""

from __future__ import annotations

import time
from dataclasses import replace

import torch

from engine.data.base import Data
from engine.data.batches import steps_in
from engine.system.device import default_device, prepare
from engine.training.loop import train
from engine.training.networks import build_network
from engine.training.stopwatch import Stopwatch
from engine.types import Dataset, Model

WARM, MOST_STEPS, MOST_SECONDS = 2, 30, 3.0


def training_seconds(dataset: Dataset, model: Model, data: Data) -> float:
    """Seconds of a whole training by the model's recipe; the first steps, which are slower, are left out."""
    device = default_device()
    prepare(device, dataset.threads)
    here = (model.prepare(data) if model.prepare else data).to(device)
    recipe = model.recipe_for(dataset)
    network = build_network(model, len(data.classes), here.inputs, 0, device)
    samples = torch.arange(len(here.train), device=device)
    total = steps_in(len(samples), recipe.batch_size) * recipe.epochs
    done, began, warm = 0, time.perf_counter(), min(WARM, total - 1)
    start = began
    for _ in train(network, here, samples, replace(recipe, epochs=recipe.epochs), 0):
        done += 1
        if done == warm:
            start = time.perf_counter()
        if done >= min(MOST_STEPS, total) or (time.perf_counter() - began > MOST_SECONDS and done > warm):
            break
    Stopwatch(device).settle()
    return (time.perf_counter() - start) / max(1, done - warm) * total
