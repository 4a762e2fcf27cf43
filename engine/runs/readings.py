"""The sets of a run as a model reads them: what metrics look at, and the per-sample table that a run keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from engine.data.splits import Split
from engine.evaluation.corrective import corrective
from engine.evaluation.measure import Readings, measure
from engine.evaluation.protocol import original_on_all_of_train, retain_on_all_of_train, training_sets_as_trained
from engine.evaluation.readout import Readout, read_out, read_out_as_trained
from engine.registry import corrective as of_correction
from engine.spec import Resolved

if TYPE_CHECKING:
    from engine.originals.workbench import Bench

TRAINING_SETS = ("retain", "forget")  # of the training pool; the other sets are of the held-out pool


def read_sets(model: nn.Module, bench: Bench, parts: Split,
              resolved: Resolved) -> tuple[Readings, dict[str, tuple[torch.Tensor, Readout]]]:
    """What metrics look at, and the per-sample columns of each set with its sample numbers."""
    data = bench.data
    indices = dict(parts.items())
    heldout = read_out(model, data, data.heldout)
    if training_sets_as_trained(resolved):
        whole, trained = None, {name: _as_trained(model, bench, indices[name], resolved) for name in TRAINING_SETS}
    else:
        whole = read_out(model, data, data.train)
        trained = {name: whole[indices[name]] for name in TRAINING_SETS}
    sets = {name: trained[name] if name in trained else heldout[index] for name, index in indices.items()}
    retain = whole if whole is not None and retain_on_all_of_train(resolved) else sets["retain"]
    columns = {name: (index.cpu(), sets[name]) for name, index in indices.items()}
    return Readings(retain, sets["forget"], sets["test"], sets.get("unseen")), columns


def _as_trained(model: nn.Module, bench: Bench, index: torch.Tensor, resolved: Resolved) -> Readout:
    recipe, seed = resolved.recipe, resolved.spec.seeds.evaluation
    return read_out_as_trained(model, bench.data, bench.data.train, index, seed, recipe.augment, recipe.batch_size)


def metrics_of(model: nn.Module, bench: Bench, parts: Split, resolved: Resolved, readings: Readings) -> dict[str, Any]:
    """Every metric that one model has by itself in the run's scenario."""
    metrics = measure(readings)
    return metrics | corrective(model, bench.data, parts.test) if of_correction(resolved.spec.scenario) else metrics


def bench_readings(bench: Bench, parts: Split) -> Readings:
    """The Original on the sets that metrics look at."""
    whole, heldout = bench.readouts["train"], bench.readouts["heldout"]
    return Readings(whole[parts.retain], whole[parts.forget], heldout[parts.test],
                    None if parts.unseen is None else heldout[parts.unseen])


def original_readings(bench: Bench, parts: Split, resolved: Resolved) -> Readings:
    """The Original as the profile reads it (engine.evaluation.protocol), whatever the method."""
    sets = bench_readings(bench, parts)
    if not original_on_all_of_train(resolved):
        return sets
    return Readings(bench.readouts["train"], sets.forget, sets.test, sets.unseen)


def samples_frame(sets: dict[str, tuple[torch.Tensor, Readout]]) -> Any:
    """Per-sample table: set, sample (its number in its pool), loss and entropy in nats, correct, predicted, phi."""
    import pandas as pd

    return pd.concat([pd.DataFrame({"set": name, "sample": index.numpy()}
                                   | {column: values.numpy() for column, values in vars(columns).items()
                                      if values is not None})
                      for name, (index, columns) in sets.items()], ignore_index=True)
