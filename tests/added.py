"""One new component of each kind, as files that somebody adds: nothing else in the project knows them."""

from __future__ import annotations

import sys
from pathlib import Path

from engine import registry

FILES = {
    "tremble": '''
"""Weights are multiplied by noise."""
from dataclasses import dataclass

from engine.types import Auto, Method, Plan, Progress, parameter


@dataclass(frozen=True)
class Parameters:
    spread: float | None = parameter(None, auto=Auto("a tenth of the forget fraction",
                                                     lambda setting: setting.sizes.forget_fraction / 10),
                                     low=0.0, high=1.0, step=0.01, group="main", help="Standard deviation.")


def unlearn(task, parameters):
    import torch

    from engine.system.rng import generator

    rng = generator(task.seed, "tremble")
    with torch.no_grad():
        for weight in task.model.parameters():
            weight *= 1 + parameters.spread * torch.randn(weight.shape, generator=rng).to(weight.device)
    yield Progress(step=1, total_steps=1, samples=10, terms={})


METHOD = Method(name="tremble", title="Trembling weights", summary="Blurs every weight.", source="a test",
                parameters=Parameters, unlearn=unlearn, plan=lambda parameters, sizes: Plan(steps=1, samples=10))
''',
    "doubt": '''
"""The attacker trusts an answer that is right and certain."""
from engine.types import Attack


def score_samples(entropy, correct):
    return correct - entropy


ATTACK = Attack(name="doubt", title="Attack on the doubt (MIA_D)", short="doubt attack", means="by the doubt",
                needs=("entropy", "correct"), score_samples=score_samples, headline=True,
                summary="Right and certain means known.", source="a test")
''',
    "newest": '''
"""The samples that came last are forgotten."""
from engine.types import Scenario, Sizes


def count(spec, size):
    return round(spec.forget_fraction * size)


def select(data, spec):
    import torch

    n = len(data.train)
    return torch.arange(n - count(spec, n), n)


def sizes(spec, dataset):
    forget, held = count(spec, dataset.train_size), dataset.heldout_size
    return Sizes(dataset.train_size, forget, dataset.train_size - forget, held // 2, held - held // 2)


SCENARIO = Scenario(name="newest", title="the newest samples", summary="The last samples of the training set.",
                    source="a test", aim="They should look unseen.", select=select, sizes=sizes)
''',
    "stripes": '''
"""Pictures of bars, upright or lying, in noise."""
from engine.types import Dataset, Recipe

TRAIN, HELDOUT = 200, 120


def load(options, on_progress=None):
    import torch

    from engine.data.images import Data, Pool
    from engine.system.rng import generator

    rng = generator(0, "stripes")
    labels = torch.randint(0, 2, (TRAIN + HELDOUT,), generator=rng)
    bars = (torch.arange(8) % 2 * 60).expand(len(labels), 8, 8).clone()
    bars[labels == 1] = bars[labels == 1].transpose(1, 2)
    images = (bars + torch.randint(0, 196, bars.shape, generator=rng)).to(torch.uint8)[..., None]
    return Data(name="stripes", classes=DATASET.classes, train=Pool(images[:TRAIN], labels[:TRAIN]),
                heldout=Pool(images[TRAIN:], labels[TRAIN:]), mean=(0.0,), std=(1.0,), origin="drawn from a seed")


DATASET = Dataset(name="stripes", title="Stripes", kind="image", classes=("upright", "lying"), train_size=TRAIN,
                  heldout_size=HELDOUT, input_size=8, default_model="flat",
                  recipe=Recipe(optimiser="sgd", learning_rate=0.05, momentum=0.9, batch_size=50, epochs=3,
                                final_lr_fraction=0.01),
                  load=load, available=lambda: "embedded", summary="Bars in noise.", source="a test")
''',
    "flat": '''
"""A perceptron."""
from engine.types import Model


def build(classes, channels):
    from torch import nn

    return nn.Sequential(nn.AdaptiveAvgPool2d(8), nn.Flatten(), nn.Linear(64 * channels, 32), nn.ReLU(),
                         nn.Linear(32, classes))


MODEL = Model(name="flat", title="Flat network", kind="image", build=build, min_input_size=8,
              summary="One hidden layer.", source="a test")
'''}


def write(folder: Path) -> None:
    """One file a component."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        (folder / f"{name}.py").write_text(text)


def forget() -> None:
    """What the process knows of components, as at its start."""
    registry.table.cache_clear()
    for name in [name for name in sys.modules if name.startswith("unlearn_components")]:
        del sys.modules[name]
