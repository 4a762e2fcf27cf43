"""Runs the plan: a process a step, ended at its limit; what it says is written as it comes.

``$OUT/results.jsonl`` grows by a line for each record, and by one with its ``outcome`` as a step ends; ``$OUT/log.txt``
has everything else that steps print. A second call skips the steps whose outcome was ``done``, in that file or in
``$KIT_WORK`` or in ``$KIT_DONE``. The process that runs the plan imports everything once and never touches the card:
steps are forked from it.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import selectors
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.gpu.plan import LEAST, PLAN, Place, Step, limit

RESULTS, LOG = "results.jsonl", "log.txt"
GRACE = 5.0  # seconds between being asked to end and being ended
PREPARED = ("torch", "numpy", "pandas", "sklearn.linear_model", "engine.api", "engine.cli.main",
            "engine.evaluation.probe", "engine.runs.execute", "engine.originals.pretrain",
            "engine.runs.executors.local", "benchmarks.gpu.steps.equal", "benchmarks.gpu.steps.tables")


class Ledger:
    """The records of all calls: each is written where results go and where a second call looks."""

    def __init__(self, out: Path, work: Path, earlier: Path | None = None):
        self.files = [out / RESULTS, work / RESULTS]
        known = [line for file in (*self.files, *filter(None, [earlier])) if file.is_file()
                 for line in file.read_text(encoding="utf-8").splitlines()]
        self.done = {record["step"] for record in map(json.loads, known) if record.get("outcome") == "done"}

    def write(self, step: str, record: dict[str, Any]) -> None:
        line = json.dumps({"step": step, **record}, default=str)
        print(line, flush=True)
        for file in self.files:
            with file.open("a", encoding="utf-8") as opened:
                opened.write(line + "\n")


def run_plan(ledger: Ledger, out: Path, work: Path, seconds: float, tiny: bool) -> int:
    """Carries out what is left of the plan within so many seconds; returns how many steps did not end well."""
    ends, wrong = time.monotonic() + seconds, 0
    for position, step in enumerate(PLAN):
        if step.name in ledger.done:
            ledger.write(step.name, {"outcome": "skipped", "reason": "done before"})
            continue
        allowed = limit(position, ends - time.monotonic())
        if allowed < LEAST:
            ledger.write(step.name, {"outcome": "not begun", "reason": "no time is left"})
            wrong += 1
            continue
        began = time.monotonic()
        outcome, reason = carried_out(step, Place(out, work, allowed, tiny, step.argument), ledger)
        ledger.write(step.name, {"outcome": outcome, "seconds": round(time.monotonic() - began, 2),
                                 **({"reason": reason} if reason else {})})
        wrong += outcome != "done"
        if step.needed and outcome != "done":
            print(f"{step.name}: {reason}", file=sys.stderr)
            return wrong + len(PLAN) - position - 1
    return wrong


def carried_out(step: Step, place: Place, ledger: Ledger) -> tuple[str, str]:
    """Runs a step in a process of its own until it ends or its time is up; ``done``, ``failed`` or ``stopped``."""
    ear, mouth = os.pipe()
    child = os.fork()
    if not child:
        os.close(ear)
        _work(step, place, mouth)
    os.close(mouth)
    stopped = False
    for record in _heard(ear, child, time.monotonic() + place.seconds):
        if record is None:
            stopped = True
        else:
            ledger.write(step.name, record)
    _, status = os.waitpid(child, 0)
    if stopped:
        return "stopped", f"{place.seconds:.0f} s were over"
    code = os.waitstatus_to_exitcode(status)
    return ("done", "") if code == 0 else ("failed", f"exit status {code}: see {LOG}")


def _heard(ear: int, child: int, ends: float) -> Iterator[dict[str, Any] | None]:
    """The records of a step as they come; None where it had to be ended, once."""
    waiting, asked = b"", False
    listening = selectors.DefaultSelector()  # select itself knows no file beyond the first thousand
    listening.register(ear, selectors.EVENT_READ)
    while True:
        if listening.select(max(0.0, ends - time.monotonic())):
            heard = os.read(ear, 65536)
            if not heard:
                break
            *lines, waiting = (waiting + heard).split(b"\n")
            yield from map(json.loads, lines)
        else:
            if not asked:
                yield None
            _end(child, signal.SIGKILL if asked else signal.SIGTERM)
            if asked:
                break
            asked, ends = True, time.monotonic() + GRACE
    listening.close()
    os.close(ear)


def _end(child: int, how: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, how)


def _work(step: Step, place: Place, mouth: int) -> None:
    """The child: never returns."""
    code = 1
    try:
        os.setsid()
        log = os.open(place.out / LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.dup2(log, 1)
        os.dup2(log, 2)
        print(f"\n--- {step.name}, {place.seconds:.0f} s", flush=True)
        signal.signal(signal.SIGTERM, _interrupted)
        for record in importlib.import_module(f"benchmarks.gpu.steps.{step.module}").run(place):
            os.write(mouth, json.dumps(record, default=str).encode() + b"\n")
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _interrupted(*_: Any) -> None:
    raise KeyboardInterrupt


def machine() -> dict[str, Any]:
    """What there is beside the card, which this process must not touch."""
    import platform

    import torch
    import transformers

    from engine.system.machine import cores
    from engine.system.version import code_version

    return {"python": platform.python_version(), "torch": torch.__version__, "transformers": transformers.__version__,
            "cores": cores(), "code": code_version(), "time": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())}


def main() -> int:
    out, work = Path(os.environ["OUT"]), Path(os.environ["KIT_WORK"])
    earlier = os.environ.get("KIT_DONE")
    for name in PREPARED:
        importlib.import_module(name)
    importlib.import_module("engine.system.device").warm_up()  # else the first plain loop is charged for an import
    ledger = Ledger(out, work, Path(earlier) if earlier else None)
    ledger.write("machine", machine())
    wrong = run_plan(ledger, out, work, float(os.environ["KIT_SECONDS"]), bool(os.environ.get("KIT_TINY")))
    ledger.write("plan", {"outcome": "ended", "not_done": wrong})
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
