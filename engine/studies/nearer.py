"""Which of some selected runs is nearest to its retrained model, and whether chance lets one say so. Pure.

The rule is that of a comparison (:mod:`engine.studies.ranking`): a run stands where its worst measure stands, that is
where it lies furthest beyond the chance range of its retrained model. Runs that differ only by the seed stand together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import BadInput
from engine.evaluation.measured import Metrics
from engine.evaluation.metrics import MOVED
from engine.evaluation.noise import noise_floor
from engine.evaluation.sides import apart
from engine.evaluation.verdict import verdict_of
from engine.runs.records import Run
from engine.spec import Resolved
from engine.studies.ranking import Part, Reason, measures
from engine.studies.selected import over_seeds
from engine.studies.unchanged import forgot_nothing, unchanged

Measured = dict[int, tuple[Metrics, Metrics]]  # by seed: a run's metrics and its retrained model's


@dataclass(frozen=True)
class Standing:
    """One run, or several that differ only by the seed: their places in the selection, and how far they are.

    ``parts`` are the measures, the worst first; ``why`` says why it is not ranked, where it is not.
    """

    places: tuple[int, ...]
    seeds: tuple[int, ...]
    parts: tuple[Part, ...]
    why: Reason | None = None

    @property
    def worst(self) -> Part:
        return self.parts[0]


def standings(runs: Sequence[Run]) -> tuple[Standing, ...]:
    """Those that have a retrained model on their split, the nearest first and those not ranked last.

    Empty where they do not forget the same kind of set of the same data: then distances say nothing of each other.
    """
    place_of = {run.id: place for place, run in enumerate(runs)}
    groups = [group for group in over_seeds([run for run in runs if not run.is_reference]) if _whole(group)]
    if len({_subject(group[0]) for group in groups}) != 1:
        return ()
    found = [one for group in groups if (one := _standing(group, tuple(place_of[run.id] for run in group)))]
    return tuple(sorted(found, key=lambda one: (one.why is not None, one.worst.beyond, one.worst.off)))


def told_apart(one: Standing, other: Standing) -> tuple[float, float, bool]:
    """By how many points their worst measures differ, what chance alone does to it, and whether it is more."""
    differ, chance = abs(other.worst.beyond - one.worst.beyond), max(one.worst.chance, other.worst.chance)
    return differ, chance, differ > chance


def _whole(group: Sequence[Run]) -> bool:
    """Whether every run of a group is finished and has a retrained model beside it."""
    return all(run.finished and run.metrics and run.metrics.retrained for run in group)


def _subject(run: Run) -> str:
    spec = run.spec
    return repr((spec.dataset, spec.model, spec.scenario, spec.forget_fraction, spec.forget_class, spec.profile,
                 sorted(spec.selection.items()), sorted(spec.options.items())))


def _standing(group: Sequence[Run], places: tuple[int, ...]) -> Standing | None:
    try:
        resolved = group[0].resolved()
    except BadInput:  # a spec of another version: nobody knows how many samples there were
        return None
    measured: Measured = {run.spec.seed: (run.metrics, run.metrics.retrained) for run in group
                          if run.metrics and run.metrics.retrained}
    names = measures(resolved.spec.scenario, "retrained")
    parts = [part for name in names if (part := _part(name, measured, resolved))]
    parts.sort(key=lambda part: (-part.beyond, -part.off))
    return Standing(places, tuple(measured), tuple(parts), _why(group, measured, resolved)) if parts else None


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
