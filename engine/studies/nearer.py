"""Which of some selected runs is nearest to its retrained model, and whether chance lets one say so. Pure.

Two runs are held against each other measure by measure: each run's distance from its own retrained model, and nearer is
the one whose distance is smaller by more than chance. Distances of two measures are never subtracted: where one run is
nearer by one measure and the other by another, it cannot be told which is nearer. Runs that differ only by the seed
stand together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from engine.errors import BadInput
from engine.evaluation.measured import Metrics
from engine.evaluation.metrics import MOVED
from engine.evaluation.noise import binomial_range, noise_floor
from engine.evaluation.sides import apart
from engine.evaluation.verdict import verdict_of
from engine.runs.records import Run
from engine.spec import Resolved
from engine.studies.ranking import Part, Reason, measures
from engine.studies.selected import over_seeds
from engine.studies.unchanged import forgot_nothing, unchanged

Likeness = Mapping[str, Mapping[str, Any]]  # by run
AGREEMENT, DIVERGENCE = "agreement", "divergence"  # on the forget set, of a run's answers with its retrained model's
Measured = dict[int, tuple[Metrics, Metrics]]  # by seed: a run's metrics and its retrained model's


@dataclass(frozen=True)
class Standing:
    """One run, or several that differ only by the seed: their places in the selection, and how far they are.

    ``parts`` are the measures in points, the worst first; ``further`` are those of other units (ToW, and what was asked
    of the models themselves); ``why`` says why it is not ranked, where it is not.
    """

    places: tuple[int, ...]
    seeds: tuple[int, ...]
    parts: tuple[Part, ...]
    why: Reason | None = None
    further: tuple[Part, ...] = ()

    @property
    def worst(self) -> Part:
        return self.parts[0]


@dataclass(frozen=True)
class Apart:
    """One measure of two standings: how far each is from its retrained model, and what chance alone does to that."""

    metric: str
    one: float
    other: float
    chance: float

    @property
    def nearer(self) -> int:
        """-1 where the one is nearer beyond chance, 1 where the other is, 0 where it cannot be told."""
        return 0 if abs(self.one - self.other) <= self.chance else -1 if self.one < self.other else 1


def standings(runs: Sequence[Run], likeness: Likeness | None = None) -> tuple[Standing, ...]:
    """Those that have a retrained model on their split, those not ranked last.

    Empty where they do not forget the same kind of set of the same data: then distances say nothing of each other.
    ``likeness`` is what was kept by run id (:func:`engine.studies.likeness_asked.kept`).
    """
    place_of = {run.id: place for place, run in enumerate(runs)}
    groups = [group for group in over_seeds([run for run in runs if not run.is_reference]) if _whole(group)]
    if len({_subject(group[0]) for group in groups}) != 1:
        return ()
    found = [one for group in groups
             if (one := _standing(group, tuple(place_of[run.id] for run in group), likeness or {}))]
    return tuple(sorted(found, key=lambda one: (one.why is not None, one.worst.beyond, one.worst.off)))


def measure_by_measure(one: Standing, other: Standing) -> tuple[Apart, ...]:
    """Every measure that both have."""
    theirs = {part.metric: part for part in (*other.parts, *other.further)}
    return tuple(Apart(part.metric, part.off, that.off, max(part.chance, that.chance))
                 for part in (*one.parts, *one.further) if (that := theirs.get(part.metric)))


def beats(one: Standing, other: Standing) -> bool:
    """Whether it is nearer by some measure beyond chance, and farther by none."""
    sides = {found.nearer for found in measure_by_measure(one, other)}
    return -1 in sides and 1 not in sides


def _whole(group: Sequence[Run]) -> bool:
    """Whether every run of a group is finished and has a retrained model beside it."""
    return all(run.finished and run.metrics and run.metrics.retrained for run in group)


def _subject(run: Run) -> str:
    spec = run.spec
    return repr((spec.dataset, spec.model, spec.scenario, spec.forget_fraction, spec.forget_class, spec.profile,
                 sorted(spec.selection.items()), sorted(spec.options.items())))


def _standing(group: Sequence[Run], places: tuple[int, ...], likeness: Likeness) -> Standing | None:
    try:
        resolved = group[0].resolved()
    except BadInput:  # a spec of another version: nobody knows how many samples there were
        return None
    measured: Measured = {run.spec.seed: (run.metrics, run.metrics.retrained) for run in group
                          if run.metrics and run.metrics.retrained}
    names = measures(resolved.spec.scenario, "retrained")
    parts = [part for name in names if (part := _part(name, measured, resolved))]
    parts.sort(key=lambda part: (-part.beyond, -part.off))
    further = [part for part in (_tow(measured, resolved), *_alike([likeness.get(run.id) for run in group])) if part]
    return Standing(places, tuple(measured), tuple(parts), _why(group, measured, resolved),
                    tuple(further)) if parts else None


def _tow(measured: Measured, resolved: Resolved) -> Part | None:
    """How far the tug of war (ToW) is from its best, 1."""
    values = [mine["tow"] for mine, _ in measured.values() if mine.get("tow") is not None]
    chance = noise_floor("tow", [mine for mine, _ in measured.values()], resolved)
    return _further("tow", 1 - fmean(values), chance) if values and chance is not None else None


def _alike(kept: Sequence[Mapping[str, Any] | None]) -> list[Part]:
    """Agreement and divergence on the forget set, where every run of the group was asked for them."""
    sets = [found["sets"].get("forget") for found in kept if found]
    if len(sets) < len(kept) or not all(sets):
        return []
    off = fmean(100 - one["agreement"]["unlearned_retrained"]["share"] for one in sets)
    parts = [_further(AGREEMENT, off, fmean(binomial_range(100 - off, one["count"]) for one in sets))]
    if all("attainable" in one["jsd"] for one in sets):
        parts.append(_further(DIVERGENCE, fmean(one["jsd"]["unlearned_retrained"] for one in sets),
                              fmean(one["jsd"]["attainable"] for one in sets)))
    return parts


def _further(metric: str, off: float, chance: float) -> Part:
    return Part(metric, off, chance, max(0.0, off - chance))


def _part(name: str, measured: Measured, resolved: Resolved) -> Part | None:
    off = apart(name, measured.values())
    chance = noise_floor(name, [mine for mine, _ in measured.values()], resolved)
    if off is None or chance is None:
        return None
    above = sum(mine[name] - theirs[name] for mine, theirs in measured.values()) > 0 if name in MOVED else None
    return Part(name, off, chance, max(0.0, off - chance), above)


def _why(group: Sequence[Run], measured: Measured, resolved: Resolved) -> Reason | None:
    """Why it is not ranked, the gravest reason first."""
    kinds = {verdict.kind for run in group if (verdict := verdict_of(run))}
    mine = {seed: metrics for seed, (metrics, _) in measured.items()}
    if "damaged" in kinds:
        return "damaged"
    if "over_forgotten" in kinds:
        return "over_forgotten"
    return "unchanged" if unchanged(mine, resolved) else "forgot_nothing" if forgot_nothing(mine, resolved) else None
