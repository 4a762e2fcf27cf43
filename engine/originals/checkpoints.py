"""Originals, trained once and cached by what made them, and the half-finished state of trainings.

An Original is two files: ``<name>.safetensors`` and the sidecar ``<name>.json`` with the recipe, the
accuracies, the code version, the sha256 of the weights and the fingerprint of the training data. Beside them
``<name>.confidence.safetensors`` has what its training read of every sample (:mod:`engine.originals.confidence`).
Matrices and kernels are stored in half precision (the metrics are those of the stored weights);
vectors, batch-norm statistics among them, stay float32. Nothing is pickled.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import BadCheckpoint
from engine.originals.confidence import Confidence
from engine.system.files import sha256_of, short_hash, write_json, write_whole
from engine.system.paths import PROJECT, home
from engine.system.singleton import singleton
from engine.system.unfinished import Note, clear, noted
from engine.training.partial import Partial
from engine.types import Recipe

if TYPE_CHECKING:
    from torch import Tensor, nn

    from engine.data.base import Data
    from engine.evaluation.readout import Readout
    from engine.spec import Resolved

SHIPPED = PROJECT / "cached_checkpoints"
FORMAT = 1
CONFIDENCE = ".confidence.safetensors"


@dataclass(frozen=True)
class OriginalKey:
    """What makes an Original: data set with its options, model, recipe, seed and the code of the first two.

    An imported one has a name instead of a seed, and a file name that no trained one can have. How it was trained is
    not known: ``recipe`` is then the model's, which retraining uses, and no part of the key.
    """

    dataset: str
    model: str
    recipe: Recipe
    seed: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    code: dict[str, str] = field(default_factory=dict)  # of the data set and the model, where it is not the first
    imported: str | None = None

    @property
    def name(self) -> str:
        code = {"code": self.code} if self.code else {}
        if self.imported:
            fits = short_hash({"options": self.options, **code}, 8)
            return f"{self.dataset}-{self.model}-imported.{self.imported}-{fits}"
        made_by = short_hash({"recipe": asdict(self.recipe), "options": self.options, **code}, 8)
        return f"{self.dataset}-{self.model}-seed{self.seed}-{made_by}"


def original_key(resolved: Resolved) -> OriginalKey:
    """The Original that a run begins from."""
    return OriginalKey(resolved.dataset.name, resolved.model.name, resolved.recipe, resolved.spec.original_seed,
                       resolved.options, {kind: resolved.code[kind] for kind in ("dataset", "model")
                                          if kind in resolved.code}, resolved.spec.original)


@dataclass(frozen=True)
class Original:
    """A found Original: its weights file and the sidecar's content."""

    path: Path
    sidecar: dict[str, Any]

    @property
    def sha256(self) -> str:
        digest: str = self.sidecar["sha256"]
        return digest

    @property
    def imported(self) -> str | None:
        """The name that it was imported under; None for one that was trained here."""
        return self.sidecar.get("imported")

    @property
    def fingerprint(self) -> str:
        fingerprint: str = self.sidecar["fingerprint"]
        return fingerprint


