"""Packs the finished runs of a profile into one archive under ``$OUT``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.gpu.plan import Place
from engine.runs.archive.transfer import export_runs
from engine.runs.store import open_store

LARGEST = 8 * 2**20


def run(place: Place) -> Iterator[dict[str, Any]]:
    store = open_store()
    runs = [run.id for run in store.list(status=("finished",)) if run.spec.profile == place.argument]
    if not runs:
        yield {"runs": 0}
        return
    path = place.out / f"runs-{place.argument}.zip"
    for samples in ("attacked", "none"):  # the smaller one where the larger is too large to be shipped
        export_runs(path, runs, store, samples, True)
        if path.stat().st_size <= LARGEST:
            break
    yield {"runs": len(runs), "archive": path.name, "bytes": path.stat().st_size, "samples": samples}
