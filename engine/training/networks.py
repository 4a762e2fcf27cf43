"""From a model's record to a network with its first weights.

The network is built on the meta device and initialised here from a generator, so that no global
random state is drawn from; the distributions are torch's and torchvision's own.
"""

from __future__ import annotations

import math

import torch
from torch import nn

from engine.errors import BadInput
from engine.system.device import place
from engine.system.rng import generator
from engine.types import Model


def build_network(model: Model, classes: int, inputs: int, seed: int, device: torch.device) -> nn.Module:
    """A network with its first weights on ``device``; the same seed gives the same weights everywhere.

    A pretrained one has its published weights, and only its ``head`` is initialised here.
    """
    rng = generator(seed, f"init/{model.name}")
    if model.pretrained:
        net = model.build(classes, inputs)
        initialise(net.head, rng)
        return place(net, device)
    with torch.device("meta"):
        net = model.build(classes, inputs)
    initialise(_with_memory(net), rng)
    return place(net, device)


def _with_memory(net: nn.Module) -> nn.Module:
    """What ``to_empty(device="cpu")`` does, without the import of sympy and more that takes it most of a second."""
    net._apply(lambda tensor: torch.empty(tensor.shape, dtype=tensor.dtype, device="cpu"))
    return net


def initialise(net: nn.Module, rng: torch.Generator) -> None:
    """Writes first weights into every layer, in the order of ``net.modules()``.

    Convolutions over images: He normal, fan out (He et al. 2015). Linear, and convolutions over texts: torch's
    default, uniform within 1 / sqrt(fan in). Embeddings: standard normal, zero for padding. Batch norm: scale 1,
    shift 0, running mean 0 and variance 1. Any other layer by its own ``reset_parameters()``.
    """
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu", generator=rng)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.Embedding):
            nn.init.normal_(layer.weight, generator=rng)
            if layer.padding_idx is not None:
                nn.init.zeros_(layer.weight[layer.padding_idx])
        elif isinstance(layer, nn.Linear | nn.Conv1d):
            bound = 1 / math.sqrt(layer.weight[0].numel())
            nn.init.uniform_(layer.weight, -bound, bound, generator=rng)
            if layer.bias is not None:
                nn.init.uniform_(layer.bias, -bound, bound, generator=rng)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.ones_(layer.weight)
            nn.init.zeros_(layer.bias)
            layer.reset_running_stats()
        elif next(layer.parameters(recurse=False), None) is not None:
            _by_itself(layer, rng)


def _by_itself(layer: nn.Module, rng: torch.Generator) -> None:
    """Lets a layer reset itself, from ``rng`` although it draws from torch's global generator, which stays as it is."""
    reset = getattr(layer, "reset_parameters", None)
    if reset is None:
        raise BadInput(f"{type(layer).__name__} holds weights of its own and has no method reset_parameters(): "
                       "it has to initialise them.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**62, (), generator=rng)))
        reset()
