"""Which of the ensembles at hand an ensemble that a person asks for is, without loading its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.evaluation.ensembles.draws import ORIGINAL
from engine.evaluation.ensembles.memorisation import Scores
from engine.originals.checkpoints import Checkpoints
from engine.originals.recorded_scores import recorded_scores
from engine.registry import names, reference
from engine.runs import estimates
from engine.runs.ensembles.kept import Kept, Shelf
from engine.runs.ensembles.recorded import all_ensembles, recorded_ensembles
from engine.runs.executors.local import workers_for
from engine.runs.records import Run
from engine.studies.ensemble import Design, Ensemble, design
from engine.studies.ensemble_memorisation import scores
from engine.studies.ensemble_request import Task
from engine.studies.ensemble_store import kept_for
from engine.studies.ensemble_views import numbers_of
from engine.studies.ensemble_work import missing
from engine.system.known import all_known

START = 5.0  # seconds until worker processes have loaded what they need


@dataclass(frozen=True)
class AtHand:
    """An ensemble on the shelf that has most of it.

    Parameters
    ----------
    design : Design
        What was asked for, on the data that the shelf's models were trained on.
    shelf : Shelf
        One's own folder, or what ships.
    numbers : tuple of int
        The models that all parts have.
    """

    design: Design
    shelf: Shelf
    numbers: tuple[int, ...]


def usual_ensemble() -> Ensemble:
    """Digits with 64 models of the methods that ship; with every method where none do.

    Examples
    --------
    >>> usual_ensemble().models
    64
    """
    shipped = {str(part["method"]) for shelf in recorded_ensembles() if shelf.about["dataset"] == "digits"
               for part in shelf.parts().values()}
    every = [name for name in names("method") if name != reference().name]
    return Ensemble("digits", tuple(name for name in every if name in shipped) or tuple(every), 64)


def at_hand_of(ensemble: Ensemble) -> AtHand | None:
    """Where an ensemble's models are: of all that fit, the one with most of them; None where there is none.

    Raises
    ------
    BadSpec
        Where the ensemble itself is wrong.
    """
    design(ensemble)
    found = [one for shelf in all_ensembles() if (one := _fitting(ensemble, shelf))]
    return max(found, key=lambda one: (len(one.numbers), not one.shelf.recorded), default=None)


def _fitting(ensemble: Ensemble, shelf: Shelf) -> AtHand | None:
    about = shelf.about
    if about["dataset"] != ensemble.dataset or about["seed"] != ensemble.seed:
        return None
    asked = design(ensemble, about["samples"])
    if asked.about(about["data"]) != about:
        return None
    return AtHand(asked, shelf, tuple(numbers_of(shelf, asked)))


def to_compute(ensemble: Ensemble, found: AtHand | None) -> list[Task]:
    """The models that one's own folder lacks, none where what ships has all of them."""
    if found and len(found.numbers) >= ensemble.models:
        return []
    asked = found.design if found else design(ensemble)
    content = found.shelf.about["data"] if found else ""
    kept = found.shelf if found and isinstance(found.shelf, Kept) else kept_for(asked, content)
    assert isinstance(kept, Kept)
    return missing(asked, kept)


def estimate(asked: Design, todo: list[Task], checkpoints: Checkpoints, finished: list[Run]) -> float | None:
    """Seconds that these models take on this machine; None where a part of them was never measured."""
    training = estimates.training_seconds(asked.base, checkpoints)
    parts = {ORIGINAL: training} | {name: estimates.run_seconds(one, checkpoints, finished)
                                    for name, one in asked.parts.items()}
    known = all_known(parts[part] for task in todo for part in task.parts)
    if known is None:
        return None
    workers = workers_for([asked.base] * len(todo))
    return START + sum(known) / max(1, workers)


def memorisation_of(shelf: Shelf) -> Scores:
    """The memorisation scores of the samples of an ensemble: those that ship, else from its own Originals.

    An ensemble in which only some samples take part has those of one in which all do.

    Raises
    ------
    NotMeasurable
        Where there are too few Originals.
    """
    about = _whole(shelf.about)
    shipped = [found for says, found in recorded_scores() if _whole(says) == about]
    others = [other for other in all_ensembles() if other.about == about]
    own = max(others, key=lambda other: len(other.numbers(ORIGINAL)), default=shelf)
    if shipped and shipped[0].models >= len(own.numbers(ORIGINAL)):
        return shipped[0]
    return scores(own)


def _whole(about: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in about.items() if name != "candidates"}
