"""The model that a finished run ended with: from the weights that it kept, else computed again from its spec."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import nn

from engine.attacks._shuffles import shuffled_by
from engine.data.splits import Split
from engine.errors import BadInput, Cancelled
from engine.evaluation.measure import measure
from engine.evaluation.metrics import metric_of
from engine.originals.checkpoints import Checkpoints
from engine.originals.workbench import Bench, Report
from engine.registry import live_attacks
from engine.runs.method import setting, unlearn
from engine.runs.packing import damaged, tensors_of, unpacked
from engine.runs.readings import read_sets
from engine.runs.records import Run, outdated
from engine.runs.sources import own_bench
from engine.runs.store import Store
from engine.spec import Resolved
from engine.system.files import write_whole
from engine.training.networks import build_network
from engine.training.weights import digest

LOST = "its model cannot be computed again"
SAID = ("retain_accuracy", "forget_accuracy", "test_accuracy")  # what a model that was computed again is compared by


@dataclass(frozen=True)
class RunWeights:
    """The model that a finished run ended with.

    Parameters
    ----------
    network : nn.Module
        In evaluation mode; a copy of its own.
    bench : Bench
        The data and the Original that it was made with.
    parts : Split
        The index sets of the run.
    resolved : Resolved
        Its effective settings.
    sha256 : str
        The digest of the weights, 64 hex digits.
    computed_again : bool
        Whether the run kept no weights, so that they were computed again from its spec.
    notice : str, optional
        What to know about these weights: that they were computed again, or kept in half precision.

    Examples
    --------
    >>> import torch
    >>> RunWeights(torch.nn.Linear(2, 1), None, None, None, "0" * 64).notice is None
    True
    """

    network: nn.Module
    bench: Bench
    parts: Split
    resolved: Resolved
    sha256: str
    computed_again: bool = False
    notice: str | None = None

    def save(self, path: str | Path) -> Path:
        """Writes the weights as safetensors (float32), whole or not at all, and returns the file."""
        from safetensors.torch import save_file

        path = Path(path)
        write_whole(path, lambda temporary: save_file(tensors_of(self.network), temporary))
        return path


def weights_of(run: Run, store: Store, checkpoints: Checkpoints, report: Report = lambda text, fraction: None,
               cancel: threading.Event | None = None) -> RunWeights:
    """The model of a finished run: what it kept, else computed again from its spec, which ``notice`` then says.

    Raises BadInput where it has not finished or cannot be computed again here, BadCheckpoint where the file that it
    kept is damaged, Cancelled once ``cancel`` is set.
    """
    if not run.finished:
        raise BadInput(f"Run {run.id} is {run.status}: only a finished run has a model.")
    kept = store.weights_bytes(run.id) is not None
    if not kept and (kinds := outdated(run)):
        raise BadInput(f"Run {run.id} kept no weights, and the code of its {' and its '.join(kinds)} has changed "
                       f"since, so {LOST}: run it again.")
    bench = own_bench(run, checkpoints, "its data are not at hand" if kept else LOST, report)
    return _kept(run, bench, store) if kept else _again(run, bench, report, cancel)


def _kept(run: Run, bench: Bench, store: Store) -> RunWeights:
    at = _setting(run, bench)
    tensors, precision = unpacked(store.weights_path(run.id), run.identity)
    network = build_network(at.resolved.model, len(bench.data.classes), bench.data.inputs, 0, bench.device)
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise damaged(store.weights_path(run.id), f"they are not those of a {at.resolved.model.name}: "
                       f"{str(error).splitlines()[-1].strip()}") from error
    notice = ("The weights were kept in half precision: the last digits of what this model says can differ from the "
              "run's.") if precision == "half" else None
    return replace(at, network=network.eval(), sha256=digest(tensors_of(network)), notice=notice)


def _again(run: Run, bench: Bench, report: Report, cancel: threading.Event | None) -> RunWeights:
    """Carries the run's method out once more, and compares what comes of it with what the run had measured."""
    at = _setting(run, bench)
    title = f"Computing {at.resolved.method.title} again"

    def on_step(model: nn.Module, progress: Any, seconds: float) -> None:
        if cancel is not None and cancel.is_set():
            raise Cancelled("Stopped.")
        report(title, progress.step / progress.total_steps)

    done = unlearn(bench, at.resolved, at.parts, on_step)
    readings, _ = read_sets(done.model, bench, at.parts, at.resolved)
    with shuffled_by(run.spec.evaluation_seed):
        apart = _differences(run.metrics or {}, measure(readings))
    notice = " ".join([f"Run {run.id} ({at.resolved.method.title}) kept no weights: its model was computed again "
                       "from its settings.", *apart])
    return replace(at, network=done.model, sha256=digest(tensors_of(done.model)), computed_again=True, notice=notice)


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """A sentence where a model that was computed again measures otherwise than the run did; none where it is equal."""
    names = [name for name in (*SAID, *(attack.name for attack in live_attacks())) if before.get(name) is not None]
    apart = [f"{metric_of(name).title} {now[name]:.2f}, not {before[name]:.2f}" for name in names
             if now.get(name) is not None and now[name] != before[name]]
    if not apart:
        return []
    return [f"It is not quite the same ({'; '.join(apart)}): another device or another version of torch rounds "
            "otherwise."]


def _setting(run: Run, bench: Bench) -> RunWeights:
    """What is known before the weights are: the run's split and settings on this bench."""
    at = setting(bench, run.resolved())
    return RunWeights(bench.network, bench, at.parts, at.resolved, "")
