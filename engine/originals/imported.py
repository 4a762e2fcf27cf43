"""Weights that somebody else trained, checked and kept as an Original that can be forgotten from.

How they were trained is not known, so what can be known is measured: names, shapes, finite values, and accuracies
against what a person expects of a model that was trained on these data. Wrong weights are refused in a sentence.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from engine.data.base import Data
from engine.errors import BadInput
from engine.evaluation.readout import Readout, read_out
from engine.originals.checkpoints import Checkpoints, Original, OriginalKey, original_key, storable
from engine.originals.weight_names import COUNTER, Named, listed, renamed
from engine.own.heldout import drawn
from engine.registry import models_for
from engine.spec import Resolved
from engine.system.device import place
from engine.system.files import sha256_of
from engine.system.version import code_version
from engine.system.weight_files import WHOLE, read_weights, refuse_special
from engine.training.networks import build_network

LARGEST_HALF = 65_504
UNSURE = 2  # standard errors within which two accuracies, or one and chance, are called equal
ASKED = "was it trained on these data, with this normalisation"


@dataclass(frozen=True)
class Imported:
    """An imported Original, what was changed on the way, and what a person should doubt, a sentence each."""

    original: Original
    changes: tuple[str, ...]
    doubts: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {"status": "finished", "path": str(self.original.path), **self.original.sidecar,
                "changes": list(self.changes), "doubts": list(self.doubts)}


def name_from(path: Path) -> str:
    """The name of an Original that is imported without one: the file's, in the characters that names have."""
    plain = re.sub(r"[^a-z0-9]+", "_", path.stem.lower()).strip("_")
    return plain[:40] or "imported"


def import_original(path: Path, resolved: Resolved, data: Data, checkpoints: Checkpoints) -> Imported:
    """Reads, checks, measures and keeps the weights under the name ``resolved.spec.original``.

    Raises BadInput in one sentence where they are not weights of this model for these data, or the name is taken.
    """
    refuse_special(path)
    key, source = original_key(resolved), _digest_of(path)
    if (there := _there(key, source, checkpoints, data)) is not None:
        return Imported(there, tuple(there.sidecar["changes"]), tuple(there.sidecar["doubts"]))
    found, opened = read_weights(path)
    network = build_network(resolved.model, len(data.classes), data.inputs, 0, torch.device("cpu"))
    named = renamed(found, network.state_dict())
    _refuse_others(path, named.tensors, network, lambda: _mend(found, resolved, data),
                   f"{resolved.model.name} for {resolved.dataset.name}", len(data.classes))
    _refuse_values(path, named.tensors)
    network.load_state_dict({name: value.to(network.state_dict()[name].dtype) for name, value in named.tensors.items()})
    network.load_state_dict({name: value.float() if value.dtype == torch.float16 else value
                             for name, value in storable(network).items()})
    network = place(network, data.device).eval()
    train, heldout = (read_out(network, data, pool) for pool in (data.train, data.heldout))
    mine = drawn(resolved.dataset.name)
    changes, doubts = (*opened, *named.said), tuple(doubted(train, heldout, data, named, mine))
    about = {"file": path.name, "file_sha256": source, "changes": list(changes), "doubts": list(doubts),
             "metrics": _metrics(train, heldout), **({"heldout_drawn": mine} if mine else {}),
             "data": data.origin, "torch": torch.__version__,
             "code_version": code_version(),
             "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")}
    return Imported(checkpoints.save(key, data.fingerprint, network, about), changes, doubts)


def _there(key: OriginalKey, source: str, checkpoints: Checkpoints, data: Data) -> Original | None:
    """The Original of that name where it came from the same file; raises BadInput where it did not."""
    taken = checkpoints.of_name(str(key.imported))
    if taken is None:
        return None
    found = checkpoints.find(key, data.fingerprint)
    if found is not None and found.sidecar.get("file_sha256") == source and found.fingerprint == data.fingerprint:
        return found
    if found is not None and found.sidecar.get("file_sha256") == source:
        return None  # the same weights, to be measured on another copy of the data
    raise BadInput(f"--name is {key.imported}, but an Original of that name was imported from {taken.get('file')} for "
                   f"{taken.get('dataset')} with {taken.get('model')}: give this one another --name.")


