"""Everything a run needs before its method starts: data on the device, the Original, and its read-outs.

Loaded once a process and kept (two of each at most), because a sweep's runs differ in little else.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import torch
from torch import nn

from engine import registry
from engine.data.base import Data, tensors_of
from engine.data.loaded import check
from engine.errors import BadInput, BadMethod, NotWritten, OriginalMissing, ReadOnly
from engine.evaluation.readout import MEANING, Readout, read_out
from engine.originals import pretrain as originals
from engine.originals.checkpoints import Checkpoints, Original, OriginalKey, original_key
from engine.originals.ranks import OriginalRanks
from engine.own.layouts import stamp
from engine.spec import Resolved
from engine.system import hub
from engine.system.device import describe, prepare
from engine.types import Dataset, Model

Report = Callable[[str, float | None], None]
_KEPT = 2
K = TypeVar("K")
V = TypeVar("V")
_lock = threading.RLock()
_data: OrderedDict[str, Data] = OrderedDict()
_benches: OrderedDict[tuple[str, ...], Bench] = OrderedDict()


@dataclass(frozen=True)
class Bench:
    """Data, Original and the Original's read-outs of both pools, on one device."""

    data: Data
    original: Original
    network: nn.Module
    readouts: dict[str, Readout]
    device: torch.device
    threads: int
    notice: str | None

    @property
    def where(self) -> str:
        return describe(self.device, self.threads)


def load_data(dataset: Dataset, options: dict[str, Any], device: torch.device,
              report: Report = lambda text, fraction: None, model: Model | None = None) -> Data:
    """The data set on the device, texts with the tokens that ``model`` reads.

    Raises DataMissing, BadData or ModelMissing.
    """
    reader, prepare = (model, model.prepare) if model and model.prepare else (None, None)
    made_by = [registry.code("dataset", dataset.name), reader and registry.code("model", reader.name)]
    key = json.dumps([dataset.name, options, os.environ.get("UNLEARN_DATA_DIR"), _stamp(dataset), str(device),
                      reader.name if reader else None, *made_by], sort_keys=True)
    with _lock:
        if key not in _data:
            report(f"Loading {dataset.title}", None)
            data = dataset.load(options, report)
            check(data, dataset)
            if prepare:
                report(f"Tokenising {dataset.title}", None)
                data = prepare(data)
            _data[key] = data.to(device)
        return _recent(_data, key)


def prepare_bench(resolved: Resolved, checkpoints: Checkpoints, device: torch.device, train_original: bool = False,
                  report: Report = lambda text, fraction: None, cancel: threading.Event | None = None) -> Bench:
    """Loads or reuses what a run needs; with ``train_original`` trains a missing or foreign Original.

    Raises DataMissing, BadData, OriginalMissing, BadCheckpoint or Cancelled.
    """
    threads = prepare(device, resolved.dataset.threads)
    data = load_data(resolved.dataset, resolved.options, device, report, resolved.model)
    key = original_key(resolved)
    original = checkpoints.find(key, data.fingerprint)
    if original and resolved.model.own_vocabulary and original.fingerprint != data.fingerprint:
        original = None  # its tokens are other words than these data's
    if original is None and key.imported:
        raise not_imported(key, checkpoints)
    if original is None and not train_original:
        raise OriginalMissing(key.dataset, key.model, key.seed, key.recipe.epochs, resolved.sizes.train)
    if original is None or (train_original and not key.imported and original.fingerprint != data.fingerprint):
        original = _train(key, data, checkpoints, threads, report, cancel)
    with _lock:
        held = (original.path.name, original.sha256, data.content, str(device), str(threads))
        if held not in _benches:
            report("Reading the Original", None)
            network = originals.load_original(original, checkpoints, data)
            readouts = _original_readouts(original, network, data, checkpoints, describe(device, threads))
            ranks = OriginalRanks(readouts["train"].loss.cpu().numpy(), data.content, resolved, checkpoints)
            _benches[held] = Bench(replace(data, ranks=ranks), original, network, readouts, device, threads,
                                   notice_of(original, data))
        return _recent(_benches, held)


@contextlib.contextmanager
def untouched(data: Data, method: str) -> Iterator[None]:
    """Raises BadMethod where a method changes the data in place, and has them loaded again: other runs share them."""
    def versions() -> list[int]:
        return [tensor._version for tensor in tensors_of(data).values()]

    before = versions()
    try:
        yield
    finally:
        if versions() != before:
            forget()
            raise BadMethod(f"{method} changed the data that it was given, which other runs share: in its code, "
                            "clone() a tensor of task.data before changing it.")


def forget() -> None:
    """Drops what the process keeps; it is loaded again when it is needed."""
    with _lock:
        _data.clear()
        _benches.clear()


