"""U-LiRA: per sample, can an attacker who knows the method tell that a model was trained on it and then forgot it?

Hayes et al. 2024 (arXiv:2403.01218), after Carlini et al. 2022 (arXiv:2112.03570). Both sides' normals are fitted
without the scored model: scored on its own fit, a perfect method would seem to leak (AUC .63 with 16 models a side).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.errors import NotMeasurable
from engine.evaluation.ensembles.areas import areas_per_model, areas_per_sample
from engine.evaluation.ensembles.normals import fits_without_own
from engine.evaluation.ensembles.outputs import FORGET, OUT, Outputs
from engine.evaluation.ensembles.resampling import Mean, mean_over

FEWEST = 2  # models a side and sample: one is left out, one is left to fit
FEWEST_SAMPLES = 10  # a side of one model's ROC
# Two models' areas are not independent: each is in the other's fit. At chance level their mean is a degenerate U
# statistic of order two (Lee 1990, section 1.3) in which every pair counts twice: its variance is twice that of
# independent areas. Simulated: intervals hold one half in 93 to 97% of runs (test_ensembles_null.py).
SHARED_FITS = 2.0


@dataclass(frozen=True)
class ULira:
    """What the attack comes to.

    Parameters
    ----------
    llr : ndarray
        Log likelihood ratio (M, n) of *forgotten member* against *never seen*; NaN where a sample is kept.
    area : Mean
        Area under the ROC curve of each model, forgotten against never seen, and its mean over models.
    accuracy : Mean
        Share told apart by ``llr > 0``, mean of both sides.
    per_sample : ndarray
        Area (n,) over models of each sample's phi: above one half it is still recognised, below it stands out as worse
        than never seen.
    null_sd : float
        Standard deviation of one sample's area by chance alone. It is that of phi: a ratio's, whose fits leave the
        scored model out, is wider.
    models : float
        Models a side and sample, on average over samples.

    Examples
    --------
    >>> state = np.array([[FORGET, OUT] * 10, [OUT, FORGET] * 10] * 3)
    >>> rng = np.random.default_rng(0)
    >>> found = ulira(Outputs(rng.normal(5.0 * (state == FORGET)), state))
    >>> found.models, found.area.value > 0.9
    (3.0, True)
    """

    llr: np.ndarray
    area: Mean
    accuracy: Mean
    per_sample: np.ndarray
    null_sd: float
    models: float


def ulira(outputs: Outputs) -> ULira:
    """Attacks one method's models, each without its own group.

    Parameters
    ----------
    outputs : Outputs
        phi of the models *after* unlearning; those of the Originals give plain LiRA, the upper anchor.

    Raises
    ------
    NotMeasurable
        Where a sample has fewer than two models on a side, or a model fewer than ten samples.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> state = rng.integers(0, 3, (24, 200))
    >>> found = ulira(Outputs(rng.normal(2.0 * (state == FORGET)), state))
    >>> found.area.value > 0.8
    True
    """
    llr, area = _attacked(outputs)
    sides = {state: outputs.state == state for state in (FORGET, OUT)}
    right = _right(llr, sides[FORGET], sides[OUT])
    a_side = float(np.mean([outputs.counts(state).mean() for state in sides]))
    accuracy = mean_over(right, outputs.original_of, SHARED_FITS)
    return ULira(llr, area, accuracy, areas_per_sample(outputs.phi, outputs.state), null_sd(a_side), a_side)


def area_of(outputs: Outputs) -> Mean:
    """The area of :func:`ulira` alone. Raises NotMeasurable."""
    return _attacked(outputs)[1]


def _attacked(outputs: Outputs) -> tuple[np.ndarray, Mean]:
    """The likelihood ratios of both sides' samples, and the area of all models."""
    _refuse_too_few(outputs)
    llr = np.where(np.isin(outputs.state, (FORGET, OUT)), ratios(outputs), np.nan)
    return llr, mean_over(areas_per_model(llr, outputs.state), outputs.original_of, SHARED_FITS)


def ratios(outputs: Outputs, said: np.ndarray | None = None) -> np.ndarray:
    """ln of the likelihood ratio (M, n) of *forgotten* against *never seen*, by fits without the model's own group.

    Of what each model says, or of what another one says (n,) by the fits that each model has. NaN where a side has no
    other model.
    """
    forgotten, unseen = (fits_without_own(outputs, state) for state in (FORGET, OUT))
    known = (forgotten.count > 0) & (unseen.count > 0)
    phi = outputs.phi if said is None else np.broadcast_to(said, outputs.phi.shape)
    ratio: np.ndarray = forgotten.log_density(phi) - unseen.log_density(phi)
    return np.where(known, ratio, np.nan)


def _right(llr: np.ndarray, members: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Each model's share (M,) told apart, mean of both sides' rates."""
    rates = [((llr > 0) == member).sum(1, where=side & np.isfinite(llr)) / (side & np.isfinite(llr)).sum(1)
             for side, member in ((members, True), (others, False))]
    shares: np.ndarray = (rates[0] + rates[1]) / 2
    return shares


def null_sd(models: float) -> float:
    """Standard deviation of an area with this many models a side when nothing can be told apart.

    Examples
    --------
    >>> round(null_sd(16), 3), round(null_sd(64), 3)
    (0.104, 0.051)
    """
    return math.sqrt((2 * models + 1) / (12 * models**2))


def _refuse_too_few(outputs: Outputs) -> None:
    fewest = min(int(outputs.counts(state).min()) for state in (FORGET, OUT))
    if fewest < FEWEST:
        raise NotMeasurable(f"U-LiRA has {fewest} of at least {FEWEST} models on a side of some sample: one is scored "
                            f"and the others are fitted. Take more than {outputs.models} models.")
    samples = min(int((outputs.state == state).sum(1).min()) for state in (FORGET, OUT))
    if samples < FEWEST_SAMPLES:
        raise NotMeasurable(f"A model has {samples} forgotten or never seen samples, but its ROC needs at least "
                            f"{FEWEST_SAMPLES} a side: take larger data.")
    if len(np.unique(outputs.group_of)) < FEWEST:
        raise NotMeasurable("All models are of one group: nothing is left to fit without them.")
