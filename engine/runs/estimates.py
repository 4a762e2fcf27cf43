"""How long something will take, from what was measured: no torch, no guesses dressed up as facts.

A rate is seconds per training sample of one model: from the newest finished run in the store, else from an
Original's sidecar, else from a recorded retraining. What ships with the repository was measured on another machine.
Where nothing was measured, the answer is "an unknown time".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from engine.errors import BadInput, OriginalMissing
from engine.originals.checkpoints import Checkpoints
from engine.runs.recorded import asked_for, recorded_runs
from engine.runs.records import Run
from engine.spec import Resolved
from engine.system.known import all_known

SPREAD = 10  # newest runs alike whose times make a span
UNSURE = 2.0  # what was measured once, or elsewhere, may take from half to twice as long


def measured(store: Any) -> list[Run]:
    """The newest finished runs of a store, from which times are estimated."""
    newest: list[Run] = store.list(status=("finished",), newest_first=True, limit=200)
    return newest


def rate_from_sidecars(dataset: str | None, model: str, checkpoints: Checkpoints) -> float | None:
    """Seconds per sample of trainings of this model, on this data set if given."""
    rates = []
    for sidecar in checkpoints.sidecars(f"{dataset or '*'}-{model}-*"):
        try:
            rates.append(sidecar["seconds"] / sidecar["samples"])
        except (KeyError, TypeError, ZeroDivisionError):
            continue  # a damaged sidecar is reported where it matters, when its weights are loaded
    return rates[-1] if rates else None


def rate_from_recorded(dataset: str | None, model: str, checkpoints: Checkpoints) -> float | None:
    """The same from a recorded training from scratch, for models whose Original is too large to ship."""
    if checkpoints.shipped is None:
        return None
    for run in recorded_runs(checkpoints.shipped / "recorded"):
        spec = run.spec
        if (spec.model == model and dataset in (None, spec.dataset) and run.samples and run.seconds is not None
                and (asked := asked_for(run)) and asked.method.from_scratch):
            return run.seconds / run.samples
    return None


def training_rate(dataset: str, model: str, checkpoints: Checkpoints) -> float | None:
    """Seconds per sample of a training of this model: on this data set, else on another."""
    for where in (dataset, None):
        for measured in (rate_from_sidecars, rate_from_recorded):
            if rate := measured(where, model, checkpoints):
                return rate
    return None


def run_rate(resolved: Resolved, checkpoints: Checkpoints,
             finished: list[Run] | None = None) -> float | None:
    """Seconds per sample for a run: measured on the newest finished ones alike, else by a training."""
    for run in finished or []:
        if _alike(run, resolved) and run.samples and run.seconds is not None:
            return run.seconds / run.samples
    return training_rate(resolved.dataset.name, resolved.model.name, checkpoints)


def run_seconds(resolved: Resolved, checkpoints: Checkpoints,
                finished: list[Run] | None = None) -> float | None:
    """Seconds of the method alone, or None where nothing was measured yet."""
    rate = run_rate(resolved, checkpoints, finished)
    return None if rate is None else rate * resolved.plan.samples


@dataclass(frozen=True)
class Span:
    """From how many to how many seconds something will take."""

    low: float
    high: float

    @classmethod
    def around(cls, seconds: float) -> Span:
        """Half to twice: of something that was measured once, or on another machine."""
        return cls(seconds / UNSURE, seconds * UNSURE)

    def __str__(self) -> str:
        """``3 to 7 s``, ``40 s to 2 min``; ``about 4 s`` where both ends are the same."""
        if self.high < 1:
            return "under 1 s"
        (low, unit), (high, of) = _rounded(max(1.0, self.low), math.floor), _rounded(self.high, math.ceil)
        if (low, unit) == (high, of):
            return f"about {high} {of}"
        return f"{low} to {high} {of}" if unit == of else f"{low} {unit} to {high} {of}"


def _rounded(seconds: float, whole: Callable[[float], int]) -> tuple[str, str]:
    """A number and its unit; hours with one decimal."""
    if seconds < 90:
        return f"{whole(seconds)}", "s"
    return (f"{whole(seconds / 60)}", "min") if seconds < 5400 else (f"{whole(seconds / 360) / 10:.1f}", "h")


def around(seconds: float | None) -> str:
    """``2 to 8 s`` for 4: an estimate of several runs, as a range.

    Examples
    --------
    >>> around(4.0), around(None)
    ('2 to 8 s', 'an unknown time (nothing was measured yet)')
    """
    return in_words(None if seconds is None else Span.around(seconds))


def in_words(span: Span | None) -> str:
    """The span, or that nothing was measured yet."""
    return duration(None) if span is None else str(span)


def run_span(resolved: Resolved, checkpoints: Checkpoints, finished: Sequence[Run]) -> Span | None:
    """How long a run takes from its start to its end: the spread of those alike that were measured on this machine.

    With fewer than two of them it is half to twice what is known.
    """
    alike = [run for run in finished if _alike(run, resolved) and run.samples and run.seconds is not None][:SPREAD]
    if len(alike) < 2:
        seconds = run_seconds(resolved, checkpoints, list(finished))
        return None if seconds is None else Span.around(seconds + (measuring_seconds(resolved, list(finished)) or 0.0))
    rates = [run.seconds / run.samples for run in alike if run.samples and run.seconds is not None]
    beside = [seconds for run in alike if (seconds := _beside(run)) is not None] or [0.0]
    samples = resolved.plan.samples
    return Span(min(rates) * samples + max(0.0, min(beside)), max(rates) * samples + max(0.0, max(beside)))


def training_span(resolved: Resolved, checkpoints: Checkpoints) -> Span | None:
    """The same for training an Original, which is measured once."""
    seconds = training_seconds(resolved, checkpoints)
    return None if seconds is None else Span.around(seconds)


def _alike(run: Run, resolved: Resolved) -> bool:
    """Whether a run was measured here, with the same method on the same data set and model."""
    spec = run.spec
    return not run.imported and (spec.method, spec.dataset, spec.model) == (
        resolved.method.name, resolved.dataset.name, resolved.model.name)


def training_seconds(resolved: Resolved, checkpoints: Checkpoints) -> float | None:
    """Seconds to train an Original, or None where no training of this model was measured."""
    return _original_seconds(resolved.dataset.name, resolved.model.name, resolved.recipe.epochs, resolved.sizes.train,
                             checkpoints)


def missing_original(error: OriginalMissing, checkpoints: Checkpoints) -> str:
    """The sentence that asks whether to train an Original, with the time it takes."""
    seconds = _original_seconds(error.dataset, error.model, error.epochs, error.samples, checkpoints)
    return f"{error.absent} Training it takes {duration(seconds)} on this machine; allow it with {error.permission}"


def _original_seconds(dataset: str, model: str, epochs: int, samples: int, checkpoints: Checkpoints) -> float | None:
    rate = training_rate(dataset, model, checkpoints)
    return None if rate is None else rate * epochs * samples


@dataclass(frozen=True)
class Together:
    """What several runs take one after another, in seconds; None where nothing was measured yet.

    ``seconds`` is everything, ``retraining`` the part for ``trainings`` from scratch, ``measuring`` the part beside the
    methods (0 where no run has shown it yet), ``unknown`` the number of runs that ``seconds`` knows nothing about.
    """

    seconds: float | None
    retraining: float | None
    trainings: int
    measuring: float
    unknown: int


def together(runs: Sequence[Resolved], checkpoints: Checkpoints,
             finished: list[Run] | None = None) -> Together:
    """The methods' own time and that for measuring; a training that serves several seeds counts once, or not at all
    where a finished run has kept its weights.
    """
    finished = finished or []
    served = {key for run in finished if (key := _shared_training(_resolved(run)))}
    total, measuring, unknown = 0.0, 0.0, 0
    trainings: list[float | None] = []
    for resolved in runs:
        measuring += measuring_seconds(resolved, finished) or 0.0
        shared = _shared_training(resolved)
        if shared is not None:
            if shared in served:
                continue
            served.add(shared)
        seconds = run_seconds(resolved, checkpoints, finished)
        unknown += seconds is None
        total += seconds or 0.0
        if resolved.method.from_scratch:
            trainings.append(seconds)
    nothing = unknown and unknown == len(runs)
    known = all_known(trainings)
    return Together(None if nothing else total + measuring, None if known is None else sum(known),
                    len(trainings), measuring, unknown)


def _beside(run: Run) -> float | None:
    """Seconds that a run took beside its method."""
    if run.ended is None or run.started is None or run.seconds is None:
        return None
    return run.ended - run.started - run.seconds


def measuring_seconds(resolved: Resolved, finished: list[Run]) -> float | None:
    """Seconds that a run takes beside its method: median of the five newest on this data set and model."""
    spent = [seconds for run in finished
             if (run.spec.dataset, run.spec.model) == (resolved.dataset.name, resolved.model.name)
             and not run.imported and (seconds := _beside(run)) is not None]
    return max(0.0, median(spent[:5])) if spent else None


def _shared_training(resolved: Resolved | None) -> str | None:
    """What a training from scratch is kept by where one serves all seeds: in the profile paper."""
    if resolved is None or not resolved.method.from_scratch or resolved.spec.profile != "paper":
        return None
    return resolved.training_identity("")


def _resolved(run: Run) -> Resolved | None:
    """A stored run's spec; None for most, which train nothing from scratch, and for those of another version."""
    try:
        return None if run.spec.profile != "paper" or run.imported else run.resolved()
    except BadInput:
        return None


def duration(seconds: float | None) -> str:
    """``about 4 s``, ``about 6 min``, ``about 1.5 h`` or ``an unknown time (nothing was measured yet)``."""
    if seconds is None:
        return "an unknown time (nothing was measured yet)"
    if seconds < 1:
        return "under 1 s"
    if seconds < 90:
        return f"about {seconds:.0f} s"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"
