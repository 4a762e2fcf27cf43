"""Which retraining a stored run is held against, and the runs that wait for one (engine/evaluation/retrained.py).

Both keep their per-sample tables, so that it does not matter which of the two came first: when a retraining ends, the
runs that were waiting for it are completed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from engine.attacks._shuffles import shuffled_by
from engine.evaluation.metrics import AGAINST_RETRAINED, stored_names
from engine.evaluation.retrained import against_retrained, own_reference
from engine.registry import all_of
from engine.runs.afterwards import lacks_beside, same_code
from engine.runs.ensembles.alike import part_of, shadows_of
from engine.runs.recorded import recorded_runs, recorded_samples
from engine.runs.records import outdated
from engine.types import Attack, Spec

if TYPE_CHECKING:
    from pandas import DataFrame

    from engine.runs.records import Run
    from engine.runs.store import Store
    from engine.spec import Resolved

ALIKE = ("dataset", "model", "scenario", "forget_fraction", "forget_class", "selection",
         "profile", "earlier")  # options are in the data


def find_reference(store: Store, resolved: Resolved, data: str) -> Run | None:
    """The newest finished retraining, by the recipe, on the same split of the same data; else a recorded one."""
    split, copy = resolved.split_identity(), data[:16]
    finished = store.list(status=("finished",), newest_first=True, split=split, data=copy)
    own = newest_reference(_same_seeds_first(finished, resolved.spec))
    return own or newest_reference([run for run in recorded_runs() if run.finished and run.split == split
                                    and run.data == copy and not run.notice])


def reference_samples(store: Store, reference: Run) -> DataFrame | None:
    """The per-sample table of a retraining, one's own or a recorded one; None where it kept none."""
    return recorded_samples(reference.id) if reference.recorded else store.load_samples(reference.id)


def newest_reference(runs: list[Run]) -> Run | None:
    """The first of these runs that is a retraining by the Original's own recipe, with its metrics."""
    return next((run for run in runs if is_reference(run) and run.metrics and not outdated(run)), None)


def _same_seeds_first(runs: list[Run], spec: Spec) -> list[Run]:
    """The runs in their order, those of the same Original and unlearning seed before the others."""
    asked = (spec.seeds.training, spec.seeds.unlearning)
    return sorted(runs, key=lambda run: (run.spec.seeds.training, run.spec.seeds.unlearning) != asked)


def is_reference(run: Run) -> bool:
    return run.is_reference


# --- completing runs ------------------------------------------------------------------------


def complete(store: Store, run: Run, retrained: list[DataFrame] | None = None, anew: bool = False) -> Run:
    """The finished run with what its retrained model adds, if there is one by now; written to the store.

    ``retrained`` are :func:`retrained_samples` where they are at hand. Values that the run has stay, so that a
    finished run's numbers do not move with the store; ``anew`` measures them all with what is there now.
    """
    alike = store.list(status=("finished",), newest_first=True, split=run.split, data=run.data)
    reference = newest_reference(_same_seeds_first(alike, run.spec))
    shadows = shadow_runs(run, alike)
    if reference is None or run.metrics is None or not (anew or _waiting(run, len(shadows))):
        return run
    samples = store.load_samples(run.id)
    if is_reference(run):
        retrained = own_reference(samples)
    elif retrained is None:
        retrained = retrained_samples(store, run)
    before = run.metrics.to_json()
    with shuffled_by(run.spec.evaluation_seed):
        metrics = against_retrained(before, samples, reference, store.load_samples(reference.id), retrained,
                                    tables_of(store, shadows), shadows_of(run))
    store.amend(run.id, metrics=metrics if anew else _kept(before, metrics))
    return store.get(run.id)


def _waiting(run: Run, shadows: int) -> bool:
    """Whether a finished run lacks something that only other models give, and that they can give by now."""
    metrics = run.metrics
    able = [attack for attack in _beside() if _can(attack, run, shadows)]
    return metrics is not None and (any(metrics.get(name) is None for name in _telling(able)) or lacks_beside(metrics))


