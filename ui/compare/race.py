"""From the runs of a comparison to what its charts draw: courses, last readings, outcomes. Reads the store only."""

from __future__ import annotations

from typing import Any

from engine.evaluation.events import Course, Reading, StartEvent
from engine.evaluation.histograms import EDGES, density
from engine.evaluation.measured import UNMEASURED, Metrics
from engine.runs import library
from engine.runs.queue import manager
from engine.runs.records import Run
from engine.studies.comparison import REFERENCE, Comparison, Runs
from engine.studies.notes import ORIGINAL, method_title
from engine.studies.table import Table
from ui.common import words
from ui.common.state import Slot

Humps = dict[str, list[float]]  # densities of the forget and never-seen samples over the logarithmic loss axis
KEPT: Slot[dict[str, Followed] | None] = Slot("compare.followed", None)
APART = 1.0  # points between a level drawn and the table's that are worth a sentence
MOST_KEPT = 300  # runs whose course a session keeps in memory


def short_title(method: str) -> str:
    """``SSD`` of ``Selective synaptic dampening (SSD)``: the shorter of a title and its bracket, for legends."""
    title, _, bracket = method_title(method).partition(" (")
    return min(title, bracket.rstrip(")") or title, key=len)


class Followed:
    """What a run's events come to so far: its course, where it began and how its losses lie now."""

    def __init__(self, run: Run):
        self.run_id, self.method, self.seed = run.id, run.spec.method, run.spec.seed
        self.running, self.unseen = not run.has_ended, words.never_seen(run.spec)
        self.recorded = run.recorded
        self.start: StartEvent | None = None
        self.reading: Reading | None = None
        self.points: list[dict[str, Any]] = []
        self.seen = -1  # the last event that is in here

    def add(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            self.seen = event["seq"]
        new = Course.from_json(events)
        self.start = self.start or new.start
        for point in new.points or new.probes:
            self.reading = point.reading
            self.points.append({"step": point.step, "samples": point.samples, "seconds": point.seconds,
                                "complete": point.complete, **point.reading.attacks})

    @property
    def has_a_way(self) -> bool:
        """Whether it was looked at between its beginning and its end; some recorded runs kept these two alone."""
        return not self.recorded or sum(not point["complete"] for point in self.points) > 1

    @property
    def counts(self) -> dict[str, int]:
        """Numbers of samples that are drawn; ``test`` are those that an attacker compares with."""
        return self.start.attacked if self.start else {"test": 0}

    def humps(self, reading: Reading | None) -> Humps | None:
        """The densities of a reading's losses; None where the run kept coarse ones, or none."""
        if self.start is None or reading is None or list(self.start.bins) != EDGES or not reading.histogram:
            return None
        return {name: density(reading.histogram[name]).tolist() for name in ("forget", "test")}

    @property
    def before(self) -> Humps | None:
        """The Original's losses."""
        return self.humps(self.start.before if self.start else None)

    @property
    def now(self) -> Humps | None:
        """The losses at the last reading."""
        return self.humps(self.reading)

    @property
    def truth(self) -> list[float] | None:
        """The retrained model's losses on the forget set, where it was there before the run."""
        known = self.humps(self.start.retrained if self.start else None)
        return known["forget"] if known else None

    @property
    def overlap(self) -> str:
        """``overlap 79%`` of the last reading; nothing where it was not kept."""
        known = self.reading.overlap if self.reading else None
        return "" if known is None else f"overlap {known:.0f}%"

    def course(self) -> dict[str, Any]:
        """As ``charts.compare.plot_race`` draws it."""
        return {"method": self.method, "name": short_title(self.method), "seed": self.seed, "running": self.running,
                "points": self.points}


def follow(comparison: Comparison, runs: Runs) -> list[Followed]:
    """Every run that has begun, in the comparison's order; of a running one only what is new is read."""
    found = []
    for cell in comparison.grid():
        if (run := runs.get(cell)) and run.status != "queued":
            found.append(followed(run))
    return [one for one in found if one.start]


def followed(run: Run) -> Followed:
    """A run's course so far; the session remembers it, and of a running one only what is new is read."""
    kept = KEPT.get() or {}
    KEPT.put(kept)
    while len(kept) > MOST_KEPT:
        kept.pop(next(iter(kept)))
    one = kept.setdefault(run.id, Followed(run))
    going_on = one.running
    one.running = not run.has_ended
    if going_on or one.start is None:
        one.add(library.events_after(run, manager().store, one.seen))
    return one


# --- what the charts need -------------------------------------------------------------------


def band(followed: list[Followed], attack: str) -> tuple[float, float] | None:
    """Where the attack lies where there is nothing to find: the widest of the runs' chance ranges."""
    bands = [known for one in followed if one.start and (known := one.start.null_band.get(attack))]
    return (min(low for low, _ in bands), max(high for _, high in bands)) if bands else None


def retrained_levels(followed: list[Followed], runs: Runs, attack: str) -> dict[int, float]:
    """The retrained model's attack accuracy by seed: on the samples of the lines, else on the complete sets."""
    levels: dict[int, float] = {}
    for one in followed:
        reference = one.start and one.start.retrained
        if reference and (level := reference.attacks.get(attack)) is not None:
            levels.setdefault(one.seed, level)
        watched = [point for point in one.points[1:] if not point["complete"]] or one.points  # without the Original
        if one.method == REFERENCE and not one.running and watched[-1].get(attack) is not None:
            levels[one.seed] = watched[-1][attack]
    for seed, known in _on_all(runs, attack).items():
        levels.setdefault(seed, known)
    return levels


def whole_band(runs: Runs, attack: str) -> tuple[float, float] | None:
    """The same on the complete sets, which the table has: the widest of the finished runs' chance ranges."""
    bands = [known for run in runs.values() if run.finished and run.metrics
             and (known := (run.metrics.get("null_band") or {}).get(attack))]
    return (min(low for low, _ in bands), max(high for _, high in bands)) if bands else None


def _on_all(runs: Runs, attack: str) -> dict[int, float]:
    """The same on the complete sets: of the comparison's own retraining, else as other runs refer to it."""
    found: dict[int, float] = {}
    for (method, seed), run in sorted(runs.items(), key=lambda item: item[0][0] != REFERENCE):
        metrics = run.metrics or UNMEASURED
        known = (metrics if method == REFERENCE else metrics.retrained or UNMEASURED).get(attack)
        if known is not None:
            found.setdefault(seed, known)
    return found


def level_apart(followed: list[Followed], runs: Runs, attack: str) -> str:
    """Where the dashed level and the table's retrained model differ, and what to compare with what; else nothing."""
    drawn, whole = retrained_levels(followed, runs, attack), _on_all(runs, attack)
    both = drawn.keys() & whole.keys()
    if not both:
        return ""
    line, table = (sum(values[seed] for seed in both) / len(both) for values in (drawn, whole))
    return "" if abs(line - table) < APART else (
        f"The retrained model is at {line:.1f}% on the samples drawn here and at {table:.1f}% on all of them, as in "
        "the table: small samples differ by chance. Compare lines with the dashed level, and numbers with the table.")


def smalls(followed: list[Followed]) -> list[Followed]:
    """One run a method for the small distributions, the retrained one first; all of one seed where that is possible."""
    seeds = [one.seed for one in followed]
    common = min(set(seeds), key=lambda seed: (-seeds.count(seed), seed), default=None)
    chosen: dict[str, Followed] = {}
    for one in sorted(followed, key=lambda one: one.seed != common):  # stable: the comparison's order
        chosen.setdefault(one.method, one)
    return sorted(chosen.values(), key=lambda one: one.method != REFERENCE)


def truth_of(shown: list[Followed]) -> dict[int, list[float]]:
    """The retrained model's losses on the forget set by seed: of the retraining itself, else as runs refer to it."""
    found = {one.seed: now["forget"] for one in shown if one.method == REFERENCE and (now := one.now)}
    for one in shown:
        if truth := one.truth:
            found.setdefault(one.seed, truth)
    return found


def outcomes(comparison: Comparison, runs: Runs, attack: str, table: Table) -> list[dict[str, Any]]:
    """A point a finished run, and the Original's a seed, as ``charts.compare.plot_tradeoff`` draws them.

    Names carry the table's marks, † and ‡: a doubtful run may lie in the best corner.
    """
    finished = {cell: run.metrics for cell in comparison.grid()
                if (run := runs.get(cell)) and run.finished and run.metrics}
    originals = {seed: metrics.original for (_, seed), metrics in finished.items() if metrics.original}
    found = [_outcome(ORIGINAL, seed, metrics, attack) for seed, metrics in originals.items()] + [
        _outcome(method, seed, metrics, attack) for (method, seed), metrics in finished.items()]
    return [one | {"name": one["name"] + table.marks(one["method"])} for one in found]


def _outcome(method: str, seed: int, metrics: Metrics, attack: str) -> dict[str, Any]:
    return {"method": method, "name": short_title(method), "seed": seed, "x": metrics.get(f"{attack}_gap"),
            "y": metrics["test_accuracy"]}
