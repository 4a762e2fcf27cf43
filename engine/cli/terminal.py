"""What commands that compute share: a run in this process, Ctrl-C, the heartbeat, and progress on stderr."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from engine.originals.checkpoints import open_checkpoints
from engine.errors import BadInput
from engine.spec import Resolved
from engine.runs.store import Run, Store


def run_here(resolved: Resolved, store: Store, train_original: bool, cancel: threading.Event,
             on_progress: Callable[[dict[str, Any]], None], queued: str | None = None) -> Run:
    """Records a run, or takes the queued one of that id, and carries it out in this process; returns it as stored.

    Raises BadInput where what is asked for is not possible here; a run that was recorded for it is removed again.
    """
    run_id = queued or store.begin(resolved, train_original)
    try:
        from engine.system.device import default_device
        from engine.runs.execute import execute

        return execute(store.get(run_id), resolved, store, open_checkpoints(), default_device(),
                       cancel, on_progress)
    except BadInput as error:
        store.end(run_id, "failed", reason=str(error))  # what raised may have done so before the run began
        if queued is None:
            store.delete(run_id)  # nothing ran
        raise
    except KeyboardInterrupt:
        store.end(run_id, "cancelled", reason="Interrupted.")
        return store.get(run_id)


@contextlib.contextmanager
def ctrl_c() -> Iterator[threading.Event]:
    """The first Ctrl-C sets the event, so that work ends in good order; the second one is a KeyboardInterrupt."""
    cancel = threading.Event()

    def ask(*_: Any) -> None:
        if cancel.is_set():
            raise KeyboardInterrupt
        cancel.set()

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield cancel
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def heartbeat(store: Store) -> Iterator[None]:
    """Says every few seconds that this process is alive, for all its runs."""
    done = threading.Event()

    def beat() -> None:
        from engine.runs.queue import BEAT_EVERY

        while not done.wait(BEAT_EVERY):
            with contextlib.suppress(Exception):  # a missed beat is no reason to end a run
                store.beat()

    threading.Thread(target=beat, daemon=True, name="heartbeat").start()
    try:
        yield
    finally:
        done.set()


class ProgressLine:
    """Progress on stderr: one line that is rewritten on a terminal, else a line every two seconds."""

    def __init__(self) -> None:
        self._live, self._next, self._stage = sys.stderr.isatty(), 0.0, ""

    def __call__(self, progress: dict[str, Any]) -> None:
        now, stage = time.monotonic(), progress["stage"]
        if stage == self._stage and not self._live and now < self._next:
            return
        self._next, self._stage = now + 2, stage
        part = [stage]
        if progress.get("fraction") is not None:
            part.append(f"{100 * progress['fraction']:.0f}%")
        if progress.get("total_steps"):
            part.append(f"step {progress['step']:,} of {progress['total_steps']:,}, {progress['eta']:.0f} s left")
        if progress.get("note"):
            part.append(progress["note"])
        print(f"\r\033[K{'  '.join(part)}" if self._live else "  ".join(part), file=sys.stderr,
              end="" if self._live else "\n", flush=True)

    def end(self) -> None:
        """Leaves the rewritten line behind, so that what follows stands on its own."""
        if self._live and self._stage:
            print(file=sys.stderr)
