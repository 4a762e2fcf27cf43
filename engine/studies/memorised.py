"""How memorised the samples of a run are, with the scores from one's own ensembles among those that are known."""

from __future__ import annotations

import functools
import logging
from pathlib import Path

from engine.errors import LabError, NotMeasurable
from engine.evaluation.ensembles.draws import ORIGINAL
from engine.originals.checkpoints import Checkpoints
from engine.originals.memorised import NEITHER, Memorised, about_these, from_scores, memorised
from engine.runs.ensembles.kept import Kept, own_ensembles
from engine.runs.records import Run
from engine.studies.ensemble_memorisation import FEWEST, scores

log = logging.getLogger(__name__)


def memorised_of(run: Run, checkpoints: Checkpoints) -> Memorised | None:
    """What is known of the training samples of a run's data, from most models; None where nothing is.

    A damaged file is logged and as good as none.
    """
    try:
        resolved, data = run.resolved(), run.data or ""
        shipped = memorised(resolved, data, checkpoints)
        own = [kept for kept in own_ensembles(checkpoints.root.parent)
               if "candidates" not in kept.about and about_these(kept.about, resolved, data)]
        models, best = max(((len(kept.numbers(ORIGINAL)), kept.folder) for kept in own), default=(0, None))
        if best is None or models < FEWEST or models <= (shipped.models or 0 if shipped else 0):
            return shipped
        return _own(best, models)
    except LabError as error:
        log.warning("how memorised the samples of run %s are is not shown: %s", run.id, error)
        return None


def known_of(run: Run, checkpoints: Checkpoints) -> Memorised:
    """The same. Raises NotMeasurable, with what to do, where nothing is known."""
    found = memorised_of(run, checkpoints)
    if found is None:
        raise NotMeasurable(NEITHER)
    return found


@functools.lru_cache(maxsize=4)
def _own(folder: Path, models: int) -> Memorised:
    """The scores of an ensemble of so many models; with more of them they are others."""
    return from_scores(scores(Kept(folder), models))
