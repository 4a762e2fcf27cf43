"""Carries a search out on an executor, here or in a thread that a page looks at."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from engine.errors import BadInput
from engine.originals.checkpoints import open_checkpoints
from engine.registry import held_against
from engine.runs import estimates, leftovers
from engine.runs.executors import EXECUTORS, Control
from engine.runs.here import heartbeat
from engine.runs.records import Run
from engine.runs.store import Store, open_store
from engine.spec import resolve
from engine.studies.comparison import REFERENCE
from engine.studies.job import Job, OneAtATime, executor_problems
from engine.studies.tuning import Tuning, check
from engine.studies.tuning_race import Race
from engine.system.singleton import singleton

START = 3 * 8.0  # seconds that worker processes take to start, in about three rounds
OFTEN = 2.0  # seconds between two looks at what has come, while runs end


def carry_out(race: Race, executor: str, train_original: bool, control: Control,
              tell: Callable[[dict[str, Any]], None] = lambda progress: None) -> Iterator[Run]:
    """Yields every run as it ends, until nothing is missing or ``cancel`` is set; the record is kept on the way."""
    tried: set[str] = set()
    race.propose()
    while todo := [one for one in race.missing() if one.fingerprint not in tried]:
        tried |= {one.fingerprint for one in todo}
        looked = time.monotonic()
        for _, run in EXECUTORS[executor].run_all(todo, race.store, train_original, control, tell):
            race.take(run)
            if time.monotonic() - looked >= OFTEN:
                race.refresh()
                looked = time.monotonic()
            yield run
        race.refresh()
        if control.cancel.is_set():
            return
        race.propose()
    race.refresh()
    race.check_written()


class TuningJob(Job):
    """A search in a thread."""

    def __init__(self, tuning: Tuning, executor: str, store: Store, train_original: bool):
        self.tuning, self.race = tuning, Race(tuning, store)
        self._executor, self._store, self._train = executor, store, train_original
        self.race.propose()
        self.race.missing()
        store.check_room(self.race.left())
        super().__init__(self.race.left(), "search")
        self.start()

    def ends(self, control: Control) -> Iterator[bool]:
        with heartbeat(self._store):
            for run in carry_out(self.race, self._executor, self._train, control, self.tell):
                self._number = self._ended + self.race.left() + 1  # the one that has just ended
                yield run.status == "failed"
        if not control.cancel.is_set() and self.race.record.complete:
            self._number = self._ended


def estimate(tuning: Tuning, store: Store) -> float | None:
    """Seconds that a search takes on this machine where nothing of it is there; None where nothing was measured."""
    from engine.runs.executors.local import workers_for

    seeds, methods = (*tuning.seeds, *tuning.report_seeds), tuning.methods
    retrained = [resolve(held_against(tuning.spec(REFERENCE, seed))) for seed in seeds]
    own = [resolve(tuning.spec(name, tuning.seeds[0])) for name in methods]
    checkpoints, measured = open_checkpoints(store.root), estimates.measured(store)
    each, all_retrained = (estimates.together(runs, checkpoints, measured).seconds for runs in (own, retrained))
    if each is None or all_retrained is None:
        return None
    times = (tuning.most_runs - len(seeds)) / len(methods)
    lanes = workers_for([*own, *retrained])
    return (each * times + all_retrained) / max(1, lanes) + (START if lanes else 0.0)


class Tunings(OneAtATime[TuningJob]):
    """The search of a store. Make one with :func:`tunings`."""

    def __init__(self, store: Store):
        super().__init__()
        self.store = store

    def launch(self, tuning: Tuning, executor: str = "local", train_original: bool = False) -> TuningJob:
        """Starts or continues a search. Raises BadSpec for a bad one, BadInput where nothing can be started."""
        check(tuning)
        if problems := executor_problems(executor):
            raise BadInput(" ".join(problems))
        with self._lock:
            if self.active:
                raise BadInput("Another search is running: stop it, or wait until it ends.")
            leftovers.settle(self.store)
            self.current = TuningJob(tuning, executor, self.store, train_original)
            return self.current


def tunings() -> Tunings:
    """The searches of the store at ``$UNLEARN_HOME``, the same for the whole process."""
    store = open_store()
    return singleton("tunings", store.url, lambda: Tunings(store))
