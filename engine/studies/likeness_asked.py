"""How alike a run's model is to a retrained one, as a page asks for it: in the background, kept, in words. No torch.

What is kept are the plain values of :meth:`engine.studies.likeness.Likeness.to_json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any

from engine.errors import BadInput
from engine.originals.checkpoints import Checkpoints, open_checkpoints
from engine.runs import estimates, library
from engine.runs.records import Run
from engine.runs.store import Store
from engine.studies.background import Question, questions
from engine.studies.likeness_retrained import kept_again, kept_retrained, reference_of
from engine.system.files import short_hash

NAME = "likeness"
MEANING = 1  # of what is kept; raised where it changes
TELLING = 2.0  # standard errors
START = 2.0  # seconds to load the data and to compare models that are there
Found = Mapping[str, Any]


def refusal(run: Run) -> str | None:
    """Why a run's model cannot be compared, as a sentence; None where it seems that it can."""
    if not run.finished:
        return f"Run {run.id} is {run.status}: only a finished run has a model."
    if run.is_reference:
        return f"Run {run.id} is a retrained model, which others are compared with: open an unlearned run."
    try:
        run.resolved()
    except BadInput as error:
        return str(error)
    return None


def kept(run: Run, store: Store) -> Found | None:
    """What was found before; None where nothing was, or nothing that this version reads."""
    found = store.load_finding(run.id, _name(run))
    return found if isinstance(found, dict) and {"sets", "notes", "blind_spots"} <= set(found) else None


def ask(run_id: str, store: Store) -> Question:
    """Compares in the background. Raises BadInput while something else is under way."""
    def work(question: Question) -> None:
        from engine.studies.likeness import likeness

        run = library.get(run_id, store).run
        found = likeness(run, store, open_checkpoints(store.root), report=question.reporting)
        store.save_finding(run_id, _name(run), found.to_json())

    return questions(store).ask(NAME, run_id, work)


def span(run: Run, store: Store, checkpoints: Checkpoints) -> estimates.Span | None:
    """How long it takes: mostly the retrainings whose weights are not there. None where one was never measured."""
    resolved, finished = run.resolved(), estimates.measured(store)
    retraining = reference_of(resolved)
    there = [kept_retrained(run, store), kept_again(run, store)]
    todo = [retraining for one in there if one is None] + ([resolved] if store.weights_bytes(run.id) is None else [])
    seconds = [estimates.run_seconds(one, checkpoints, finished) for one in todo]
    known = [one for one in seconds if one is not None]
    return estimates.Span.around(START + sum(known)) if len(known) == len(seconds) else None


def _name(run: Run) -> str:
    return f"{NAME}-{short_hash({'identity': run.identity, 'meaning': MEANING})}"


# --- in words -------------------------------------------------------------------------------


def agreement_said(one: Found) -> str:
    """What the agreement on a set comes to, beside that of two retrained models."""
    shares = {pair: agreed["share"] for pair, agreed in one["agreement"].items()}
    mine, most, before = (shares.get(name) for name in ("unlearned_retrained", "attainable", "original_retrained"))
    if mine is None or most is None or before is None:
        return "Without a second retrained model it is not known what is attainable."
    if most - before < TELLING * _error(most, before, one["count"]):
        return (f"Cannot tell here: the Original already agrees with the retrained model on {before:.1f}%, about as "
                f"much as another retrained model does ({most:.1f}%).")
    if mine < most - TELLING * _error(mine, most, one["count"]):
        return f"Farther from the retrained model ({mine:.1f}%) than another retrained one ({most:.1f}%)."
    return f"As near to the retrained model ({mine:.1f}%) as another retrained one ({most:.1f}%)."


def _error(one: float, other: float, count: int) -> float:
    """The standard error of a difference of two shares, in points."""
    return sqrt(sum(share * (100 - share) for share in (one, other)) / count)


def tells(one: Found, layer: str) -> bool:
    """Whether CKA of a layer can tell anything: two retrained models are more alike than the Original and one."""
    most, before = (one["cka"].get(pair, {}).get(layer) for pair in ("attainable", "original_retrained"))
    return most is not None and before is not None and before < most
