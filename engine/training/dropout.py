"""Dropout that repeats: what it draws in a step depends on the run's seed and the step, on nothing else.

Layers draw from torch's global generators. Around one step these are set, and afterwards put back, so that whatever
else a process draws (a notebook, a page) neither changes a run nor is changed by it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import torch
from torch import nn

from engine.system.rng import generator

AtStep = Callable[[int], contextlib.AbstractContextManager[None]]


def none(step: int) -> contextlib.AbstractContextManager[None]:
    """The context for the steps of a network without dropout."""
    return contextlib.nullcontext()


def at_step(model: nn.Module, seed: int, device: torch.device) -> AtStep:
    """The context for a step's forward and backward pass; does nothing for a network without dropout."""
    if not any(isinstance(layer, nn.Dropout) and layer.p for layer in model.modules()):
        return none
    return lambda step: _seeded(seed, step, device)


@contextlib.contextmanager
def _seeded(seed: int, step: int, device: torch.device) -> Iterator[None]:
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(generator(seed, f"dropout/step {step}").initial_seed())
        yield
