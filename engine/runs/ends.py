"""The ends of runs, which must be written: tried patiently, else said in a sentence and kept until they can be.

Ends that could not be written are held with the store (``store.unwritten``) and tried again with every heartbeat. Where
the process ends first, the next one to open the store marks its runs as interrupted.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.errors import EndUnwritten, LabError, StoreUnavailable, UnknownRun
from engine.runs.patience import patiently

if TYPE_CHECKING:
    from engine.runs.outbox import Outbox
    from engine.runs.store import Store

log = logging.getLogger(__name__)
Ending = tuple[str, dict[str, Any], list[dict[str, Any]]]  # id, columns with the status, events in order
Numbered = list[tuple[int, dict[str, Any]]]  # events with their numbers, so that writing them again adds none
UNKNOWN = "The run store does not know it any more: it was removed or replaced meanwhile."


def end_run(store: Store, run_id: str, columns: Mapping[str, Any], outbox: Outbox | None = None) -> None:
    """Ends a run with what it still had to say. Raises EndUnwritten."""
    if outbox:
        outbox.send(at_once=True)
    try:
        if not patiently(store, lambda: store.end(run_id, **columns)):
            patiently(store, lambda: store.get(run_id))  # ended elsewhere, or by an attempt whose answer got lost
    except UnknownRun:
        raise EndUnwritten(run_id, columns, UNKNOWN) from None
    except StoreUnavailable as error:
        raise _kept(store, error, [(run_id, columns, outbox.waiting() if outbox else [])]) from error
    if outbox:
        outbox.send(at_once=True)


def settle_runs(store: Store, ended: Sequence[Ending]) -> None:
    """Ends several running runs, all or none. Raises EndUnwritten."""
    if not ended:
        return
    try:
        patiently(store, lambda: store.settle(ended))
    except StoreUnavailable as error:
        kept = [(run_id, columns, list(enumerate(course))) for run_id, columns, course in ended]
        raise _kept(store, error, kept) from error


def _kept(store: Store, error: StoreUnavailable,
          ended: Sequence[tuple[str, Mapping[str, Any], Numbered]]) -> EndUnwritten:
    """The error for ends that could not be written, which are kept."""
    for run_id, columns, course in ended:
        store.unwritten[run_id] = (dict(columns), course)
    return EndUnwritten(ended[0][0], ended[0][1], str(error))


def write_again(store: Store) -> None:
    """Writes the ends that could not be written before, as far as the store takes them now."""
    for run_id, (columns, course) in list(store.unwritten.items()):
        with contextlib.suppress(LabError):
            store.extend(run_id, course)
            store.end(run_id, **columns)
            store.unwritten.pop(run_id, None)


def said(store: Store) -> str | None:
    """A sentence about ends that could not be written, for a page; None where there is none."""
    runs = ", ".join(sorted(store.unwritten)[:5])
    return (f"The end of {runs} could not be written: the run store cannot be written, or does not answer. It is kept "
            "and tried again; free some space, or make the folder one that can be written.") if runs else None


def leave(reason: str, seconds: float = 2.0) -> None:
    """Marks this process's running runs as interrupted, because it is about to end; within about so many seconds."""
    from engine.runs.store import opened

    for store in opened():
        with contextlib.suppress(Exception), store.waiting(seconds / 2):
            write_again(store)
            store.interrupt_mine(reason)
