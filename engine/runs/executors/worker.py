"""A worker process of :mod:`engine.runs.executors.processes`: a task as a line of JSON in, its answer as a line out.

A task is a run's ``spec``, or names the module whose ``answer`` carries it out (``by``). The process ends when its
input does, whatever it is doing: nothing outlives the process that asked.
"""

from __future__ import annotations

import base64
import json
import os
import queue
import sys
import threading
from importlib import import_module
from typing import IO, Any

from engine.runs.outcome import Outcome


def line_of(number: int, outcome: Any) -> str:
    """An outcome as one line of JSON."""
    from engine.system.files import to_json

    files = {name: base64.b64encode(content).decode() if content else None
             for name, content in (("samples", outcome.samples), ("weights", outcome.weights))}
    return to_json({"number": number, "columns": outcome.columns, "course": outcome.course, **files})


def read_line(line: str) -> tuple[int, Any]:
    """The number and the outcome that :func:`line_of` wrote."""
    found = json.loads(line)
    files = (base64.b64decode(found[name]) if found[name] else None for name in ("samples", "weights"))
    return found["number"], Outcome(found["columns"], found["course"], *files)


def _listen(asked: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        asked.put(line)
    os._exit(0)  # whoever asked is gone


def _answer(line: str) -> str:
    asked = json.loads(line)
    if "by" in asked:
        return str(import_module(asked["by"]).answer(asked))
    return _outcome_of(asked)


def _outcome_of(asked: dict[str, Any]) -> str:
    from engine.originals.checkpoints import open_checkpoints
    from engine.originals.workbench import prepare_bench
    from engine.runs.compute import compute
    from engine.runs.outcome import failed
    from engine.runs.reasons import reason_of
    from engine.spec import resolve
    from engine.system.device import default_device
    from engine.types import Spec

    try:
        resolved = resolve(Spec(**asked["spec"]))
        bench = prepare_bench(resolved, open_checkpoints(), default_device())
        return line_of(asked["number"], compute(resolved, bench, asked["keep_weights"]))
    except Exception as error:
        return line_of(asked["number"], failed(reason_of(error)))


def work(answers: IO[str]) -> None:
    """Answers one line after the other; imports while the first one is on its way."""
    asked: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(asked,), daemon=True).start()
    import engine.runs.compute  # noqa: F401
    from engine.system import logs

    logs.begin()
    while True:
        print(_answer(asked.get()), file=answers, flush=True)


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever prints must not get among the answers
    work(answers)
