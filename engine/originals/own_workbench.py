"""What a notebook holds: a copy of the data and of the Original that is its own, and may be changed.

The process keeps one network and one data set for everybody (``engine.originals.workbench``),
so nobody outside gets hold of those.
Weights or labels that a notebook changed in its copies are noticed by their digest before they are used: read-outs are
then made again, and results have another identity and a sentence that says so.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace

from torch import nn

from engine.data.base import Data, tensors_of
from engine.evaluation.readout import Readout, read_out
from engine.originals.workbench import Bench
from engine.spec import Resolved
from engine.training.weights import digest


@dataclass(frozen=True)
class Digests:
    """sha256 over the weights and over the data's tensors, 64 hex digits each."""

    weights: str
    data: str


class OwnBench:
    """A bench whose ``network`` and ``data`` may be changed in place; :meth:`current` is the bench as they are now."""

    def __init__(self, bench: Bench):
        self.network, self.data = copy.deepcopy(bench.network), copy.deepcopy(bench.data)
        self._loaded = self._current = replace(bench, network=self.network, data=self.data)
        self._as_loaded = self._seen = self._digests()

    def current(self) -> Bench:
        """The bench with read-outs of these weights on these data: those that were loaded, or made again."""
        seen = self._digests()
        if seen != self._seen:
            self._current = self._loaded if seen == self._as_loaded else self._read_anew(seen)
            self._seen = seen
        return self._current

    def changes(self) -> list[str]:
        """What was changed since loading, as of the last look: a sentence each."""
        if self._seen.weights == self._as_loaded.weights:
            return self.changed_data()
        return ["The Original's weights were changed after loading: this is about those weights (sha256 "
                f"{self._seen.weights[:8]}), not about the Original of {self.data.name}.", *self.changed_data()]

    def changed_data(self) -> list[str]:
        """The part of :meth:`changes` that is about the data."""
        if self._seen.data == self._as_loaded.data:
            return []
        return [f"The data were changed after loading (sha256 {self._seen.data[:8]}): the Original was trained on "
                f"{self.data.name} as it was."]

    def identity(self, resolved: Resolved) -> str:
        """Hash of everything that changes a result, as of the last look; the same as a run's where nothing changed."""
        content = self._loaded.data.content if self._seen.data == self._as_loaded.data else self._seen.data
        return resolved.identity(content, self._current.original.sha256)

    def _digests(self) -> Digests:
        return Digests(digest(self.network.state_dict()), digest(tensors_of(self.data)))

    def _read_anew(self, seen: Digests) -> Bench:
        bench, data = self._loaded, self.data
        if seen.data != self._as_loaded.data:
            data = _without_memory(data)
        if seen.weights != self._as_loaded.weights:
            sidecar = bench.original.sidecar | {"sha256": seen.weights}
            bench = replace(bench, original=replace(bench.original, sidecar=sidecar))
        return replace(bench, data=data, readouts=_read_outs(self.network, data))


def _read_outs(network: nn.Module, data: Data) -> dict[str, Readout]:
    return {name: read_out(network, data, getattr(data, name)) for name in ("train", "heldout")}


def _without_memory(data: Data) -> Data:
    """The same tensors in new records: fingerprints that were worked out before are not those of changed data."""
    return replace(data, train=replace(data.train), heldout=replace(data.heldout))
