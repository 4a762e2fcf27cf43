"""A table of the paper, computed here: which runs it lacks, how long they take, and what became of the others.

What has finished, here or among the recorded runs, is used. Retraining comes first per size; in profile ``paper`` one
training serves all seeds. What another process is running is left to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from engine.errors import BadInput
from engine.originals.checkpoints import open_checkpoints
from engine.registry import names
from engine.runs import estimates
from engine.runs.records import Run
from engine.runs.store import Store
from engine.spec import Resolved, resolve
from engine.studies.comparison import REFERENCE, Comparison, Runs, find_runs
from engine.studies.exports import what_is_forgotten
from engine.studies.notes import method_title
from engine.studies.paper import PaperTable
from engine.system.words import numbered, plural
from engine.types import PROFILES, Forgotten


@dataclass(frozen=True)
class Todo:
    """One run to carry out; ``queued`` is its id where it waits in the queue already."""

    comparison: Comparison
    method: str
    seed: int
    queued: str | None

    @property
    def resolved(self) -> Resolved:
        return resolve(self.comparison.spec(self.method, self.seed))

    @property
    def key(self) -> tuple[Forgotten, str, int, tuple[int, ...]]:
        return self.comparison.forget, self.method, self.seed, self.comparison.training_seeds

    @property
    def label(self) -> str:
        return label(self.comparison, self.method, self.seed)


def missing(comparisons: Sequence[Comparison], store: Store) -> Iterator[Todo]:
    """What is neither finished nor running, in the order in which it is best run."""
    for comparison in comparisons:
        runs = find_runs(comparison, store)
        for cell in comparison.grid():
            run = runs.get(cell)
            if run is None or run.status not in ("finished", "running"):
                yield Todo(comparison, *cell, run.id if run and run.status == "queued" else None)


# --- how long it will take ------------------------------------------------------------------


def forecast(todo: Sequence[Todo], store: Store) -> list[float | None]:
    """Seconds of each run, None where nothing was measured. A training that serves all seeds counts once a size."""
    finished = store.list(status=("finished",), newest_first=True)
    checkpoints = open_checkpoints()
    trained = {_training(_resolved(run)) for run in finished if run.spec.method == REFERENCE} - {None}
    seconds = []
    for item in todo:
        resolved = item.resolved
        training = _training(resolved)
        served = training is not None and training in trained
        seconds.append(0.0 if served else estimates.run_seconds(resolved, checkpoints, finished))
        trained.add(training)
    return seconds


def _resolved(run: Run) -> Resolved | None:
    """A stored run's spec, resolved; None where it is of a version that this one does not understand."""
    try:
        return run.resolved()
    except BadInput:
        return None


def _training(resolved: Resolved | None) -> str | None:
    """What two runs share that need one training only."""
    if resolved is None or resolved.spec.profile != "paper" or not resolved.method.from_scratch:
        return None
    return resolved.training_identity("")


# --- what became of it ----------------------------------------------------------------------


def all_runs(comparison: Comparison, table: PaperTable, store: Store) -> Runs:
    """The comparison's runs, and the table's other ones, which know the Original and the retrained model too."""
    if table.dataset not in names("dataset"):
        return {}
    others = tuple(method for method in table.methods[1:] if method not in comparison.methods)
    return find_runs(replace(comparison, methods=comparison.methods + others), store)


def label(comparison: Comparison, method: str, *seeds: int) -> str:
    what = what_is_forgotten(comparison)
    training = next((f", Original of seed {seed}" for seed in comparison.training_seeds[:1] if seed), "")
    return f"{method_title(method)}, {what}, {numbered('seed', seeds)}{training}"


def state(comparison: Comparison, method: str, seed: int, run: Run) -> str:
    reason = "" if run.status == "finished" or not run.reason else f": {run.reason}"
    return f"{label(comparison, method, seed)}: {run.status}{reason or '.'}"


def unfinished(comparison: Comparison, runs: Runs) -> list[str]:
    """What became of the runs that have not finished, and which are not there."""
    told = []
    for method in dict.fromkeys(method for method, _ in comparison.grid()):
        absent = [seed for seed in comparison.seeds if (method, seed) not in runs]
        told += [state(comparison, method, seed, runs[method, seed]) for seed in comparison.seeds
                 if seed not in absent and runs[method, seed].status != "finished"]
        told += [f"{label(comparison, method, *absent)}: not computed yet."] if absent else []
    return told


def elsewhere(comparisons: Sequence[Comparison], store: Store) -> list[str]:
    """Where runs that are missing here are there with another profile: how many, and how to see them."""
    told = []
    for profile in PROFILES:
        known = [c for c in comparisons if c.profile != profile and c.dataset in names("dataset")]
        count = sum(_finished_elsewhere(comparison, profile, store) for comparison in known)
        one = count == 1
        told += [f"{count} {plural(count, 'run')} missing here {'exists' if one else 'exist'} with profile "
                 f"{profile}: pass --profile {profile} to see {'it' if one else 'them'}."] if count else []
    return told


def _finished_elsewhere(comparison: Comparison, profile: str, store: Store) -> int:
    here, there = (find_runs(c, store) for c in (comparison, replace(comparison, profile=profile)))
    return sum(run.status == "finished" and (cell not in here or here[cell].status != "finished")
               for cell, run in there.items())
