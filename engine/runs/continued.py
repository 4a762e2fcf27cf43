"""What a run continues: the start that a later request names, and the earlier requests with the runs that are here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from engine import chain
from engine.errors import BadInput, LabError
from engine.runs.records import Run
from engine.runs.store import Store
from engine.spec import resolve
from engine.types import Spec


@dataclass(frozen=True)
class Request:
    """An earlier request: its spec, and the newest finished run of it, None where there is none here."""

    spec: Spec
    run: Run | None


def start_from(run: Run, field: str = "start") -> dict[str, Any]:
    """The ``start`` of a spec that continues this run. Raises BadInput where it has not finished; ``field`` asked."""
    if not run.finished:
        raise BadInput(f"{field} is {run.id}, but that run is {run.status}: only a finished run can be continued.")
    before = run.resolved()
    return chain.stored(replace(before.spec, options=before.options))


def requests(spec: Spec, store: Store) -> list[Request]:
    """The requests before this one, the first one first."""
    return [Request(before, _newest(before, store)) for before in reversed(list(_earlier(spec)))]


def _earlier(spec: Spec) -> Iterator[Spec]:
    while (before := chain.parent(spec)) is not None:
        yield before
        spec = before


def _newest(spec: Spec, store: Store) -> Run | None:
    try:
        asked = resolve(spec).fingerprint
    except LabError:  # of components that are gone
        return None
    found = store.list(status=("finished",), newest_first=True, limit=1, fingerprint=asked)
    return found[0] if found else None
