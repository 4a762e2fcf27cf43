"""Samples per second of one fine-tuning epoch on GoEmotions: ours against the plain ``transformers.Trainer``.

``python benchmarks/text.py [--model minilm] [--samples 1024] [--rounds 3]``; same network, data, batch size, optimiser
and machine, in turns. Both read texts tokenised beforehand; the Trainer pads each batch to its longest text
(as ``DataCollatorWithPadding`` does). ``by_length`` tells what reading a batch in parts of like length gains by
itself. Needs the model's weights, and ``pip install accelerate`` for the Trainer. Prints one JSON object last.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch
from torch import nn

from benchmarks._timing import paired, report
from engine.models import _transformers
from engine.originals.workbench import load_data
from engine.registry import get
from engine.system.device import default_device, prepare
from engine.training.loop import train
from engine.training.networks import build_network

DATASET = get("dataset", "go_emotions")


class Labelled(nn.Module):
    """The same network as the Trainer wants it: a dictionary with the loss."""

    def __init__(self, net: nn.Module):
        super().__init__()
        self.net = net

    def forward(self, input_ids: torch.Tensor, labels: torch.Tensor) -> dict[str, Any]:
        logits = self.net(input_ids)
        return {"loss": nn.functional.cross_entropy(logits, labels), "logits": logits}


def trainer_epoch(net: nn.Module, data: Any, samples: int, recipe: Any) -> None:
    """One epoch of ``transformers.Trainer`` with its defaults, but for what the recipe says."""
    from transformers import Trainer, TrainingArguments

    rows = [{"input_ids": data.train.tokens[i, :data.train.lengths[i]].long(), "labels": data.train.labels[i]}
            for i in range(samples)]

    def collate(batch: list[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
        tokens = nn.utils.rnn.pad_sequence([row["input_ids"] for row in batch], True, net.padding)
        return {"input_ids": tokens, "labels": torch.stack([row["labels"] for row in batch])}

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(folder, num_train_epochs=1, per_device_train_batch_size=recipe.batch_size,
                                      learning_rate=recipe.learning_rate, weight_decay=recipe.weight_decay,
                                      report_to=[], save_strategy="no", logging_strategy="no", disable_tqdm=True)
        Trainer(Labelled(net), arguments, train_dataset=rows, data_collator=collate).train()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="minilm", choices=("minilm", "roberta_base"))
    parser.add_argument("--samples", type=int, default=1_024)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    model, device = get("model", options.model), default_device()
    threads = prepare(device, None)
    data = load_data(DATASET, {"labels": "single"}, device, model=model)
    recipe, index = model.recipe_for(DATASET), torch.arange(options.samples, device=device)
    nets = {name: build_network(model, 28, data.inputs, 0, device) for name in ("ours", "plain", "whole")}

    def epoch(net: nn.Module, at_once: int) -> None:
        _transformers.AT_ONCE = at_once
        steps = train(net, data, index, recipe, 0)
        for progress in steps:
            if progress.epoch == 0 and progress.state:
                steps.close()
                return

    whole = recipe.batch_size
    usual = _transformers.AT_ONCE

    def plain() -> None:
        _transformers.AT_ONCE = whole
        trainer_epoch(nets["plain"], data, options.samples, recipe)

    against = paired(lambda: epoch(nets["ours"], usual), plain, options.rounds)
    parts = paired(lambda: epoch(nets["ours"], usual), lambda: epoch(nets["whole"], whole), options.rounds)
    report("text", model=model.name, samples=options.samples, batch_size=recipe.batch_size, threads=threads,
           samples_per_second=round(options.samples / against["ours_seconds"], 1),
           trainer_samples_per_second=round(options.samples / against["plain_seconds"], 1),
           times_as_fast_as_trainer=against["times_as_fast"], by_length=parts["times_as_fast"])


if __name__ == "__main__":
    main()