def _digest_of(path: Path) -> str:
    """The sha256 of a file, or over those of a folder's weights; raises BadInput where there is none."""
    try:
        if not path.is_dir():
            return sha256_of(path)
        endings = {Path(name).suffix for name in WHOLE}
        parts = [file for file in sorted(path.iterdir()) if file.suffix in endings and file.is_file()]
        if not parts:
            read_weights(path)  # says what the folder holds instead
        return "+".join(sha256_of(file)[:32] for file in parts)
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror or type(error).__name__}): name a file of weights or a "
                       "folder that save_pretrained wrote.") from error


# --- what is refused -------------------------------------------------------------------------


def _refuse_others(path: Path, found: Mapping[str, Tensor], network: nn.Module, mend: Callable[[], str], what: str,
                   classes: int) -> None:
    """Raises BadInput where these are not this network's weights, with what differs and the mend."""
    wanted = network.state_dict()
    both = [name for name in wanted if name in found]
    shapes = [name for name in both if found[name].shape != wanted[name].shape]
    absent, strange = ([name for name in one if name not in other] for one, other in ((wanted, found), (found, wanted)))
    if absent or strange or shapes:
        others = [] if absent or strange else _other_classes(found, wanted, shapes, classes)
        raise BadInput(f"{path} does not hold the weights of {what}: "
                       f"{_differences(found, wanted, absent, strange, shapes, classes)}. "
                       f"{_other_head(others[0], classes) if others else mend()}")


def _other_head(theirs: int, classes: int) -> str:
    """What to do where all but the last layer fits."""
    return (f"Where the model was made, put a last layer for these {classes} classes in its place and train that, or "
            f"name the data set of {theirs} classes that it was trained on (--dataset).")


def _differences(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor], absent: list[str], strange: list[str],
                 shapes: list[str], classes: int) -> str:
    said = [f"its last layer answers {count} classes and not {classes}"
            for count in _other_classes(found, wanted, shapes, classes)]
    if shapes and not said:
        pairs = (f"{name} {tuple(found[name].shape)} instead of {tuple(wanted[name].shape)}" for name in shapes)
        said.append(f"of another shape: {listed(pairs)}")
    said += [f"absent: {listed(absent)}"] if absent else []
    said += [f"of no use: {listed(strange)}"] if strange else []
    return "; ".join(said)


def _other_classes(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor], shapes: list[str],
                   classes: int) -> list[int]:
    """The number of classes that the weights answer, where that alone is other; else empty."""
    firsts = {found[name].shape[0] if found[name].dim() else 0 for name in shapes}
    alone = all(wanted[name].shape[:1] == (classes,) and found[name].shape[1:] == wanted[name].shape[1:]
                for name in shapes)
    return list(firsts) if len(firsts) == 1 and alone else []


def _mend(found: Mapping[str, Tensor], resolved: Resolved, data: Data) -> str:
    """What to do: name the model that the weights do fit, if there is one."""
    for other in models_for(resolved.dataset):
        if other.name == resolved.model.name or other.pretrained:
            continue
        with torch.device("meta"):
            wanted = other.build(len(data.classes), data.inputs).state_dict()
        named = renamed(found, wanted)
        if {name: value.shape for name, value in named.tensors.items()} == {
                name: value.shape for name, value in wanted.items()}:
            return f"They are those of --model {other.name}."
    return f"Name the model and the data set that these {len(found):,} weights belong to."


