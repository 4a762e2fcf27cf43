"""The unlearned weights of a run as a folder to hand on: safetensors, and a model card that says what they are.

The card is written from what the run measured: what was forgotten, by what, from which Original, the verdict with its
numbers, how to load the weights, and the command that repeats the run.
"""

from __future__ import annotations

import io
import json
import re
import threading
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.evaluation.measured import UNMEASURED, Metrics
from engine.evaluation.metrics import ACCURACIES, metric_of
from engine.evaluation.verdict import remarks, verdict_of
from engine.naming import class_name, selection_name
from engine.originals.checkpoints import Checkpoints
from engine.originals.workbench import Report
from engine.registry import get, live_attacks, ships
from engine.runs.records import Run
from engine.runs.store import Store
from engine.runs.weights import RunWeights, weights_of
from engine.studies.repeat import run_command, spelled_out
from engine.system.files import write_folder
from engine.system.words import plural
from engine.types import Spec

WEIGHTS, CARD = "model.safetensors", "README.md"
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~$])")


@dataclass(frozen=True)
class Row:
    """A measure of three models, as text."""

    title: str
    before: str
    now: str
    retrained: str


@dataclass(frozen=True)
class Exported:
    """The two files of a folder, and what to know about the weights."""

    weights: bytes
    card: str
    notice: str | None

    def write(self, folder: Path) -> None:
        """Writes both files into a folder that is absent or empty: both or neither."""
        write_folder(folder, self._fill)

    def _fill(self, folder: Path) -> None:
        (folder / WEIGHTS).write_bytes(self.weights)
        (folder / CARD).write_text(self.card, encoding="utf-8")

    def zipped(self, name: str) -> bytes:
        """The folder of that name as a zip."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:  # weights do not get smaller
            archive.writestr(f"{name}/{WEIGHTS}", self.weights)
            archive.writestr(f"{name}/{CARD}", self.card)
        return packed.getvalue()


def export_weights(run: Run, store: Store, checkpoints: Checkpoints,
                   report: Report = lambda text, fraction: None, cancel: threading.Event | None = None) -> Exported:
    """The weights of a finished run with their card. Raises as :func:`engine.runs.weights.weights_of`."""
    from safetensors.torch import save

    from engine.runs.packing import tensors_of

    found = weights_of(run, store, checkpoints, report, cancel)
    about = {"run": run.id, "method": found.resolved.method.name, "dataset": found.resolved.dataset.name,
             "model": found.resolved.model.name, "identity": run.identity or "", "sha256": found.sha256}
    return Exported(save(tensors_of(found.network), metadata=about), card_of(run, found), found.notice)


def card_of(run: Run, found: RunWeights) -> str:
    """The model card, as Markdown."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    judged = verdict_of(run)
    templates = Environment(loader=FileSystemLoader(Path(__file__).with_name("templates")), undefined=StrictUndefined,
                            trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, finalize=_text)
    return templates.get_template("model_card.j2").render(
        model=Plain(found.resolved.model.title), dataset=Plain(found.resolved.dataset.title),
        title=Plain(judged.title if judged else "Not judged"), verdict=Plain(judged.text if judged else ""),
        facts={name: Plain(value) for name, value in _facts(run, found).items()}, rows=_rows(run),
        notes=[Plain(said) for said in _notes(run, found)], code=_code(found), reading=Plain(found.bench.data.reading),
        command=run_command(spelled_out(found.resolved)), classes=_classes(found.bench.data.classes))


def _classes(names: Sequence[str]) -> str:
    """The classes as JSON that no name can break out of its block."""
    return json.dumps(list(names)).replace("`", r"\u0060")


class Plain(str):
    """Text that is not Markdown."""


def _text(value: Any) -> Any:
    return _SPECIAL.sub(r"\\\1", " ".join(value.split())) if isinstance(value, Plain) else value


# --- what the card says ----------------------------------------------------------------------


def _facts(run: Run, found: RunWeights) -> dict[str, str]:
    spec, sizes = found.resolved.spec, found.parts.sizes
    settings = ", ".join(f"{name} {value}" for name, value in found.resolved.effective.items())
    before, requests = len(found.bench.data.train) - sizes.train, len(spec.earlier)
    earlier = {"Forgotten before": f"{before:,} samples in {requests} earlier {plural(requests, 'request')}"}
    return {"Forgotten": f"{forgotten(spec)}: {sizes.forget:,} of {sizes.train:,} training samples",
            **(earlier if requests else {}),
            "Method": f"{found.resolved.method.title} ({settings})" if settings else found.resolved.method.title,
            "Original": _original(found), "Weights": f"float32, sha256 {found.sha256}", "Run": run.id,
            "Made on": f"{run.device or 'an unknown device'}, version {run.code_version or 'unknown'}"}


def forgotten(spec: Spec) -> str:
    """Who was forgotten, in words."""
    scenario = get("scenario", spec.scenario)
    amount = [] if spec.forget_fraction is None else [f"{100 * spec.fraction:.4g}%"]
    amount += [] if spec.forget_class is None else [class_name(spec.dataset, spec.forget_class)]
    return ", ".join(filter(None, [scenario.title, *amount, selection_name(spec)]))


def _original(found: RunWeights) -> str:
    original = found.bench.original
    made = f"imported from {original.sidecar['file']}" if original.imported else (
        f"trained by this project's recipe, seed {original.sidecar['seed']}")
    return f"{made}; sha256 {original.sha256}"


def _rows(run: Run) -> list[Row]:
    metrics = run.metrics or UNMEASURED
    names = [*(metric.name for metric in ACCURACIES), *(attack.name for attack in live_attacks())]
    sides = (metrics.original, metrics, metrics.retrained)
    return [Row(metric_of(name).title, *(_value(side, name) for side in sides)) for name in names
            if metrics.get(name) is not None]


def _value(side: Metrics | None, name: str) -> str:
    value = None if side is None else side.get(name)
    return "-" if value is None else f"{value:.2f}"


def _notes(run: Run, found: RunWeights) -> list[str]:
    said = [found.notice, run.notice, *(remarks(run.metrics) if run.metrics else [])]
    if run.metrics is None or run.metrics.retrained is None:
        said.append("No retrained model of this forget set was there to compare with.")
    return list(dict.fromkeys(filter(None, said)))


def _code(found: RunWeights) -> str:
    """Five lines that load the weights."""
    model, data = found.resolved.model, found.bench.data
    own = "" if ships("model", model.name) else "  # a component of one's own: it has to be at hand"
    return "\n".join(["from safetensors.torch import load_file", "from engine.registry import get",
                      f'model = get("model", "{model.name}").build({len(data.classes)}, {data.inputs}){own}',
                      f'model.load_state_dict(load_file("{WEIGHTS}"))', "model.eval()"])


def contents(exported: Exported) -> Mapping[str, int]:
    """The files and their sizes in bytes."""
    return {WEIGHTS: len(exported.weights), CARD: len(exported.card.encode())}
