"""The sets of a run as a model reads them: what metrics look at, and the per-sample table that a run keeps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from engine.evaluation import Readings
from engine.readout import Readout, read_out, read_out_as_trained
from engine.spec import Resolved
from engine.training import Split

if TYPE_CHECKING:
    from engine.bench import Bench


def read_sets(model: nn.Module, bench: Bench, parts: Split,
              resolved: Resolved) -> tuple[Readings, dict[str, tuple[torch.Tensor, Readout]]]:
    """What metrics look at, and the per-sample columns of each set with its sample numbers."""
    data, spec = bench.data, resolved.spec
    indices = {name: index for name in ("retain", "forget", "test", "validation", "unseen")
               if (index := getattr(parts, name)) is not None}
    if spec.profile == "paper" and resolved.method.from_scratch and resolved.dataset.kind == "image":
        sets = {name: read_out_as_trained(model, data, data.pool_of(name), index, spec.seed,
                                          resolved.recipe.augment, resolved.recipe.batch_size)
                for name, index in indices.items()}
        whole = sets["retain"]
    else:
        pools = {"train": read_out(model, data, data.train), "heldout": read_out(model, data, data.heldout)}
        sets = {name: pools["train" if data.pool_of(name) is data.train else "heldout"][index]
                for name, index in indices.items()}
        whole = pools["train"]
    retain = whole if spec.profile == "paper" else sets["retain"]  # docs/methods.md: the paper's A_Dr is on all of D
    columns = {name: (index.cpu(), sets[name]) for name, index in indices.items()}
    return Readings(retain, sets["forget"], sets["test"], sets.get("unseen")), columns


def bench_readings(bench: Bench, parts: Split) -> Readings:
    """The Original on the sets that metrics look at."""
    whole, heldout = bench.readouts["train"], bench.readouts["heldout"]
    return Readings(whole[parts.retain], whole[parts.forget], heldout[parts.test],
                    None if parts.unseen is None else heldout[parts.unseen])


def original_readings(bench: Bench, parts: Split, resolved: Resolved) -> Readings:
    """The Original as the profile reads it: the paper's retain accuracy is on all of D."""
    sets = bench_readings(bench, parts)
    return replace(sets, retain=bench.readouts["train"]) if resolved.spec.profile == "paper" else sets


def samples_frame(sets: dict[str, tuple[torch.Tensor, Readout]]) -> Any:
    """Per-sample table: set, sample (its number in its pool), loss and entropy in nats, correct, predicted."""
    import pandas as pd

    return pd.concat([pd.DataFrame({"set": name, "sample": index.numpy()}
                                   | {column: values.numpy() for column, values in vars(columns).items()
                                      if values is not None})
                      for name, (index, columns) in sets.items()], ignore_index=True)
