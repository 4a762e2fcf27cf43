"""What relearning found about a run and what it is asked with, without a model: pages read this, no torch is loaded."""

from __future__ import annotations

import logging
from dataclasses import asdict, replace
from pathlib import Path

from engine.errors import BadInput
from engine.evaluation.relearning import NAME
from engine.runs.recorded_findings import FOLDER, ship, shipped_finding
from engine.runs.records import Run
from engine.runs.store import Store
from engine.spec import Resolved, resolve
from engine.studies.relearn_numbers import POOL, Relearned, Settings
from engine.system.files import short_hash
from engine.types import Spec

LIKE = Spec().method  # whose published rate and batch size on these data are taken, whatever the run's method is
MEANING = 1  # of a kept result; raised where it changes
log = logging.getLogger(__name__)


def known(run: Run, store: Store, settings: Settings) -> Relearned | None:
    """What was found before with these settings (:func:`filled` ones), None where nothing was."""
    stored = store.load_finding(run.id, name_of(run, settings))
    try:
        return Relearned.from_json(stored) if stored else None
    except (KeyError, TypeError, AttributeError) as error:
        log.warning("what was found about run %s cannot be read, so it is computed again: %r", run.id, error)
        return None


def all_known(run: Run, store: Store) -> list[Relearned]:
    """Everything that relearning ever found about a run, the newest first, then what ships about runs like it."""
    found, shipped = [], shipped_finding(run.identity)
    for stored in [*store.findings(run.id, NAME), *([{**shipped["finding"], "run_id": run.id}] if shipped else [])]:
        try:
            found.append(Relearned.from_json(stored))
        except (KeyError, TypeError, AttributeError) as error:
            log.warning("what was found about run %s cannot be read: %r", run.id, error)
    return found


def judge_again(run: Run, store: Store) -> bool:
    """Puts right what an older version's rules made of a run's curves; whether anything was.

    The verdict reads the kept answer, not the curves, so that no list of runs has to open them.
    """
    changed = False
    for found in all_known(run, store):
        key = name_of(run, found.settings)
        numbers = {"name": NAME, **found.outcome().to_json()}
        if key in (run.evidence or {}) and dict((run.evidence or {})[key]) != numbers:
            keep_evidence(found, store, key)
            changed = True
    return changed


def default_settings(run: Run) -> Settings:
    """Retain data alone, and with ten forgotten samples, or as many as may be shown."""
    most = min(10, pool_size(run))
    return Settings(forgotten=(0, most) if most else (0,))


def pool_size(run: Run) -> int:
    """How many forgotten samples may be shown. Raises BadSpec for a run of another version."""
    return round(POOL * run.resolved().sizes.forget)


def filled(run: Run, settings: Settings) -> Settings:
    """The settings with their rates. Raises BadInput for those that make no sense, and for runs without a model."""
    if not run.finished:
        raise BadInput(f"Run {run.id} is {run.status}: only a finished run has a model to relearn.")
    if run.is_reference:
        raise BadInput(f"Run {run.id} is a retrained model, against which others are relearned: name an unlearned run.")
    rate = like_published(run.resolved()).parameters.learning_rate
    settings = replace(settings, rates=settings.rates or (rate / 10, rate, rate * 10))
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    for name in ("forgotten", "seeds", "rates", "steps"):
        values = getattr(settings, name)
        if not values or len(set(values)) < len(values):
            raise BadInput(f"{name} is {', '.join(map(str, values)) or 'empty'}: name at least one value, none twice.")
    if min(settings.forgotten) < 0 or min(settings.seeds) < 0:
        raise BadInput("forgotten and seeds must be whole numbers from 0.")
    if not all(0 < rate < float("inf") for rate in settings.rates or ()):
        raise BadInput(f"rates is {', '.join(map(str, settings.rates or ()))}, but must be numbers above 0.")
    if settings.steps[0] != 0 or list(settings.steps) != sorted(settings.steps) or len(settings.steps) < 2:
        raise BadInput(f"steps is {', '.join(map(str, settings.steps))}, but must rise from 0.")


def keep_evidence(found: Relearned, store: Store, key: str) -> None:
    """Hands the answer to the run's verdict."""
    store.add_evidence(found.run_id, key, {"name": NAME, **found.outcome().to_json()})


def ship_finding(run: Run, found: Relearned, folder: Path = FOLDER) -> Path:
    """Writes what is to ship about runs like this one."""
    assert run.identity is not None
    numbers = {"name": NAME, **found.outcome().to_json()}
    about = {name: value for name, value in asdict(run.spec).items() if value != getattr(Spec(), name)}
    return ship(run.identity, found.to_json(), {name_of(run, found.settings): numbers}, about, folder)


def like_published(resolved: Resolved) -> Resolved:
    """The setting whose rate and batch size every method is relearned with, so that methods can be compared."""
    return resolve(replace(resolved.spec, method=LIKE, parameters={}), resolved.sizes)


def name_of(run: Run, settings: Settings) -> str:
    """What a finding is kept as: by the run and the settings."""
    made_of = {"identity": run.identity, "settings": asdict(settings), "meaning": MEANING}
    return f"{NAME}-{short_hash(made_of)}"
