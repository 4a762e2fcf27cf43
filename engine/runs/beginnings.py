"""The network that a run continues from: the unlearned weights of the run before it, kept or computed again."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from engine.data.splits import split
from engine.errors import BadCheckpoint
from engine.originals.workbench import Bench
from engine.runs.packing import unpacked
from engine.runs.store import Store
from engine.spec import Resolved, resolve
from engine.training.networks import build_network


@dataclass(frozen=True)
class Beginning:
    """A network to continue from, and what to know about it."""

    network: nn.Module
    notice: str | None = None


def kept_beginning(bench: Bench, resolved: Resolved, store: Store) -> Beginning | None:
    """The weights that a finished run of the spec before kept; None where there are none, or nothing is continued."""
    before = needed(resolved)
    if before is None:
        return None
    at = resolve(before.spec, split(bench.data, before.spec).sizes)
    identity = at.identity(bench.data.content, bench.original.sha256)
    for run in store.list(status=("finished",), newest_first=True, identity=identity):
        if store.weights_bytes(run.id) is not None and (found := _read(run.id, identity, bench, at, store)):
            return found
    return None


def needed(resolved: Resolved) -> Resolved | None:
    """The run whose weights are needed: none where the method begins from scratch."""
    return None if resolved.method.from_scratch else resolved.start


def again(title: str) -> str:
    """What to know where the weights of the run before were computed again."""
    return (f"The run that this one continues ({title}) kept no weights here: its model was computed again from its "
            "settings.")


def _read(run_id: str, identity: str, bench: Bench, at: Resolved, store: Store) -> Beginning | None:
    """A run's kept weights as a network; None where the file is damaged, so that they are computed again."""
    network = build_network(at.model, len(bench.data.classes), bench.data.inputs, 0, bench.device)
    try:
        tensors, precision = unpacked(store.weights_path(run_id), identity)
        network.load_state_dict(tensors)
    except (BadCheckpoint, RuntimeError):
        return None
    half = f"It continues run {run_id}, whose weights were kept in half precision."
    return Beginning(network.eval(), half if precision == "half" else None)
