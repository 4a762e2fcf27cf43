"""The files of a run, in a folder of its own that goes with it: the table of its samples, its weights."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.system.files import write_json, write_whole

log = logging.getLogger(__name__)
SAMPLES, WEIGHTS = "samples.parquet", "weights.safetensors"
EVIDENCE = "evidence"  # the finding that holds a recorded run's evidence; one's own runs have a column for it


class Artifacts:
    """The files of all runs under ``root``; each is written whole or not at all."""

    root: Path

    def folder(self, run_id: str) -> Path:
        """Where a run's artifacts are."""
        return self.root / "artifacts" / run_id

    def save_samples(self, run_id: str, samples: Any) -> Path:
        """Keeps the per-sample losses and entropies of a run: a pandas DataFrame, or the parquet file of one."""
        path = self.folder(run_id) / SAMPLES
        write_whole(path, lambda temporary: temporary.write_bytes(samples) if isinstance(samples, bytes)
                    else samples.to_parquet(temporary, index=False))
        return path

    def has_samples(self, run_id: str) -> bool:
        """Whether a per-sample table of this run is kept."""
        return (self.folder(run_id) / SAMPLES).is_file()

    def folders(self) -> frozenset[str]:
        """The ids of all runs that keep anything here, recorded ones among them: one look, for listings."""
        try:
            return frozenset(os.listdir(self.root / "artifacts"))
        except OSError:
            return frozenset()

    def with_samples(self) -> frozenset[str]:
        """The ids of all runs that keep a per-sample table."""
        place = str(self.root / "artifacts")
        return frozenset(name for name in self.folders() if os.path.isfile(f"{place}/{name}/{SAMPLES}"))

    def load_samples(self, run_id: str) -> Any:
        """The per-sample table of a finished run: set, sample, loss, entropy, correct, predicted, phi.

        None where there is none; a damaged one is logged and as good as none. Older ones lack the last two columns.
        """
        import pandas as pd

        return self._read_samples(run_id, pd.read_parquet)

    def samples_table(self, run_id: str) -> Any:
        """The same as a pyarrow table, which is read in a quarter of the time."""
        import pyarrow.parquet as pq

        return self._read_samples(run_id, lambda path: pq.ParquetFile(path).read(use_threads=False))

    def _read_samples(self, run_id: str, read: Callable[[Path], Any]) -> Any:
        path = self.folder(run_id) / SAMPLES
        try:
            return read(path) if path.is_file() else None
        except (OSError, ValueError) as error:
            log.warning("the samples of run %s cannot be read: %s", run_id, str(error).splitlines()[0])
            return None

    def save_weights(self, run_id: str, weights: bytes | bytearray) -> Path:
        """Keeps the weights that a run ended with, as :func:`engine.runs.weights.packed` makes them."""
        path = self.weights_path(run_id)
        write_whole(path, lambda temporary: temporary.write_bytes(weights))
        return path

    def weights_path(self, run_id: str) -> Path:
        """Where a run's weights are, if it keeps any."""
        return self.folder(run_id) / WEIGHTS

    def weights_bytes(self, run_id: str) -> int | None:
        """The size of the weights that a run keeps; None where it keeps none."""
        path = self.weights_path(run_id)
        return path.stat().st_size if path.is_file() else None

    def save_finding(self, run_id: str, name: str, content: Any) -> None:
        """Keeps what was found out about a run later, as JSON."""
        write_json(self.folder(run_id) / f"{name}.json", content)

    def load_finding(self, run_id: str, name: str) -> Any:
        """What :meth:`save_finding` kept; None where there is none, or only a damaged one, which is logged."""
        path = self.folder(run_id) / f"{name}.json"
        try:
            return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
        except (OSError, ValueError) as error:
            log.warning("%s cannot be read, so it is computed again: %s", path, error)
            return None

    def findings(self, run_id: str, kind: str) -> list[Any]:
        """All findings of a run whose names begin so, the newest first, without damaged ones."""
        paths = sorted(self.folder(run_id).glob(f"{kind}-*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
        return [found for path in paths if (found := self.load_finding(run_id, path.stem)) is not None]

    def evidence_beside(self, run_id: str) -> dict[str, Any]:
        """The evidence that is kept beside a recorded run; empty where there is none."""
        found = self.load_finding(run_id, EVIDENCE)
        return found if isinstance(found, dict) else {}
