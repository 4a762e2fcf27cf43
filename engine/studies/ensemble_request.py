"""What a worker is asked for one model of an ensemble, and what it answers: JSON, files as base64."""

from __future__ import annotations

import base64
import json
import logging
import threading
from dataclasses import asdict, dataclass
from typing import Any

from engine.errors import LabError
from engine.evaluation.ensembles.draws import ORIGINAL, seeds_of
from engine.runs.ensembles.kept import Kept, part_file, weights_file
from engine.runs.reasons import reason_of
from engine.studies.ensemble import Design, Ensemble, design
from engine.system.files import to_json

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """One model and the parts of it that are missing."""

    number: int
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """A model's files by name, or why there are none."""

    files: dict[str, bytes]
    error: str | None = None


def request(found: Design, kept: Kept, task: Task) -> dict[str, Any]:
    """A task as JSON: all that a worker needs beside the data."""
    weights = None if ORIGINAL in task.parts else kept.weights(task.number)
    return {"ensemble": asdict(found.ensemble), "model": task.number, "parts": task.parts,
            "weights": weights and base64.b64encode(weights).decode()}


def answer(asked: dict[str, Any], data: Any = None) -> str:
    """What a worker says to a :func:`request`: a line of JSON with the model's files, or with the reason it failed."""
    try:
        files = files_of(asked, data, threading.Event())
        return to_json({"number": asked["number"],
                        "files": {name: base64.b64encode(content).decode() for name, content in files.items()}})
    except Exception as error:
        if not isinstance(error, LabError):
            log.exception("model %s of an ensemble failed", asked["model"])
        return to_json({"number": asked["number"], "files": {}, "error": reason_of(error)})


def understood(line: str) -> tuple[int, Answer]:
    """The number and the answer of a worker's line."""
    found = json.loads(line)
    files = {name: base64.b64decode(content) for name, content in found["files"].items()}
    return found["number"], Answer(files, found.get("error"))


def files_of(asked: dict[str, Any], data: Any, cancel: threading.Event) -> dict[str, bytes]:
    """Computes a :func:`request`; the new files by name."""
    from safetensors.torch import load, save

    from engine.studies.ensemble_models import compute

    ensemble = Ensemble(**asked["ensemble"] | {"methods": tuple(asked["ensemble"]["methods"])})
    data = data_of(design(ensemble)) if data is None else data
    found = design(ensemble, len(data.train))
    weights = asked["weights"] and load(base64.b64decode(asked["weights"]))
    outputs, original = compute(found, data, asked["model"], asked["parts"], weights, cancel)
    seeds = json.dumps(asdict(seeds_of(ensemble.seed, asked["model"])))
    files = {part_file(found.key(part), asked["model"]): save(dict(content), {"seeds": seeds, **content.about})
             for part, content in outputs.items()}
    return files | ({} if weights else {weights_file(asked["model"]): save(original, {"seeds": seeds})})


def data_of(found: Design, report: Any = lambda text, fraction: None) -> Any:
    from engine.originals.workbench import load_data
    from engine.system.device import default_device, prepare

    device = default_device()
    prepare(device, found.base.dataset.threads)
    return load_data(found.base.dataset, found.base.options, device, report, found.base.model)
