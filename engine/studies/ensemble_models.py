"""One model of an ensemble: its Original, what each method makes of it, and what all of them say of every sample."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor, nn

from engine.data.base import Data
from engine.data.splits import Split, split_off
from engine.errors import Cancelled, Diverged, LabError, NotMeasurable
from engine.evaluation.constant import is_constant
from engine.evaluation.ensembles.draws import ORIGINAL, seeds_of, states_of
from engine.evaluation.ensembles.outputs import FORGET, IN
from engine.evaluation.phi import phi_of
from engine.evaluation.readout import BATCH, read_logits, read_out
from engine.originals.checkpoints import storable
from engine.registry import get
from engine.runs.method import unlearn_from
from engine.spec import Resolved
from engine.studies.ensemble import Design
from engine.training.loop import train
from engine.training.networks import build_network
from engine.types import Progress

LARGE = 5_000_000  # bytes of weights, from which on they are kept in half precision
Tensors = dict[str, Tensor]


class Part(dict[str, Tensor]):
    """The outputs of one model by name; ``about`` has ``failed``, the reason, where there are none."""

    about: Mapping[str, str] = MappingProxyType({})


def compute(design: Design, data: Data, number: int, parts: Sequence[str], weights: Tensors | None = None,
            cancel: threading.Event | None = None) -> tuple[dict[str, Part], Tensors]:
    """The outputs of these parts of one model, and the weights of its Original.

    A method that fails leaves its reason. ``weights`` are those of an Original that was trained before. Raises
    Cancelled.
    """
    split = split_of(design, data, number)
    original = _original(design, data, number, weights, cancel or threading.Event())
    found = {}
    for part in parts:
        if part == ORIGINAL:
            found[part] = read(original, data, split)
        else:
            found[part] = _unlearned(_seeded(design, part, number), data, split, original, cancel or threading.Event())
    return found, to_keep(original)


def split_of(design: Design, data: Data, number: int) -> Split:
    """The index sets of one model; what it never saw is in none of them."""
    seeds = seeds_of(design.ensemble.seed, number)
    state = torch.from_numpy(_states(design, data, number))
    kept = split_off(data, (state != IN).nonzero().squeeze(1), replace(design.base.spec, seed=seeds.data))
    forget = (state == FORGET).nonzero().squeeze(1).to(data.device)
    return Split(forget, kept.retain, kept.validation, kept.test)


def read(model: nn.Module, data: Data, split: Split) -> Part:
    """phi and correctness (n,) of all training samples in evaluation mode, and the test accuracy in percent.

    Raises Diverged where a model says nothing finite, NotMeasurable where it says the same of every sample.
    """
    was_training = model.training
    model.eval()
    everything = torch.arange(len(data.train), device=data.device)
    parts = []
    with torch.no_grad():
        for index in everything.split(BATCH):
            inputs, targets = data.batch(data.train, index)
            logits = read_logits(model, data, inputs).float()
            parts.append((phi_of(logits, targets), data.criterion.columns(logits, targets)[2], logits))
    phi, correct, said = (torch.cat(column).cpu() for column in zip(*parts, strict=True))
    test = read_out(model, data, data.heldout, split.test)
    model.train(was_training)
    if not phi.isfinite().all():
        raise Diverged(f"{int((~phi.isfinite()).sum())} of {len(phi)} samples have no finite output: the method "
                       "destroyed the model.")
    if is_constant(said):
        raise NotMeasurable(f"The model says the same of all {len(phi):,} samples: it is damaged, and what an attack "
                            "says of a damaged model is no sign of unlearning.")
    return Part(phi=phi, correct=correct, test_accuracy=torch.tensor([test.accuracy]))


def to_keep(model: nn.Module) -> Tensors:
    """The weights, in half precision where they are large."""
    exact = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    size = sum(value.numel() * value.element_size() for value in exact.values())
    return storable(model) if size > LARGE else exact


def _original(design: Design, data: Data, number: int, weights: Tensors | None, cancel: threading.Event) -> nn.Module:
    """O_m as it is kept: rounded first where it is large, so that a method added later begins from the same weights."""
    seeds, base = seeds_of(design.ensemble.seed, number), design.base
    model = build_network(get("model", base.model.name), len(data.classes), data.inputs, seeds.training, data.device)
    if weights is None:
        state = torch.from_numpy(_states(design, data, number))
        members = ((state == IN) | (state == FORGET)).nonzero().squeeze(1).to(data.device)
        for _ in train(model, data, members, base.recipe, seeds.training):
            _stop(cancel)
        weights = to_keep(model)
    model.load_state_dict({name: value.float() if value.dtype == torch.float16 else value
                           for name, value in weights.items()})
    return model.eval()


def _states(design: Design, data: Data, number: int) -> np.ndarray:
    return states_of(design.ensemble.seed, number, len(data.train), design.candidates)


def _seeded(design: Design, part: str, number: int) -> Resolved:
    seeds, resolved = seeds_of(design.ensemble.seed, number), design.parts[part]
    seed = seeds.retraining if resolved.method.role == "reference" else seeds.unlearning
    return replace(resolved, spec=replace(resolved.spec, seed=seed))


def _unlearned(resolved: Resolved, data: Data, split: Split, original: nn.Module, cancel: threading.Event) -> Part:
    def on_step(model: nn.Module, progress: Progress, seconds: float) -> None:
        _stop(cancel)

    try:
        done = unlearn_from(original, data, resolved, split, on_step)
        return read(done.model, data, split)
    except Cancelled:
        raise
    except LabError as error:
        part = Part()
        part.about = {"failed": str(error)}
        return part


def _stop(cancel: threading.Event) -> None:
    if cancel.is_set():
        raise Cancelled("The ensemble was stopped; finished models are kept.")
