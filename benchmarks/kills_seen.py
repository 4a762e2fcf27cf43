"""What ``benchmarks/kills.py`` finds in a home folder: runs, Originals, models, findings, archives, leftovers."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any


def looked() -> dict[str, Any]:
    """The state of the home folder as the next start finds it, in a process of its own."""
    from engine.originals.checkpoints import open_checkpoints
    from engine.runs.store import open_store

    store = open_store()
    root = open_checkpoints().root
    runs = store.list()
    finished = {run.id: [run.fingerprint, digest(run.metrics and run.metrics.stored, store.load_samples(run.id),
                                                 store.weights_path(run.id))] for run in runs if run.finished}
    lone = [str(path) for path in root.glob("*.safetensors")
            if not path.name.endswith(".confidence.safetensors") and not path.with_suffix(".json").is_file()]
    folders = {path.name for path in (store.root / "artifacts").glob("*")} - {run.id for run in runs}
    places = (store.root, store.root.parent / f"{store.root.name}-out")
    temporary = [str(path) for place in places for path in place.rglob("*.tmp")]
    notes = [str(path) for path in (store.root / "unfinished").glob("*")]
    return {"finished": finished, "running": [run.id for run in runs if run.status == "running"],
            "leftovers": [*lone, *folders, *temporary, *notes],
            "originals": {path.name: sha(path) for path in root.glob("*.safetensors")},
            "models": {str(path.relative_to(store.root)): sha(path)
                       for path in (store.root / "ensembles").rglob("*.safetensors")},
            "findings": {str(path.relative_to(store.root)): finding(path)
                         for path in (store.root / "artifacts").glob("*/relearn*.json")},
            "archives": {path.name: archive(path) for path in places[1].glob("*.zip")}}


def digest(metrics: Any, samples: Any, weights: Path) -> str:
    """Of all that a run came to; what depends on its neighbours or the clock is left out."""
    kept = {name: value for name, value in (metrics or {}).items() if name not in ("retrained", "missing")}
    table = "" if samples is None else hashlib.sha256(samples.to_csv(index=False).encode()).hexdigest()
    return f"{json.dumps(kept, sort_keys=True, default=str)} {table} {sha(weights) if weights.is_file() else ''}"


def sha(path: Path) -> str:
    """Of a file's content; of weights, of the tensors: what is said about them has no order of its own in the file."""
    if path.suffix != ".safetensors":
        return hashlib.sha256(path.read_bytes()).hexdigest()
    from safetensors.numpy import load_file

    found = hashlib.sha256()
    for name, tensor in sorted(load_file(path).items()):
        found.update(f"{name} {tensor.dtype} {tensor.shape}".encode() + tensor.tobytes())
    return found.hexdigest()


def finding(path: Path) -> str:
    return json.dumps(json.loads(path.read_text()), sort_keys=True)


def archive(path: Path) -> str:
    """An archive's runs, after everything in it was held against its hashes."""
    from engine.runs.archive.transfer import read_archive

    found = read_archive(path)
    found.verify()
    return json.dumps(sorted(run["id"] for run in found.runs))