def notice_of(original: Original, data: Data) -> str | None:
    """What to know about results of this Original on these data; None where there is nothing."""
    return " ".join(filter(None, (imported(original), foreign(original, data)))) or None


def imported(original: Original) -> str | None:
    """A sentence where the Original was imported: its recipe is unknown, and retraining uses another one."""
    if not original.imported:
        return None
    model, dataset = (registry.get(kind, original.sidecar[kind]).title for kind in ("model", "dataset"))
    return (f"The Original was imported from {original.sidecar['file']}: how it was trained is not known. A retrained "
            f"model follows this project's recipe for {model} on {dataset}, so part of a difference from it can come "
            f"from the recipe.{_drawn_here(original)}")


def _drawn_here(original: Original) -> str:
    """What a result rests on where the held-out samples were drawn here, unknown to whoever trained the model."""
    return ("" if not original.sidecar.get("heldout_drawn") else
            " Its held-out samples were drawn by the lab: if it was trained on them too, nothing measured here holds.")


def not_imported(key: OriginalKey, checkpoints: Checkpoints) -> BadInput:
    """The error where no Original of that name was imported for these data and this model."""
    if (other := checkpoints.of_name(str(key.imported))) is not None and (asked := _asked_as(other, key)):
        return BadInput(f"{key.imported!r} was imported for {other['dataset']} with {other['model']}"
                        f"{_with_options(other)}: add {asked}.")
    there = sorted({one["imported"] for one in checkpoints.sidecars(f"{key.dataset}-{key.model}-imported.*")
                    if isinstance(one.get("imported"), str)})
    others = f" (there: {', '.join(there[:5])})" if there else ""
    return BadInput(f"No Original named {key.imported!r} was imported for {key.dataset} with {key.model} and these "
                    f"options{others}: python -m engine import-original FILE --dataset {key.dataset} "
                    f"--model {key.model} --name {key.imported}")


def _asked_as(other: Mapping[str, Any], key: OriginalKey) -> str:
    """The flags that lead to an Original of that name, where it was imported for others than were asked for."""
    asked = {"dataset": key.dataset, "model": key.model}
    flags = [f"--{name} {other[name]}" for name, value in asked.items() if other[name] != value]
    theirs = other.get("options") or {}
    return " ".join(flags + [f"--option {name}={value}" for name, value in theirs.items()
                             if key.options.get(name) != value])


def _with_options(other: Mapping[str, Any]) -> str:
    """`` and label_noise=0.2``; empty where the data have no options."""
    return "".join(f" and {name}={value}" for name, value in (other.get("options") or {}).items())


def foreign(original: Original, data: Data) -> str | None:
    """A sentence where the Original was trained on other data than those at hand."""
    if original.fingerprint == data.fingerprint:
        return None
    if original.imported:
        return (f"It was imported for another copy of {data.name} than the one at hand: import it again to see its "
                "accuracies on these data.")
    return (f"The Original was trained on another copy of {data.name} (fingerprint {original.fingerprint[:8]}, from "
            f"{original.sidecar.get('data', 'an unknown source')}) than the one at hand ({data.fingerprint[:8]}, from "
            f"{data.origin}): memorisation is understated. For reliable results, train an Original on these data "
            "(--train-original, or the button below this sentence in the app).")


def _train(key: OriginalKey, data: Data, checkpoints: Checkpoints, threads: int, report: Report,
           cancel: threading.Event | None) -> Original:
    def on_step(progress: Any, seconds: float) -> None:
        report(f"Training the Original, epoch {progress.epoch + 1} of {key.recipe.epochs}",
               progress.step / progress.total_steps)

    return originals.train_original(key, data, checkpoints, threads, on_step, cancel)


def _original_readouts(original: Original, network: nn.Module, data: Data, checkpoints: Checkpoints,
                       where: str) -> dict[str, Readout]:
    """The Original's read-outs, measured once per data, weights and device and kept on disk."""
    name = f"{original.sha256[:16]}-{data.content[:16]}-{where}-{MEANING}"
    kept = checkpoints.load_columns(name, data)
    if kept is None:
        kept = {"train": read_out(network, data, data.train), "heldout": read_out(network, data, data.heldout)}
        with contextlib.suppress(NotWritten, ReadOnly):  # then they are measured again
            checkpoints.save_columns(name, kept)
    return kept


def _stamp(dataset: Dataset) -> str:
    """What changes when the files do that a data set is read from: its own, or those in ``$UNLEARN_DATA_DIR``."""
    folder = hub.local_folder("UNLEARN_DATA_DIR", dataset.name, "*")
    return dataset.stamp() or (stamp(folder) if folder else "")


def _recent(kept: OrderedDict[K, V], key: K) -> V:
    kept.move_to_end(key)
    while len(kept) > _KEPT:
        kept.popitem(last=False)
    return kept[key]
