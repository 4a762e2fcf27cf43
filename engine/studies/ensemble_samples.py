"""Single samples of an ensemble: how exposed a method leaves each of them, how memorised it is, what it looks like."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.evaluation.ensembles.broken import whole
from engine.evaluation.ensembles.draws import ORIGINAL, candidates_of
from engine.evaluation.ensembles.klom import Klom, klom
from engine.evaluation.ensembles.outputs import FORGET, IN, OUT, Outputs
from engine.evaluation.strata import LARGEST, LEVELS
from engine.evaluation.strata import strata as by_score
from engine.evaluation.verdict import DAMAGED
from engine.registry import get, reference
from engine.runs.ensembles.kept import Shelf, states
from engine.runs.sources import NOISE
from engine.studies.ensemble import Design
from engine.studies.ensemble_request import data_of
from engine.studies.ensemble_views import Evidence, Findings, numbers_of


def sample_numbers(found: Design) -> np.ndarray:
    """The numbers of the samples that take part, in the order of every per-sample value."""
    return candidates_of(found.ensemble.seed, found.samples, found.candidates)


def most_exposed(row: Evidence, count: int) -> list[int]:
    """Places of the samples whose areas are highest: the attacker recognises them best."""
    if row.ulira is None:
        return []
    order = np.argsort(-np.nan_to_num(row.ulira.per_sample, nan=-1.0), kind="stable")
    return [int(at) for at in order[:count]]


def klom_by_set(shelf: Shelf, found: Design, method: str) -> dict[str, Klom]:
    """KLoM of a method against retrained models where a sample was forgotten, kept and never seen.

    Where it was forgotten, the retrained models never had it. All three have equally many models a side, and so the
    same null line; broken models are left out. Raises NotMeasurable with too few models.
    """
    numbers = numbers_of(shelf, found)
    state = states(shelf, numbers)
    mine, theirs = (shelf.read(found.key(name), numbers) for name in (method, reference().name))
    taking = (state != IN).any(0)
    anchor = method in (ORIGINAL, reference().name)
    kept = np.ones(len(numbers), dtype=bool) if anchor else whole(mine.test_accuracy, theirs.test_accuracy, DAMAGED)
    one, other = (Outputs(read.phi[kept][:, taking], state[kept][:, taking]) for read in (mine, theirs))
    few = min(len(one.under(where)) for where in (FORGET, OUT, IN))
    sides = {"forget": (FORGET, OUT), "retain": (IN, IN), "never seen": (OUT, OUT)}
    return {name: klom(one.under(here, few), other.under(there, few)) for name, (here, there) in sides.items()}


def strata(score: np.ndarray, size: int | None = None) -> dict[str, np.ndarray]:
    """Places of the least memorised samples, of those nearest to one half among the others, and of the most memorised.

    Examples
    --------
    >>> {name: places.tolist() for name, places in strata(np.array([0.0, 0.4, 1.0, 0.1]), 1).items()}
    {'low': [0], 'medium': [1], 'high': [2]}
    """
    found = by_score(score, size or min(LARGEST, len(score) // 10))
    return {level: found[level] for level in reversed(LEVELS)}


def area_by_stratum(found: Findings, places: Mapping[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """The mean area over the samples of each stratum, by method."""
    return {row.name: {name: float(np.nanmean(row.ulira.per_sample[which])) for name, which in places.items()}
            for row in found.rows if row.ulira}


def half_by_stratum(found: Findings, places: Mapping[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """Half of each area's 95% interval over the samples of its stratum, as if these were independent."""
    return {row.name: {name: _half(row.ulira.per_sample[which]) for name, which in places.items()}
            for row in found.rows if row.ulira}


def _half(areas: np.ndarray) -> float:
    known = areas[np.isfinite(areas)]
    return float(1.96 * known.std(ddof=1) / np.sqrt(len(known))) if len(known) > 1 else float("nan")


# --- as people see them ---------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """A training sample: its ``picture`` or ``text`` in ``shown``, its label, and what it truly is where known."""

    sample: int
    shown: Mapping[str, Any]
    label: str
    truth: str | None

    @property
    def changed(self) -> bool:
        """Whether its label was changed on purpose."""
        return self.truth is not None and self.truth != self.label


def shown_of(found: Design, numbers: Sequence[int]) -> list[Shown]:
    """These training samples, which needs the data. Raises DataMissing."""
    data = data_of(found)
    true = true_labels(found)
    return [Shown(number, data.train.shown(number), _label(data, number),
                  None if true is None else data.classes[int(true[number])]) for number in numbers]


def true_labels(found: Design) -> np.ndarray | None:
    """The training labels without the noise that the data carry on purpose; None where they carry none."""
    base = found.base
    if not base.options.get(NOISE):
        return None
    return _clean(base.dataset.name, tuple(sorted(({**base.options, NOISE: 0.0}).items())))


@functools.lru_cache(maxsize=4)
def _clean(dataset: str, options: tuple[tuple[str, Any], ...]) -> np.ndarray:
    labels: np.ndarray = get("dataset", dataset).load(dict(options), lambda *_: None).train.labels.numpy()
    return labels


def changed_labels(found: Design) -> np.ndarray | None:
    """Whether each training sample's label (n,) was changed on purpose; None where none was."""
    true = true_labels(found)
    if true is None:
        return None
    changed: np.ndarray = data_of(found).train.labels.cpu().numpy() != true
    return changed


def _label(data: Any, number: int) -> str:
    target = data.train.targets[number]
    if target.ndim == 0:
        return str(data.classes[int(target)])
    return ", ".join(data.classes[index] for index in target.nonzero().flatten().tolist())
