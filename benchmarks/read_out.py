"""Pictures a second that a model reads in evaluation mode on a CPU: in parts that fit its cache, against 1,000 at once.

``python benchmarks/read_out.py [--rounds 5]``: the small conv net on 1,797 pictures of 8x8 pixels and ResNet18 on 2,000
of 32x32, random ones. Says whether both ways give the same bits, and how much longer a read-out takes for its column
phi, in percent of the logits; prints one JSON object last.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch

from benchmarks._timing import paired, report
from engine.data.images import Data, Pool
from engine.evaluation.phi import phi_of
from engine.evaluation.readout import BATCH, read_logits
from engine.registry import get
from engine.system.device import prepare
from engine.training.networks import build_network

CASES = {"small_cnn": (1_797, 1, 8), "resnet18": (2_000, 3, 32)}  # pictures, channels, pixels a side


def measured(name: str, rounds: int) -> dict[str, Any]:
    count, channels, side = CASES[name]
    net = build_network(get("model", name), 10, channels, 0, torch.device("cpu")).eval()
    pictures = torch.rand(count, channels, side, side).to(memory_format=torch.channels_last).split(BATCH)

    none = Pool(torch.zeros(0, side, side, channels, dtype=torch.uint8), torch.zeros(0, dtype=torch.int64))
    data = Data("", (), none, none, (0.0,) * channels, (1.0,) * channels)

    def in_parts() -> torch.Tensor:
        return torch.cat([read_logits(net, data, some) for some in pictures])

    def at_once() -> torch.Tensor:
        with torch.no_grad():
            return torch.cat([net(some) for some in pictures])

    logits, targets = in_parts(), torch.arange(count) % 10

    def phi() -> torch.Tensor:
        return torch.cat([phi_of(*some) for some in zip(logits.split(BATCH), targets.split(BATCH), strict=True)])

    found, of_phi = paired(in_parts, at_once, rounds), paired(in_parts, phi, rounds)
    return found | {"pictures_per_second": round(count / found["ours_seconds"]),
                    "same_bits": torch.equal(in_parts(), at_once()),
                    "phi_percent": round(100 * of_phi["times_as_fast"], 2)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    threads = prepare(torch.device("cpu"), None)
    report("read_out", threads=threads, **{name: measured(name, rounds) for name in CASES})


if __name__ == "__main__":
    main()
