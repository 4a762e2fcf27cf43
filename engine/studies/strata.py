"""Methods by how memorised what they forget is: accuracy, attack and tug of war for the most, the medium and the least
memorised samples of the forget set (Zhao et al. 2024, arXiv:2406.01257).

Low is a control that is built in: a model retrained without these samples is right on most of them all the same, so
that doing nothing must win there, and a low tug of war means that a method forgets too much.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import sqrt
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import LabError, NotMeasurable
from engine.evaluation.metrics import KEPT, headlines
from engine.evaluation.roc import Roc, Sides
from engine.evaluation.strata import LEVELS, Level, composition, size_within, strata
from engine.originals.checkpoints import Checkpoints
from engine.runs.exposure import Exposure, View, When, before, gather, sides
from engine.runs.records import Run
from engine.runs.store import Store
from engine.studies.comparison import REFERENCE, Comparison, Runs
from engine.studies.memorised import known_of
from engine.studies.notes import ORIGINAL, method_title
from engine.system.known import all_known
from engine.types import Attack

if TYPE_CHECKING:
    from engine.originals.memorised import Memorised

Z = 1.96  # 95%
KNOWN_LABELS = "The classes are not shown: {why}"


@dataclass(frozen=True)
class Group:
    """One stratum of one seed's forget set: its samples' numbers, their mean score, how many each class has."""

    samples: np.ndarray
    mean: float
    classes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Standing:
    """One model on one stratum.

    Parameters
    ----------
    accuracy : float
        In percent.
    area : float
        Area under the ROC curve of the attack on these samples against those never seen.
    chance : tuple of float
        Where the area lies (95%) where there is nothing to find.
    tow : float, optional
        Tug of war against the retrained model, 1 is best; None without one.
    noise : float, optional
        How far the tug of war moves by chance.
    """

    accuracy: float
    area: float
    chance: tuple[float, float]
    tow: float | None = None
    noise: float | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"forget_accuracy": self.accuracy, "area": self.area, "area_chance_range": list(self.chance),
                "tow": self.tow, "tow_noise": self.noise}


@dataclass(frozen=True)
class Strata:
    """A comparison by memorisation: ``standings`` by method and level, means over the seeds that have them.

    ``groups`` are by level, one a seed; ``missing`` has the reason of each row that is empty, and ``notes`` what to
    know besides.
    """

    source: str
    attack: str
    seeds: tuple[int, ...]
    groups: Mapping[Level, tuple[Group, ...]]
    standings: Mapping[tuple[str, Level], Standing]
    missing: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def methods(self) -> tuple[str, ...]:
        """The rows in order: the Original, retraining, the others."""
        return tuple(dict.fromkeys(method for method, _ in self.standings))

    def size(self, level: Level) -> int:
        """Samples of a stratum, of one seed."""
        return len(self.groups[level][0].samples)

    def classes(self, level: Level) -> dict[str, int]:
        """How many samples of a stratum each class has, over all seeds, the most frequent first."""
        found = sum((Counter(group.classes) for group in self.groups[level]), Counter[str]())
        return dict(found.most_common())

    def best(self, level: Level) -> tuple[str, ...]:
        """The methods, and the Original, with the largest tug of war; within its noise they are equals."""
        able = {method: one for (method, at), one in self.standings.items()
                if at == level and method != REFERENCE and one.tow is not None}
        if not able:
            return ()
        first = max(able.values(), key=lambda one: one.tow or 0.0)
        return tuple(method for method, one in able.items()
                     if (one.tow or 0.0) >= (first.tow or 0.0) - (first.noise or 0.0))

    def control(self) -> str | None:
        """Whether doing nothing wins on the least memorised samples, as it must; None where that is not known."""
        doing_nothing, best = self.standings.get((ORIGINAL, "low")), self.best("low")
        if doing_nothing is None or doing_nothing.tow is None:
            return None
        if ORIGINAL in best:
            return (f"The control holds: on the least memorised samples doing nothing (the Original, "
                    f"{doing_nothing.tow:.2f}) is as good as any method.")
        return (f"The control fails: on the least memorised samples {method_title(best[0])} is ahead of doing nothing "
                f"({doing_nothing.tow:.2f}), although retraining changes little there. Read the strata with care.")

    def to_json(self) -> dict[str, Any]:
        """As plain values: strata with size and classes, standings a row, what is missing."""
        return {"memorisation": self.source, "attack": self.attack, "seeds": list(self.seeds),
                "strata": [{"level": level, "size": self.size(level), "classes": self.classes(level),
                            "mean": fmean(group.mean for group in self.groups[level]),
                            "samples": {str(seed): group.samples.tolist()
                                        for seed, group in zip(self.seeds, self.groups[level], strict=True)}}
                           for level in LEVELS],
                "rows": [{"method": method, "level": level, **one.to_json()}
                         for (method, level), one in self.standings.items()],
                "control": self.control(), "missing": dict(self.missing), "notes": list(self.notes)}


def by_memorisation(comparison: Comparison, runs: Runs, store: Store, checkpoints: Checkpoints,
                    with_data: bool = True) -> Strata:
    """The strata of a comparison's finished runs; ``with_data`` loads the data for the Original and the classes.

    Raises
    ------
    NotMeasurable
        Where no run keeps a table, nothing is known of memorisation, or a forget set is too small.
    """
    attack, missing, notes = headlines()[0], dict[str, str](), dict[str, None]()
    parts: dict[tuple[str, Level], list[Standing]] = {}
    groups: dict[int, dict[Level, Group]] = {}
    source = ""
    for seed in comparison.seeds:
        mine = [run for (_, at), run in runs.items() if at == seed and run.finished]
        for exposure in _exposures(mine, store, missing):
            if seed not in groups:
                memorised = known_of(exposure.run, checkpoints)
                source, groups[seed] = memorised.source, _groups(exposure, memorised)
                if with_data:
                    exposure = _with_data(exposure, checkpoints, groups[seed], missing, notes)
                else:
                    missing[ORIGINAL] = "The Original is not shown: its answers need the data, which are not loaded."
            for method, when in _rows(exposure):
                for level, group in groups[seed].items():
                    parts.setdefault((method, level), []).append(_standing(exposure, when, attack, group))
    if not groups:
        raise NotMeasurable(" ".join(dict.fromkeys(missing.values())) or "No run has finished yet.")
    order = [ORIGINAL, REFERENCE, *(method for method in comparison.methods if method != REFERENCE)]
    standings = {(method, level): _mean(parts[method, level]) for method in order for level in LEVELS
                 if (method, level) in parts}
    return Strata(source, attack.label, tuple(groups), {
        level: tuple(found[level] for found in groups.values()) for level in LEVELS}, standings, missing, tuple(notes))


def as_text(found: Strata) -> str:
    """The strata as a table for a terminal, with size, mean score and leading classes of each."""
    lines = [f"By memorisation ({found.source}); {found.attack}, area against samples never seen; ToW 1 is best"]
    for level in LEVELS:
        mean = fmean(group.mean for group in found.groups[level])
        classes = ", ".join(f"{name} {count}" for name, count in list(found.classes(level).items())[:5])
        lines.append(f"  {level:<6} {found.size(level):>4} samples, mean {mean:.2f}{classes and f'; {classes}'}")
    head = "".join(f"{f'{level}: accuracy':>18}{'area':>7}{'ToW':>7}" for level in LEVELS)
    lines.append(f"{'':<34}{head}")
    for method in found.methods:
        lines.append(f"{method_title(method):<34}" + "".join(_cells(found, method, level) for level in LEVELS))
    return "\n".join([*lines, *filter(None, [found.control()]), *found.missing.values(), *found.notes])


def _cells(found: Strata, method: str, level: Level) -> str:
    one = found.standings[method, level]
    tow = "-" if one.tow is None else f"{one.tow:.2f}{'^' if method in found.best(level) else ''}"
    return f"{one.accuracy:>17.1f}%{one.area:>7.2f}{tow:>7}"


def _exposures(runs: list[Run], store: Store, missing: dict[str, str]) -> Iterator[Exposure]:
    """Those that keep a table; the reason of the others goes to ``missing``."""
    for run in runs:
        try:
            yield gather(run, store)
        except LabError as error:
            missing[run.spec.method] = f"{method_title(run.spec.method)}: {error}"


def _groups(exposure: Exposure, memorised: Memorised) -> dict[Level, Group]:
    numbers = np.sort(exposure.views["now"].forget["sample"].to_numpy())
    places = strata(memorised.rank_by[numbers], size_within(len(numbers)), memorised.middle)
    return {level: Group(numbers[at], float(memorised.score[numbers[at]].mean())) for level, at in places.items()}


def _with_data(exposure: Exposure, checkpoints: Checkpoints, groups: dict[Level, Group], missing: dict[str, str],
               notes: dict[str, None]) -> Exposure:
    """The exposure with what the Original said, and the groups with their classes; a note where the data are not here.
    """
    from engine.runs.sources import own_bench

    try:
        exposure = before(exposure, checkpoints)
        data = own_bench(exposure.run, checkpoints).data
    except LabError as error:
        missing[ORIGINAL] = f"Original: {error}"
        notes[KNOWN_LABELS.format(why=error)] = None
        return exposure
    labels = data.train.labels.cpu().numpy()
    for level, group in groups.items():
        groups[level] = Group(group.samples, group.mean, composition(labels[group.samples], data.classes))
    return exposure


def _rows(exposure: Exposure) -> Iterator[tuple[str, When]]:
    """The run's own row, and once a seed that of the Original; the retrained model's is that of its run."""
    if "before" in exposure.views:
        yield ORIGINAL, "before"
    yield exposure.run.spec.method, "now"


def _standing(exposure: Exposure, when: When, attack: Attack, group: Group) -> Standing:
    view, scored = exposure.views[when], sides(exposure, when, attack)
    chosen = np.isin(view.forget["sample"].to_numpy(), group.samples)
    roc = Roc(Sides(scored.members[chosen], scored.nonmembers))
    accuracy = 100 * float(view.forget["correct"].to_numpy()[chosen].mean())
    tow, noise = _tow(exposure, when, accuracy, group)
    return Standing(accuracy, roc.auc, roc.auc_chance_range, tow, noise)


def _tow(exposure: Exposure, when: When, accuracy: float, group: Group) -> tuple[float | None, float | None]:
    """Tug of war with the stratum in the forget set's place, and its noise; none without a retrained model."""
    metrics, theirs = exposure.run.metrics, _retrained(exposure)
    mine = metrics and (metrics.original if when == "before" else metrics)
    reference = metrics and (metrics if exposure.run.is_reference else metrics.retrained)
    if mine is None or reference is None or theirs is None:
        return None, None
    chosen = np.isin(theirs.forget["sample"].to_numpy(), group.samples)
    other = 100 * float(theirs.forget["correct"].to_numpy()[chosen].mean())
    kept = float(np.prod([1 - abs(mine[name] - reference[name]) / 100 for name in KEPT]))
    noise = 0.0 if exposure.run.is_reference and when == "now" else Z * sqrt(
        sum(_variance(one / 100, len(group.samples)) for one in (accuracy, other)))
    return kept * (1 - abs(accuracy - other) / 100), kept * noise


def _retrained(exposure: Exposure) -> View | None:
    return exposure.views["now"] if exposure.run.is_reference else exposure.views.get("retrained")


def _variance(share: float, count: int) -> float:
    """Of a share of so many, with two more right and two more wrong ones (Agresti and Coull 1998)."""
    share = (share * count + 2) / (count + 4)
    return share * (1 - share) / (count + 4)


def _mean(found: list[Standing]) -> Standing:
    """The mean over seeds; chance ranges are not narrowed, for seeds may share samples."""
    tows, noises = (all_known(getattr(one, name) for one in found) for name in ("tow", "noise"))
    low, high = (fmean(one.chance[side] for one in found) for side in (0, 1))
    return Standing(fmean(one.accuracy for one in found), fmean(one.area for one in found), (low, high),
                    None if tows is None else fmean(tows), None if noises is None else fmean(noises))