def _refuse_values(path: Path, found: Mapping[str, Tensor]) -> None:
    """Raises BadInput where a weight is no number, or beyond what half precision holds."""
    if any(value.is_meta for value in found.values()):
        raise BadInput(f"{path} holds the shapes of weights and no values (torch's meta device): save them from the "
                       "device where the model is.")
    odd = [name for name, value in found.items() if value.is_complex() or value.is_quantized or value.is_sparse]
    if odd:
        raise BadInput(f"{path} holds weights that are sparse, complex or quantised ({listed(odd)}): save them as "
                       "float32.")
    whole = [name for name, value in found.items() if not value.is_floating_point() and not name.endswith(COUNTER)]
    if whole:
        kind = str(found[whole[0]].dtype).removeprefix("torch.")
        raise BadInput(f"{path} holds {kind} in {listed(whole)}, where weights are fractions: they were quantised or "
                       "converted, so save them as float32 from the model itself.")
    broken = [name for name, value in found.items() if not bool(torch.isfinite(value.float()).all())]
    if broken:
        raise BadInput(f"{path} holds NaN or infinite values in {listed(broken)}: the training went wrong, so take an "
                       "earlier checkpoint.")
    large = [name for name, value in found.items()
             if value.dim() > 1 and bool((value.float().abs() > LARGEST_HALF).any())]
    if large:
        raise BadInput(f"{path} holds weights beyond ±{LARGEST_HALF:,} in {listed(large)}: Originals are kept in half "
                       "precision, which ends there.")


# --- what is doubted -------------------------------------------------------------------------


def _metrics(train: Readout, heldout: Readout) -> dict[str, float]:
    return {"train_accuracy": train.accuracy, "heldout_accuracy": heldout.accuracy,
            "train_loss": float(train.loss.mean()), "heldout_loss": float(heldout.loss.mean())}


def doubted(train: Readout, heldout: Readout, data: Data, named: Named, mine: int = 0) -> list[str]:
    """What speaks against the weights' having been trained on these data as they are read here, and on no others.

    ``mine`` are the held-out samples that were drawn here: whoever trained the model did not know them.
    """
    said, chance = [], _commonest(data)
    seen, unseen = train.accuracy, heldout.accuracy
    if mine:
        said.append(_trained_on_all(mine, seen, unseen, data.name))
    if unseen <= chance + UNSURE * _error(chance, len(heldout)):
        said.append(f"It is right on {unseen:.1f}% of the held-out samples, no better than always naming the commonest "
                    f"class ({chance:.1f}%): {ASKED} ({data.normalisation})?")
    elif seen - unseen <= UNSURE * (_error(seen, len(train)) + _error(unseen, len(heldout))) and not (
            mine and unseen >= seen):  # that is said already
        said.append(f"It knows the training samples no better than unseen ones ({seen:.1f}% and {unseen:.1f}%): "
                    f"{ASKED}? If it was, there is little for an attack to find.")
    return said + _other_normalisation(data, named)


def _trained_on_all(mine: int, seen: float, unseen: float, dataset: str) -> str:
    """What a person must know whose model may have been trained on a whole folder, louder where it looks like it."""
    loud = (f"It is right on {unseen:.1f}% of the held-out samples and on {seen:.1f}% of the training samples, as a "
            "model is that was trained on both. ") if unseen >= seen else ""
    return (f"{loud}These {mine:,} held-out samples were drawn by the lab from your data: if your model was trained on "
            "them, nothing measured here holds. Train it without them (python -m engine export-dataset "
            f"{dataset} --samples lists them), or name a test split with --test when you add the data.")


def _commonest(data: Data) -> float:
    """Percent of the held-out samples that are of the commonest class."""
    counts = torch.bincount(data.heldout.labels.cpu())
    return 100 * float(counts.max()) / len(data.heldout)


def _error(percent: float, samples: int) -> float:
    share = min(max(percent / 100, 1 / (samples + 1)), samples / (samples + 1))
    return 100 * sqrt(share * (1 - share) / samples)


def _other_normalisation(data: Data, named: Named) -> list[str]:
    """A sentence where the file carries another normalisation than that of the data here."""
    other = {name: [round(float(one), 4) for one in value.flatten()[:8]] for name, value in named.normalisation.items()
             if not _alike(value, getattr(data, name))}
    shown = " and ".join(f"{name} {', '.join(map(str, values))}" for name, values in other.items())
    return [f"The file was trained with the normalisation {shown}; here it is {data.normalisation}: its answers are "
            "others than where it was made."] if other else []


def _alike(theirs: Tensor, ours: tuple[float, ...]) -> bool:
    values = theirs.flatten().float()
    return len(values) == len(ours) and bool(torch.allclose(values, torch.tensor(ours), atol=2e-3))


