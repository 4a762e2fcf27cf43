"""Memorisation scores of a data set's training samples from the Originals of an ensemble (Feldman and Zhang 2020).

An Original is trained on two thirds of the samples (published: seven tenths), so that of 200 models about 133 have a
sample and 67 do not. Only Originals are trained: the first of them are those of any other ensemble of the same seed.
"""

from __future__ import annotations

import numpy as np

from engine.errors import NotMeasurable
from engine.evaluation.ensembles.draws import ORIGINAL
from engine.evaluation.ensembles.memorisation import Scores, memorisation
from engine.evaluation.ensembles.outputs import OUT
from engine.runs.ensembles.kept import Shelf, states

FEWEST = 12  # models, of which a sample is left out of four


def scores(shelf: Shelf, most: int | None = None) -> Scores:
    """The scores from the first ``most`` Originals, by default from all there are.

    Raises
    ------
    NotMeasurable
        With fewer than 12 models.
    """
    numbers = sorted(shelf.numbers(ORIGINAL))[:most]
    if len(numbers) < FEWEST:
        raise NotMeasurable(f"{len(numbers)} of at least {FEWEST} models are there: compute more of the ensemble.")
    if "candidates" in shelf.about:
        raise NotMeasurable(f"Only {shelf.about['candidates']:,} of {shelf.about['samples']:,} samples take part in "
                            "this ensemble: memorisation needs one in which all do.")
    read, inside = shelf.read(ORIGINAL, numbers), states(shelf, numbers) != OUT
    probability = 1 / (1 + np.exp(-np.clip(read.phi.astype(np.float64), -500, 500)))
    return Scores(memorisation(read.correct, inside), memorisation(probability, inside), len(numbers))
