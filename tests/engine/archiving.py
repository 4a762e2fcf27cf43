"""What tests of archives and of recorded runs share: runs that were never computed, and archives put together anew."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engine.spec import resolve
from engine.types import Spec
from tests.engine.appending import append

METRICS = {"retain_accuracy": 99.74823529411765, "forget_accuracy": 84.74666666666667, "test_accuracy": 82.86,
           "accuracy_gap": 1.8866666666666703, "mia_loss": 51.41000000000001, "mia_entropy": 51.519999999999996,
           "tpr_at_1pct_fpr_interval": [0.1, 1 / 3], "notes": ["A note."],
           "original": {"retain_accuracy": 96.7, "forget_accuracy": 96.57333333333334, "test_accuracy": 84.38,
                        "accuracy_gap": 12.2, "mia_loss": 56.83, "mia_entropy": 55.53},
           "null_band": {"mia_loss": [48.92442707785298, 50.84657292214702], "mia_entropy": None}, "retrained": None,
           "tow": None, "missing": {"tow": "It needs a retrained model."}}
SETS = {"retain": 300, "forget": 60, "validation": 40, "test": 40}


def samples_frame(seed: int = 0, sets: Mapping[str, int] = SETS) -> pd.DataFrame:
    """A per-sample table as runs keep it: sorted sample numbers, losses of every size down to 0 in float32."""
    rng, parts = np.random.default_rng(seed), []
    for name, count in sets.items():
        loss = np.log1p(np.exp(-rng.normal(5, 4, count))).astype("float32")
        entropy = (loss * rng.uniform(0.5, 1, count)).astype("float32")
        parts.append(pd.DataFrame({"set": name, "sample": np.sort(rng.permutation(60_000)[:count]), "loss": loss,
                                   "entropy": entropy, "correct": loss < 0.7}))
    return pd.concat(parts, ignore_index=True)


def probe(step: int, bins: int = 60) -> dict[str, Any]:
    counts = [(step * 7 + i * i) % 300 for i in range(bins)]
    return {"kind": "probe", "step": step, "samples": 512 * step, "seconds": round(step / 7, 4),
            "reading": {"histogram": {"forget": counts, "test": counts[::-1]}, "overlap": 81.25 + step,
                        "accuracy": {"retain": 99.1, "forget": 84.7, "test": 82.8},
                        "attacks": {"mia_loss": 51.41000000000001, "mia_entropy": None}},
            "trace": {"step": [step, step + 1], "loss": [0.1 + 0.2, None]}}


def finished_run(store: Any, seed: int = 0, frame: pd.DataFrame | None = None, metrics: Any = None, probes: int = 3,
                 status: Any = "finished", **spec: Any) -> str:
    """A run that ended in the store as the engine would leave it; nothing is computed."""
    resolved = resolve(Spec(seed=seed, **spec))
    run_id = store.begin(resolved)
    append(store, run_id, {"kind": "start", "bins": [i / 7 for i in range(61)], "counts": {"forget": 60, "test": 40},
                          "before": probe(0)["reading"], "null_band": METRICS["null_band"], "retrained": None})
    for step in range(1, probes + 1):
        append(store, run_id, probe(step))
    store.update(run_id, device="cpu, 2 threads", data="0123456789abcdef",
                 identity=resolved.identity("d" * 32, "o" * 64))
    store.save_samples(run_id, samples_frame(seed) if frame is None else frame)
    store.end(run_id, status, metrics=metrics or METRICS, seconds=363.82712806400923, steps=480, samples=242_376)
    return run_id


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def put_together(path: Path, content: Mapping[str, bytes], signed: bool = True,
                 manifest: Callable[[dict[str, Any]], Any] = lambda manifest: manifest) -> Path:
    """Writes an archive of these members; ``signed``: with a manifest that fits them, as a forger would."""
    about = json.loads(content["manifest.json"])
    if signed:
        about["members"] = {name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
                            for name, data in content.items() if name != "manifest.json"}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, json.dumps(manifest(about)) if name == "manifest.json" else data)
    return path


def state(store: Any) -> Any:
    """Everything that a store holds, to be compared: rows, events, artifact files with their bytes."""
    files = {str(path.relative_to(store.root)): path.read_bytes() for path in (store.root / "artifacts").rglob("*")
             if path.is_file()}
    return [(run, store.events(run.id)) for run in store.list()], files
