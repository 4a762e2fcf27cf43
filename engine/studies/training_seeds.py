"""A comparison over several Originals: which runs it consists of, and how far training and unlearning seeds move it.

The plain table holds for one Original. Here the same grid is asked of every training seed, and each method's metric
becomes a balanced design of I training seeds by J seeds (:mod:`engine.studies.variance`). The J seeds draw the forget
set and the unlearning together, the same forget sets for every Original, unless the comparison holds one set. With
K > 1 unlearning seeds on each forget set, what the forget set and what unlearning contribute are told apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from engine.errors import BadInput
from engine.evaluation.metrics import metric_title
from engine.runs.store import Store
from engine.studies import comparison as studies
from engine.studies.comparison import REFERENCE, Comparison, Runs
from engine.studies.notes import ORIGINAL, method_title
from engine.studies.variance import LEVELS, ONE_TRAINING, UNDETECTABLE, Component, Levels, Variation, paired, variation
from engine.system.words import plural
from engine.types import Spec

AllRuns = Mapping[tuple[int, int], Runs]  # by training seed and number of the unlearning seed
OVER = "± is half a 95% t interval over training seeds; runs of one Original count as one."
DRAWN = ("Each seed also draws a forget set, the same for every Original: the part of unlearning contains that of the "
         "forget set. compare --forget-seed N holds one.")


@dataclass(frozen=True)
class Row:
    """One method's metric over all seeds; ``reason`` says why there is no ``found``.

    ``from_retrained`` is the difference to retraining, paired by training seed and forget set.
    """

    method: str
    metric: str
    found: Variation | None
    from_retrained: Variation | None = None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """The row as plain values, standard deviations beside the variances."""
        return {"method": self.method, "metric": self.metric, "reason": self.reason or None,
                "found": _plain(self.found), "from_retrained": _plain(self.from_retrained)}


def find_runs(comparison: Comparison, store: Store, recorded: bool = True) -> dict[tuple[int, int], Runs]:
    """The best run of every cell by seeds (:func:`engine.studies.comparison.find_runs`). Raises BadSpec."""
    return {_key(one): studies.find_runs(one, store, recorded) for one in comparison.of_each_seed()}


def _key(one: Comparison) -> tuple[int, int]:
    return one.training_seeds[0], one.repeat


def missing(comparison: Comparison, runs: AllRuns) -> list[Spec]:
    """The specs that are neither finished nor on their way, Original by Original."""
    return [spec for one in comparison.of_each_seed() for spec in studies.missing(one, runs.get(_key(one), {}))]


def queue_missing(comparison: Comparison, jobs: Any, recorded: bool = True) -> list[str]:
    """Queues what is missing with ``jobs``, Originals too; returns the new ids. Raises BadSpec."""
    studies.check(comparison)
    todo = missing(comparison, find_runs(comparison, jobs.store, recorded))
    jobs.store.check_room(len(todo))
    return [jobs.submit(spec, True) for spec in todo]


def rows(comparison: Comparison, runs: AllRuns, metrics: Sequence[str]) -> list[Row]:
    """The Original, retraining and the methods, metric by metric."""
    others = [method for method in comparison.methods if method != REFERENCE]
    methods = [ORIGINAL, *([REFERENCE] if REFERENCE in comparison.methods else []), *others]
    return [_row(comparison, runs, method, metric) for method in methods for metric in metrics]


def over(comparison: Comparison) -> str:
    """Over what ± is, and what the part of unlearning contains."""
    if comparison.forget_seed is not None:
        return f"{OVER} All runs forget the set of seed {comparison.forget_seed}."
    return OVER if comparison.unlearning_seeds > 1 else f"{OVER} {DRAWN}"


def design(comparison: Comparison) -> str:
    """``I = 3 training seeds, J = 2 forget seeds, K = 2 unlearning seeds``."""
    counts = (len(comparison.training_seeds), len(comparison.seeds), comparison.unlearning_seeds)
    levels = _levels(comparison)
    each = zip("IJK", counts, levels if comparison.unlearning_seeds > 1 else (*levels[:2], levels[1]), strict=True)
    return ", ".join(f"{letter} = {number} {name} {plural(number, 'seed')}" for letter, number, name in each)


def _levels(comparison: Comparison) -> Levels:
    """What each level of seeds is of, from the outermost."""
    return ("training", "forget", "unlearning") if comparison.unlearning_seeds > 1 else LEVELS


def text(comparison: Comparison, found: Sequence[Row]) -> str:
    """The rows for people, and over what ± is."""
    lines = [f"Over training seeds ({design(comparison)})"]
    for row in found:
        lines.append(f"{method_title(row.method)}, {metric_title(row.metric)}: {_said(row)}")
    notes = dict.fromkeys(note for row in found if row.found for note in row.found.notes)
    return "\n".join([*lines, over(comparison), *notes])


def shares(found: Variation) -> str:
    """``training SD 3.87 (88%), unlearning SD 1.41 (12%)``; a negative estimate is not detectable."""
    parts = dict(zip(found.levels, found.components, strict=True))
    return ", ".join(f"{name} {_part(part)}" for name, part in parts.items() if part)


def only_one(comparison: Comparison) -> str | None:
    """The sentence for a comparison of one Original; None for one of several."""
    if len(comparison.training_seeds) > 1 or comparison.unlearning_seeds > 1:
        return None
    return ONE_TRAINING


def _part(part: Component) -> str:
    return UNDETECTABLE if part.sd is None else f"SD {part.sd:.2f} ({100 * part.share:.0f}%)"


def _said(row: Row) -> str:
    if row.found is None:
        return row.reason
    away = f"; from retraining {row.from_retrained.text()}" if row.from_retrained else ""
    return "; ".join(filter(None, (row.found.text(), shares(row.found)))) + away


def _row(comparison: Comparison, runs: AllRuns, method: str, metric: str) -> Row:
    values, levels = _values(comparison, runs, method, metric), _levels(comparison)
    try:
        found = variation(_complete(values), levels)
    except BadInput as error:
        return Row(method, metric, None, reason=str(error))
    if method in (ORIGINAL, REFERENCE):
        return Row(method, metric, found)
    try:
        return Row(method, metric, found, paired(values, _complete(_values(comparison, runs, REFERENCE, metric)),
                                                  levels))
    except BadInput:  # without retraining there is no difference to it
        return Row(method, metric, found)


def _values(comparison: Comparison, runs: AllRuns, method: str, metric: str) -> list[list[list[float | None]]]:
    """The metric by training seed, seed and unlearning seed; None where a run is not finished or lacks it."""
    return [[[_value(runs.get((training, repeat), {}), comparison, method, seed, metric)
              for repeat in range(comparison.unlearning_seeds)] for seed in comparison.seeds]
            for training in comparison.training_seeds]


def _value(runs: Runs, comparison: Comparison, method: str, seed: int, metric: str) -> float | None:
    if method == ORIGINAL:
        found = (run.metrics.original for name in comparison.methods
                 if (run := runs.get((name, seed))) and run.finished and run.metrics)
        metrics = next((one for one in found if one), None)
    else:
        run = runs.get((method, seed))
        metrics = run.metrics if run and run.finished else None
    return None if metrics is None else metrics.get(metric)


def _complete(values: list[list[list[float | None]]]) -> list[list[list[float]]]:
    """The values; raises BadInput with the count where some are missing: a failed run is not left out silently."""
    wanted = sum(len(each) for group in values for each in group)
    there = [value for group in values for each in group for value in each if value is not None]
    if len(there) < wanted:
        raise BadInput(f"{len(there)} of {wanted} runs have this value: the others are missing or failed, and leaving "
                       "them out would unbalance the design.")
    return [[[value for value in each if value is not None] for each in group] for group in values]


def _plain(found: Variation | None) -> dict[str, Any] | None:
    if found is None:
        return None
    parts = {name: part and asdict(part) | {"sd": part.sd, "detectable": part.detectable} for name, part in (
        ("of_training", found.of_training), ("of_unlearning", found.of_unlearning),
        ("of_evaluation", found.of_evaluation))}
    return asdict(found) | parts | {"over": found.over}
