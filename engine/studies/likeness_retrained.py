"""The retrained models that a run is compared with: which they are, and which runs kept their weights. No torch."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import UnknownRun
from engine.registry import reference
from engine.runs.records import Run, outdated
from engine.runs.store import Store
from engine.spec import Resolved, resolve


def kept_retrained(run: Run, store: Store) -> str | None:
    """The retraining that a run is held against, where it kept its weights."""
    known = run.metrics.retrained if run.metrics else None
    run_id = known.run_id if known else None
    return run_id if run_id and _has_weights(run_id, store) else None


def kept_again(run: Run, store: Store) -> str | None:
    """A retraining on the run's split by the next seed that kept its weights: the model that would be trained."""
    if not run.split or not run.data:
        return None
    wanted = with_next_seed(reference_of(run.resolved())).training_identity(run.data)
    return next((other.id for other in store.list(status=("finished",), newest_first=True, split=run.split,
                                                  data=run.data)
                 if other.is_reference and not outdated(other) and _has_weights(other.id, store)
                 and other.resolved().training_identity(run.data) == wanted), None)


def _has_weights(run_id: str, store: Store) -> bool:
    try:
        return store.get(run_id).finished and store.weights_bytes(run_id) is not None
    except UnknownRun:  # deleted since, or a recorded one
        return False


def reference_of(resolved: Resolved) -> Resolved:
    """The retraining that a run is held against."""
    return resolve(replace(resolved.spec, method=reference().name, parameters={}), resolved.sizes)


def with_next_seed(retrained: Resolved) -> Resolved:
    """The same retraining by another seed, on the split of the first; only for :func:`unlearn` with that split.

    The profile ``paper`` has one retrained model for all seeds, so the recipe is taken over into the other profile.
    """
    spec = replace(retrained.spec, profile="corrected", parameters=retrained.effective,
                   unlearning_seed=retrained.training_seed + 1)
    return resolve(spec, retrained.sizes)