class Checkpoints:
    """The Originals of one folder (``$UNLEARN_HOME/checkpoints``) and of the read-only one that ships."""

    def __init__(self, root: Path, shipped: Path | None = SHIPPED):
        self.root = Path(root)
        self.shipped = shipped

    def find(self, key: OriginalKey, fingerprint: str | None = None) -> Original | None:
        """The Original of this key; one trained on the data with this fingerprint where there is a choice."""
        found = []
        for folder in (self.root, self.shipped):
            paths = sorted(folder.glob(f"{key.name}-*.json")) if folder and folder.is_dir() else []
            found += [self._read(path, key) for path in paths]
        found.sort(key=lambda original: original.fingerprint != fingerprint)
        return found[0] if found else None

    def load(self, original: Original) -> dict[str, Tensor]:
        """The weights as float32 on the CPU; raises BadCheckpoint naming a file that is not what it was."""
        import torch
        from safetensors.torch import load_file

        if not original.path.is_file():
            raise BadCheckpoint(f"{original.path.name} is missing beside its sidecar in {original.path.parent}.")
        if sha256_of(original.path) != original.sha256:
            raise BadCheckpoint(f"{original.path.name} is damaged: its sha256 is not the one in its sidecar. "
                                f"Delete it and its .json in {original.path.parent}; then train it again.")
        tensors = load_file(original.path)
        return {name: t.float() if t.dtype == torch.float16 else t for name, t in tensors.items()}

    def save(self, key: OriginalKey, fingerprint: str, model: nn.Module, about: dict[str, Any],
             confidence: Confidence | None = None) -> Original:
        """Writes weights, confidence and sidecar; ``about`` adds metrics, cost and machine to what the key says."""
        from safetensors.torch import save_file

        path = (self.root / f"{key.name}-{fingerprint[:8]}.safetensors").absolute()
        tensors, says, beside = storable(model), path.with_suffix(".json"), path.with_suffix(CONFIDENCE)
        says.unlink(missing_ok=True)  # it comes last: what has one is whole
        with noted(Note((str(path), str(beside)), unless=str(says))):
            write_whole(path, lambda temporary: save_file(tensors, temporary))
            sidecar = {"format": FORMAT, **_made_of(key), "fingerprint": fingerprint, "sha256": sha256_of(path),
                       **about}
            original = Original(path, sidecar)
            beside.unlink(missing_ok=True)
            if confidence:
                packed = confidence.packed(original.sha256)
                write_whole(beside, lambda temporary: temporary.write_bytes(packed))
            write_json(says, sidecar)
        return original

    def confidence(self, original: Original) -> Confidence | None:
        """What the Original's training read of every sample; None where none was kept with these weights.

        Raises BadCheckpoint where the file is damaged.
        """
        path = original.path.with_suffix(CONFIDENCE)
        return Confidence.unpacked(path.read_bytes(), original.sha256, path) if path.is_file() else None

    def sidecars(self, pattern: str) -> Iterator[dict[str, Any]]:
        """The readable sidecars of that name, the shipped ones first; damaged ones are passed over."""
        for folder in (self.shipped, self.root):
            for path in sorted(folder.glob(f"{pattern}.json")) if folder and folder.is_dir() else []:
                try:
                    yield json.loads(path.read_text(encoding="utf-8"))
                except (OSError, ValueError):
                    continue

    def of_name(self, imported: str) -> dict[str, Any] | None:
        """The sidecar of an Original that was imported under that name, for whatever data and model."""
        return next(self.sidecars(f"*-imported.{imported}-*"), None)

    def imported_names(self, dataset: str, model: str, options: dict[str, Any]) -> list[str]:
        """The names of the Originals that were imported for these data, options and this model, in their order."""
        wanted = {"dataset": dataset, "model": model, "options": options}
        found = self.sidecars(f"{dataset}-{model}-imported.*")
        return sorted({str(one["imported"]) for one in found if one.get("imported")
                       and {name: one.get(name) for name in wanted} == wanted})

    def copy(self, original: Original, folder: Path) -> None:
        """Copies weights, sidecar and confidence into another folder."""
        for path in (original.path, *map(original.path.with_suffix, (CONFIDENCE, ".json"))):
            if path.is_file() and path.resolve().parent != folder.resolve():
                _copy(path, folder / path.name)

    def partial(self, name: str) -> Partial:
        """The place of a half-finished training of that name."""
        return Partial(self.root / "partial" / f"{name}.safetensors")

    def save_columns(self, name: str, readouts: dict[str, Readout]) -> None:
        """Keeps per-sample read-outs of an Original (pools ``train`` and ``heldout``)."""
        from safetensors.torch import save_file

        tensors = {f"{pool}.{f.name}": getattr(columns, f.name).contiguous()
                   for pool, columns in readouts.items() for f in fields(columns)}
        write_whole(self._columns_path(name), lambda temporary: save_file(tensors, temporary))

    def load_columns(self, name: str, data: Data) -> dict[str, Readout] | None:
        """Kept read-outs of these data; None where there are none or the file is damaged."""
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        from engine.evaluation.readout import Readout

        try:
            tensors = load_file(self._columns_path(name))
            kept = {pool: Readout(**{f.name: tensors[f"{pool}.{f.name}"] for f in fields(Readout)})
                    for pool in ("train", "heldout")}
        except (OSError, SafetensorError, KeyError):
            return None
        fits = len(kept["train"]) == len(data.train) and len(kept["heldout"]) == len(data.heldout)
        return kept if fits else None

    def _columns_path(self, name: str) -> Path:
        return self.root / "readouts" / f"{short_hash(name, 24)}.safetensors"

    def _read(self, path: Path, key: OriginalKey) -> Original:
        try:
            sidecar = json.loads(path.read_text(encoding="utf-8"))
            made_of = {name: sidecar[name] for name in ("dataset", "model", "seed", "recipe", "options")}
            made_of["code"] = sidecar.get("code", {})  # those of earlier versions were made by the first code
            if key.imported:
                made_of["imported"] = sidecar["imported"]
            sidecar["sha256"], sidecar["fingerprint"], sidecar["metrics"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadCheckpoint(f"The sidecar {path.name} in {path.parent} cannot be read "
                                f"({type(error).__name__}: {error}). Delete it and its .safetensors.") from error
        for name, value in _made_of(key).items():
            if made_of[name] != value:
                raise BadCheckpoint(f"{path.name} was made with {name} {made_of[name]!r}, not {value!r} "
                                    f"as its name says. Delete it and its .safetensors in {path.parent}.")
        return Original(path.with_suffix(".safetensors"), sidecar)


def _made_of(key: OriginalKey) -> dict[str, Any]:
    """A key as a sidecar holds it: an imported Original has no seed and no known recipe."""
    made = {"dataset": key.dataset, "options": key.options, "model": key.model, "code": key.code}
    if key.imported:
        return made | {"recipe": None, "seed": None, "imported": key.imported}
    return made | {"recipe": asdict(key.recipe), "seed": key.seed}


def open_checkpoints(folder: Path | None = None) -> Checkpoints:
    """The Originals of a results folder, by default ``$UNLEARN_HOME``, beside those that ship."""
    place = folder or home()
    singleton("cleared", str(place), clear)
    return Checkpoints(place / "checkpoints")


def _copy(source: Path, target: Path) -> None:
    write_whole(target, lambda temporary: shutil.copyfile(source, temporary))


def storable(model: nn.Module) -> dict[str, Tensor]:
    """The weights to keep: kernels and matrices in half precision, everything else as it is."""
    return {name: value.detach().cpu().half().contiguous() if value.is_floating_point() and value.dim() > 1
            else value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
