"""A course that grows event by event, as tests write it."""

from __future__ import annotations

from typing import Any

from engine.evaluation.events import ProbeEvent, StartEvent
from engine.runs.store import Store


def append(store: Store, run_id: str, event: StartEvent | ProbeEvent | dict[str, Any]) -> None:
    """Adds an event to a run, after those that it has."""
    payload = event if isinstance(event, dict) else event.to_json()
    store.extend(run_id, [(len(store.events(run_id)), payload)])
