"""What the commands that compute comparisons share: their values, and carrying out the runs that are missing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from engine.cli.terminal import ProgressLine, ctrl_c
from engine.runs import estimates, leftovers
from engine.runs.here import heartbeat, run_here
from engine.runs.store import Store
from engine.spec import resolve
from engine.studies.comparison import Comparison
from engine.studies.reproduction import Todo, forecast, missing, state
from engine.system.known import all_known


def words(texts: Sequence[str]) -> list[str]:
    """The values of a flag, separated by spaces or by commas."""
    return [word for text in texts for word in text.split(",") if word]


def whole(number: Any) -> Any:
    """A seed such as 1.0 as the whole number that it is; anything else as it was typed."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


def by_number(comparison: Comparison) -> Comparison:
    """The comparison with its class as a number, its fraction as one, and the scenario's parameters in their types."""
    spec = resolve(comparison.spec(comparison.methods[0], comparison.seeds[0])).spec
    return replace(comparison, forget=spec.forgotten, selection=spec.selection)


def compute(comparisons: Sequence[Comparison], store: Store, train_original: bool,
            say: Callable[[str], None] | None = None) -> int:
    """Carries out what is missing, one run after another; returns 130 where it was stopped, else 0."""
    leftovers.settle(store)
    say = say or say_aside
    line, tried = ProgressLine(), set()
    with ctrl_c() as cancel, heartbeat(store):
        while todo := [item for item in missing(comparisons, store) if item.key not in tried]:
            item = todo[0]
            tried.add(item.key)
            if item.queued and store.claim(item.queued) is None:
                continue  # somebody else has taken it
            tell = teller(line, todo, len(tried), store)
            run = run_here(item.resolved, store, train_original, cancel, tell, item.queued)
            line.end()
            for text in filter(None, (run.notice, state(item.comparison, item.method, item.seed, run))):
                say(text)
            if cancel.is_set() or run.status == "cancelled":
                return 130
    return 0


def teller(line: ProgressLine, todo: Sequence[Todo], number: int, store: Store) -> Any:
    """Progress of the first of these runs, with the time that all of them will take."""
    seconds = forecast(todo, store)
    label = f"[{number} of {number + len(todo) - 1}] {todo[0].label}"
    others = all_known(seconds[1:])
    rest = None if others is None else sum(others)

    def tell(progress: dict[str, Any]) -> None:
        now = progress.get("eta", seconds[0])
        left = None if rest is None or now is None else now + rest
        line({**progress, "stage": f"{label}: {progress['stage']}", "note": f"all: {estimates.duration(left)} left"})

    return tell


def say_aside(text: str) -> None:
    """A sentence on stderr, beside what the command prints."""
    print(text, file=sys.stderr)