def _can(attack: Attack, run: Run, shadows: int) -> bool:
    """Whether the models that an attack needs beside the run are there, as far as that is known without a table."""
    if "ensemble" in attack.needs:
        return part_of(run) is not None
    return "shadows" not in attack.needs or shadows >= attack.fewest


def _telling(attacks: Sequence[Attack]) -> tuple[str, ...]:
    """What is None where it was not measured; of an attack its ROC area, for older runs have no more."""
    areas = [attack.metric("auc") for attack in attacks]
    return ("retrained", *(metric.name for metric in AGAINST_RETRAINED), *areas)


def _beside() -> list[Attack]:
    return [attack for attack in all_of("attack") if attack.needs_retrained]


def _kept(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """``after`` with the values that were there before, each with the models that it was measured with."""
    had = {name: before[name] for name in _telling(_beside()) if before.get(name) is not None}
    for attack in _beside():
        if not same_code(before, attack):
            had.pop(attack.metric("auc"), None)
        elif attack.metric("auc") in had:  # all of it or nothing: no number is measured with other models later
            names = stored_names(attack)
            after = {name: value for name, value in after.items() if name not in names}
            had |= {name: before[name] for name in names if name in before}
    missing = {name: why for name, why in after["missing"].items() if name in after and name not in had}
    return after | had | {"missing": missing}


def complete_waiting(store: Store, ended: Run) -> None:
    """After a run has finished: completes it, or all runs that were waiting for it.

    A retraining is RMIA's reference for other seeds' runs too, where those have no area yet. A run looks once more:
    its retraining may have finished while it was being measured.
    """
    if not is_reference(ended):
        if ended.metrics is None or ended.metrics.retrained is None:
            complete(store, ended)
        return
    retrained = retrained_samples(store, ended)
    for run in store.list(status=("finished",), data=ended.data):
        if _alike(run, ended):
            complete(store, run, retrained)


def retrained_samples(store: Store, run: Run) -> list[DataFrame]:
    """The per-sample tables of every model retrained on the data, scenario and profile of this run.

    Recorded ones only where there is none of one's own, as in the attacker's seat (:mod:`engine.runs.exposure`).
    """
    own = _tables(store, run, store.list(status=("finished",), newest_first=True, data=run.data))
    return own or _tables(store, run, [other for other in recorded_runs()
                                       if other.finished and run.data and other.data == run.data])


def shadow_runs(run: Run, alike: Iterable[Run]) -> list[Run]:
    """The retrainings of the run's own split among ``alike``, one of each training, without the run itself."""
    made: dict[int, Run] = {}
    for other in alike:
        seed = _training_seed(other)
        if seed is not None and other.id != run.id and other.split == run.split:
            made.setdefault(seed, other)
    own = _training_seed(run)
    return [other for seed, other in made.items() if seed != own]


def _training_seed(run: Run) -> int | None:
    """What a retraining's weights were drawn by; two of one seed are one model. None for any other run."""
    return run.resolved().training_seed if is_reference(run) and not run.spec_extra and not outdated(run) else None


def shadow_samples(store: Store, run: Run) -> list[DataFrame]:
    """The tables of the models retrained on the run's own split, recorded ones where there is none of one's own."""
    own = shadow_runs(run, store.list(status=("finished",), newest_first=True, split=run.split, data=run.data))
    return tables_of(store, own or shadow_runs(run, [other for other in recorded_runs() if other.finished
                                                     and run.data and other.data == run.data]))


def tables_of(store: Store, runs: Iterable[Run]) -> list[DataFrame]:
    """The per-sample tables of those of these runs that kept one."""
    return [frame for run in runs if (frame := reference_samples(store, run)) is not None]


def _tables(store: Store, run: Run, runs: Iterable[Run]) -> list[DataFrame]:
    """The table of the first retraining of each split."""
    found, seen = [], set()
    for other in runs:
        if is_reference(other) and other.split not in seen and _alike(run, other):
            seen.add(other.split)
            frame = reference_samples(store, other)
            found += [frame] if frame is not None else []
    return found


def _alike(run: Run, other: Run) -> bool:
    return all(getattr(run.spec, name) == getattr(other.spec, name) for name in ALIKE)
