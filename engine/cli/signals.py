"""Signals that ask a command to end: handled like Ctrl-C, with a deadline, because whoever sends them does not wait."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

GRACE = 7.0  # seconds after which a command that was asked to end is ended; docker kills after 10
INTERRUPTED = 130


def asked_to_end() -> tuple[signal.Signals, ...]:
    """The signals that ask a process to end; under nohup a closed terminal does not."""
    return tuple(number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) != signal.SIG_IGN)


@contextlib.contextmanager
def handled(numbers: Sequence[signal.Signals], handler: Callable[..., Any]) -> Iterator[None]:
    """Inside, these signals call the handler. Does nothing outside the main thread, where Python allows none."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


@contextlib.contextmanager
def like_ctrl_c() -> Iterator[None]:
    """Inside, what asks the process to end is a KeyboardInterrupt, so that unfinished files are removed on the way out.

    So is what comes of one inside a library: an import that is interrupted can end as an ImportError.
    """
    asked = threading.Event()

    def interrupt(*_: Any) -> None:
        asked.set()
        raise KeyboardInterrupt

    with handled((signal.SIGINT, *asked_to_end()), interrupt):
        try:
            yield
        except Exception as error:
            if asked.is_set():
                raise KeyboardInterrupt from error
            raise


@contextlib.contextmanager
def deadline() -> Iterator[None]:
    """Inside, a SIGTERM or SIGHUP ends the process after ``GRACE`` seconds, whatever it is doing.

    Python runs handlers between two instructions, which a long call of a library puts off. The number of a signal is
    written into a pipe at once, where a thread waits for it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    done = threading.Event()
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    thread = threading.Thread(target=_watch, args=(reader, asked_to_end(), done), daemon=True, name="deadline")
    thread.start()
    try:
        yield
    finally:
        done.set()
        signal.set_wakeup_fd(before)
        os.close(writer)  # the thread's read ends
        thread.join(1)
        os.close(reader)


def _watch(reader: int, numbers: Sequence[signal.Signals], done: threading.Event) -> None:
    while said := os.read(reader, 16):
        if any(number in said for number in numbers):
            if not done.wait(GRACE):
                _end_now()
            return


def _end_now() -> None:
    """Marks this process's runs and leaves; worker processes end with it."""
    from engine.runs.ends import leave

    leave("It was asked to end (SIGTERM) and did not come to a stop in time.")
    print("Interrupted: it did not come to a stop in time.", file=sys.stderr, flush=True)
    os._exit(INTERRUPTED)
