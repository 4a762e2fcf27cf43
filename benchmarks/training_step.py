"""Samples per second of a ResNet18 training epoch on CIFAR-shaped data, against plain implementations in one run.

``python benchmarks/training_step.py [--samples 2560] [--rounds 3]``. Plain loop: torchvision transforms on
PIL images in a DataLoader, default layout. Layout: the same engine step on the default memory layout. Small
maps: the same step with torchvision's convolutions where ours take the short way (engine/models/_small_maps.py).
Random pictures, so that no data set is needed. Prints one JSON object last, with the instructions that torch takes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms
from torchvision.models import resnet18

from benchmarks._timing import paired, report
from engine.data.images import Data, Pool
from engine.registry import get
from engine.system.device import halved, prepare
from engine.system.rng import generator
from engine.training.loop import make_optimiser, train
from engine.training.networks import build_network

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)


def random_data(samples: int) -> Data:
    rng = generator(0, "benchmark")
    images = torch.randint(0, 256, (samples, 32, 32, 3), dtype=torch.uint8, generator=rng)
    pool = Pool(images, torch.randint(0, 10, (samples,), generator=rng))
    return Data("random", tuple("0123456789"), pool, pool, MEAN, STD)


class Pictures(Dataset):
    """The usual way: one PIL picture at a time through torchvision's transforms."""

    def __init__(self, data: Data):
        self.pool = data.train
        self.pictures = [transforms.functional.to_pil_image(image.permute(2, 0, 1)) for image in data.train.images]
        self.transform = transforms.Compose([transforms.RandomCrop(32, padding=4), transforms.RandomHorizontalFlip(),
                                             transforms.ToTensor(), transforms.Normalize(MEAN, STD)])

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.transform(self.pictures[index]), int(self.pool.labels[index])


def plain_epoch(net: torch.nn.Module, loader: DataLoader) -> None:
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
    net.train()
    for inputs, labels in loader:
        optimiser.zero_grad()
        F.cross_entropy(net(inputs), labels).backward()
        optimiser.step()


def engine_epoch(net: torch.nn.Module, data: Data, recipe: Any) -> None:
    steps = train(net, data, torch.arange(len(data.train)), recipe, 0)
    for _ in range(-(-len(data.train) // recipe.batch_size)):
        next(steps)


def layout_epoch(net: torch.nn.Module, data: Data, layout: torch.memory_format) -> None:
    optimiser = make_optimiser("sgd", net, 0.1, 5e-4, 0.9)
    net.train()
    for index in torch.arange(len(data.train)).split(256):
        inputs, labels = data.batch(data.train, index)
        optimiser.zero_grad(set_to_none=True)
        F.cross_entropy(net(inputs.contiguous(memory_format=layout)), labels).backward()
        optimiser.step()


def torchvisions(net: torch.nn.Module) -> torch.nn.Module:
    """The same network with plain convolutions everywhere."""
    plain = resnet18(weights=None, num_classes=10).to(memory_format=torch.channels_last)
    plain.load_state_dict(net.state_dict())
    return plain


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=2560)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    cpu = torch.device("cpu")
    threads = prepare(cpu, None)
    data, model = random_data(options.samples), get("model", "resnet18")
    recipe = get("dataset", "cifar10").recipe
    loader = DataLoader(Pictures(data), batch_size=256, shuffle=True)
    nets = {name: build_network(model, 10, 3, 0, cpu) for name in ("ours", "default")}
    nets["default"].to(memory_format=torch.contiguous_format)
    nets["plain"] = torchvisions(nets["ours"]).to(memory_format=torch.contiguous_format)
    whole = paired(lambda: engine_epoch(nets["ours"], data, recipe), lambda: plain_epoch(nets["plain"], loader),
                   options.rounds)
    layout = paired(lambda: layout_epoch(nets["ours"], data, torch.channels_last),
                    lambda: layout_epoch(nets["default"], data, torch.contiguous_format), options.rounds)
    nets["long"] = torchvisions(nets["ours"])
    small = paired(lambda: layout_epoch(nets["ours"], data, torch.channels_last),
                   lambda: layout_epoch(nets["long"], data, torch.channels_last), options.rounds)
    report("training_step", samples=options.samples, threads=threads, precision="bf16" if halved(cpu) else "float32",
           instructions=torch.backends.cpu.get_cpu_capability(),
           samples_per_second=round(options.samples / whole["ours_seconds"], 1), against_plain_loop=whole,
           channels_last_against_default=layout, small_maps_against_convolutions=small)


if __name__ == "__main__":
    main()
