"""Relearning as a page asks for it: how long it takes, in the background, and the best of what is known. No torch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.errors import BadInput
from engine.evaluation.relearning import NAME
from engine.originals.checkpoints import Checkpoints, open_checkpoints
from engine.registry import reference
from engine.runs import estimates, library
from engine.runs.records import Run
from engine.runs.store import Store
from engine.spec import Resolved, resolve
from engine.studies.background import Question, questions
from engine.studies.relearn_kept import all_known, filled, judge_again, like_published, pool_size
from engine.studies.relearn_numbers import WHO, Relearned, Settings

SHOWN = (0, 5, 10)  # forgotten samples beside the retain data, a panel each
READ = 1 / 3  # of a sample's training time that reading it takes
STEP, READING = 1.2e-3, 5e-3  # seconds that a step and a reading take however small they are: measured on two cores


def asked(forgotten: int, settings: Settings | None = None) -> Settings:
    """The settings of one panel."""
    return replace(settings or Settings(), forgotten=(forgotten,))


def refusal(run: Run) -> str | None:
    """Why a run cannot be relearned, as a sentence; None where it seems that it can."""
    try:
        filled(run, Settings())
    except BadInput as error:
        return str(error)
    return None


def kept(run: Run, store: Store) -> dict[int, Relearned]:
    """What is known, by the number of forgotten samples that were shown: of several that with the most curves."""
    judge_again(run, store)
    found: dict[int, Relearned] = {}
    for one in all_known(run, store):
        for count in one.settings.forgotten:
            if count not in found or _curves(one) > _curves(found[count]):
                found[count] = one
    return dict(sorted(found.items()))


def _curves(found: Relearned) -> int:
    return len(found.rates) * len(found.settings.seeds) * (1 + found.settings.second)


def open_panels(run: Run, known: Iterable[int]) -> list[int]:
    """How many forgotten samples may still be shown: of the usual counts those that fit and are not known."""
    most = pool_size(run)
    return [count for count in SHOWN if count <= most and count not in set(known)]


def ask(run_id: str, store: Store, forgotten: int = 0, settings: Settings | None = None) -> Question:
    """Relearns a run in the background. Raises BadInput while something else is under way."""
    def work(question: Question) -> None:
        from engine.studies.relearn import relearn

        relearn(library.get(run_id, store).run, store, open_checkpoints(store.root), asked(forgotten, settings),
                question.hand_out, question.report, question.cancel)

    return questions(store).ask(NAME, run_id, work, str(forgotten))


def span(run: Run, store: Store, checkpoints: Checkpoints, settings: Settings) -> estimates.Span | None:
    """How long it takes, from what was measured here or elsewhere; None where nothing was."""
    resolved, settings = run.resolved(), filled(run, settings)
    rate = estimates.training_rate(resolved.dataset.name, resolved.model.name, checkpoints)
    if rate is None:
        return None
    finished = estimates.measured(store)
    models = [*_retrainings(run, store, resolved, settings),
              *([resolved] if store.weights_bytes(run.id) is None else [])]
    before = sum(estimates.run_seconds(one, checkpoints, finished) or 0.0 for one in models)
    return estimates.Span.around(before + _curve_count(settings) * _of_curve(resolved, settings, rate))


def _curve_count(settings: Settings) -> int:
    per_model = len(settings.rates or ()) * len(settings.seeds) * len(settings.forgotten)
    return (len(WHO) - (not settings.second)) * per_model


def _of_curve(resolved: Resolved, settings: Settings, rate: float) -> float:
    """Seconds of one curve: its steps and its readings."""
    step = max(STEP, rate * like_published(resolved).parameters.batch_size)
    reading = max(READING, READ * rate * (resolved.sizes.forget + resolved.sizes.test))
    return float(settings.steps[-1] * step + len(settings.steps) * reading)


def _retrainings(run: Run, store: Store, resolved: Resolved, settings: Settings) -> list[Resolved]:
    retraining = resolve(replace(resolved.spec, method=reference().name, parameters={}), resolved.sizes)
    known = run.metrics.retrained if run.metrics else None
    there = known is not None and known.run_id is not None and store.weights_bytes(known.run_id) is not None
    return [retraining] * ((not there) + settings.second)
