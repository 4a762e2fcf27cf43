"""Is it only hidden? A finished run's model is fine-tuned on retain data, and what it was to forget may come back.

A copy of it, of the model retrained on the same split, of one retrained with another seed and of the Original see the
same batches: retain data alone, or with k forgotten samples. The rest of the forget set is read after a few steps. A
model that never saw these samples does not come to know them; one that only hides them does (docs/relearning.md).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from torch import nn

from engine.errors import BadInput, Cancelled, Diverged
from engine.originals.checkpoints import Checkpoints
from engine.registry import all_of, judged_by
from engine.runs.method import unlearn
from engine.runs.records import Run
from engine.runs.references import find_reference
from engine.runs.store import Store
from engine.runs.weights import RunWeights, weights_of
from engine.spec import resolve
from engine.studies.relearn_kept import default_settings, filled, keep_evidence, known, like_published, name_of
from engine.studies.relearn_numbers import WHO, Point, Relearned, Settings, Who, complete
from engine.studies.relearn_training import Curve, Ground, constant, ground_of, points, refreshed

Report = Callable[[str, float | None], None]
OnPoint = Callable[[Point], None]
SECOND = 1_000_003  # added to the seed of the retrained model for the second one


@dataclass(frozen=True)
class Bed:
    """The models to relearn and the ground that they share; ``notices`` say where a model was computed."""

    ground: Ground
    models: Mapping[Who, nn.Module]
    notices: tuple[str, ...] = ()


def relearn(run: Run, store: Store, checkpoints: Checkpoints, settings: Settings | None = None,
            on_point: OnPoint = lambda point: None, report: Report = lambda text, fraction: None,
            cancel: threading.Event | None = None) -> Relearned:
    """Relearns a finished run, or gives what was found with the same settings before; keeps it beside the run.

    ``on_point`` is called with each point as it comes. Raises BadInput where the settings or the run do not allow it,
    BadCheckpoint where kept weights are damaged, Cancelled once ``cancel`` is set.
    """
    asked = filled(run, settings or default_settings(run))
    if found := known(run, store, asked):
        keep_evidence(found, store, name_of(run, asked))  # of an earlier version it is not
        return found
    bed = prepare(run, store, checkpoints, asked, report, cancel)
    found = carried_out(run.id, bed, asked, on_point, report, cancel)
    store.save_finding(run.id, name_of(run, asked), found.to_json())
    keep_evidence(found, store, name_of(run, asked))
    return found


def prepare(run: Run, store: Store, checkpoints: Checkpoints, settings: Settings,
            report: Report = lambda text, fraction: None, cancel: threading.Event | None = None) -> Bed:
    """The four models of a run, kept or computed again. Raises BadInput, BadCheckpoint or Cancelled."""
    mine = weights_of(run, store, checkpoints, report, cancel)
    like = like_published(mine.resolved)
    ground = ground_of(mine.bench.data, mine.parts, run.spec.seed, like.parameters.batch_size, like.recipe)
    _check_pool(ground, settings)
    if constant(ground, mine.network):
        raise BadInput(f"The model of run {run.id} gives every sample the same answer: it is broken, and relearning it "
                       "says nothing about what it has forgotten.")
    theirs, said = _retrained(run, mine, store, checkpoints, report, cancel)
    models: dict[Who, nn.Module] = {"unlearned": mine.network, "retrained": theirs, "original": mine.bench.network}
    if settings.second:
        models["second"] = _trained(mine, SECOND, report, cancel)
    notices = [mine.notice, said, _by_class(run)]
    return Bed(ground, models, tuple(filter(None, notices)))


def carried_out(run_id: str, bed: Bed, settings: Settings, on_point: OnPoint = lambda point: None,
                report: Report = lambda text, fraction: None, cancel: threading.Event | None = None) -> Relearned:
    """Relearns every model of a bed; a rate at which one of them breaks is left out, with a sentence."""
    found: list[Point] = []
    left_out: dict[str, str] = {}
    curves = list(_curves(bed, settings))
    for number, curve in enumerate(curves):
        report("Relearning", number / len(curves))
        if f"{curve.rate:g}" in left_out:
            continue
        try:
            for point in points(bed.ground, curve, settings, partial(_stop, cancel)):
                found.append(point)
                on_point(point)
        except Diverged as error:
            left_out[f"{curve.rate:g}"] = f"At the rate {curve.rate:g} the {curve.who} model broke: {error}"
    passes: dict[str, float] = {
        who: value for who, model in bed.models.items() if (value := refreshed(bed.ground, model)) is not None}
    whole = [point for point in found if complete(found, bed.models, settings, point.rate)]
    return Relearned(run_id, settings, tuple(whole), len(bed.ground.held_back), len(bed.ground.pool), passes, left_out,
                     bed.notices)


def _stop(cancel: threading.Event | None) -> None:
    if cancel is not None and cancel.is_set():
        raise Cancelled("Stopped.")


def _curves(bed: Bed, settings: Settings) -> Iterator[Curve]:
    """All curves, so that a whole picture of one seed comes first and the others refine it."""
    for seed in settings.seeds:
        for forgotten in settings.forgotten:
            for rate in settings.rates or ():
                yield from (Curve(who, bed.models[who], rate, forgotten, seed) for who in WHO if who in bed.models)


def _check_pool(ground: Ground, settings: Settings) -> None:
    most = max(settings.forgotten)
    if most > len(ground.pool):
        raise BadInput(f"forgotten is {most}, but only {len(ground.pool)} of the {len(ground.parts.forget):,} "
                       "forgotten samples, a fifth of them, may be shown: the others are what is measured.")


def _retrained(run: Run, mine: RunWeights, store: Store, checkpoints: Checkpoints, report: Report,
               cancel: threading.Event | None) -> tuple[nn.Module, str | None]:
    """The model retrained on the run's split: a finished run's, else trained here, which the sentence says."""
    reference = find_reference(store, mine.resolved, mine.bench.data.content)
    if reference is not None:
        try:
            theirs = weights_of(reference, store, checkpoints, report, cancel)
            return theirs.network, theirs.notice
        except BadInput as error:
            return _trained(mine, 0, report, cancel), f"{error} A retrained model was trained for this instead."
    return _trained(mine, 0, report, cancel), ("No retrained model of this split was there: one was trained for this "
                                               "and is not kept. Run Retraining with the same forget set and seed.")


def _trained(mine: RunWeights, other_seed: int, report: Report, cancel: threading.Event | None) -> nn.Module:
    """A model retrained on the run's own split, with a training seed that is so much larger."""
    method = next(method for method in all_of("method") if method.role == "reference")
    spec = mine.resolved.spec
    retraining = resolve(replace(spec, method=method.name, parameters={}), mine.resolved.sizes)
    seeded = replace(retraining.spec, seed=spec.seed + other_seed, original_seed=spec.original_seed + other_seed,
                     unlearning_seed=spec.seeds.unlearning + other_seed)

    def on_step(model: nn.Module, progress: Any, seconds: float) -> None:
        _stop(cancel)
        report("Retraining" + (" with another seed" if other_seed else ""), progress.step / progress.total_steps)

    return unlearn(mine.bench, replace(retraining, spec=seeded), mine.parts, on_step).model


def _by_class(run: Run) -> str | None:
    if judged_by(run.spec) != "class":
        return None
    return ("A whole class was forgotten: the retain data hold none of it, so that the retrained model stays near 0% "
            "and the Original itself may lose the class. Forgotten samples that are shown teach it the class again.")
