"""How memorised each training sample of a run's data is: the scores from many models where they are known, else the
proxy that its Original's own training left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from engine.errors import NotMeasurable
from engine.evaluation.ensembles.memorisation import Scores
from engine.originals.checkpoints import Checkpoints, original_key
from engine.originals.recorded_scores import recorded_scores
from engine.spec import Resolved

NEITHER = ("How memorised these samples are is not known: there are no scores from many models (python -m engine "
           "memorisation makes them), and the Original was trained before it kept each sample's mean probability.")


@dataclass(frozen=True)
class Memorised:
    """How memorised every training sample is, high is memorised.

    Parameters
    ----------
    score : ndarray
        To be shown, (n,): the published score, or the proxy.
    rank_by : ndarray
        To order samples by, (n,): of scores the variant by probability, which is less noisy and has fewer ties.
    models : int, optional
        How many models the scores are from; None for the proxy.

    Examples
    --------
    >>> score = np.array([0.1, 0.93, 0.0])
    >>> Memorised(score, score, 200).said(1)
    'memorised: 0.93 of 1 (200 models)'
    >>> Memorised(score, score).said(1)
    'learned later than 66.7% of all samples (proxy of memorised)'
    >>> Memorised(score, score, 200).brief(1), Memorised(score, score).brief(1)
    ('memorised 0.93 of 1', 'learned later than 66.7%')
    """

    score: np.ndarray
    rank_by: np.ndarray
    models: int | None = None

    @property
    def middle(self) -> float:
        """What a medium stratum is nearest to: one half of a score, the median of a proxy."""
        return 0.5 if self.models else float(np.median(self.rank_by))

    @property
    def source(self) -> str:
        """Where this is from: ``scores from 200 models``."""
        return (f"scores from {self.models:,} models" if self.models else
                "proxy: mean probability of the label over the Original's epochs")

    def said(self, sample: int) -> str:
        """How memorised a sample is, for people who read it alone."""
        if self.models:
            return f"memorised: {self._rounded(sample)} of 1 ({self.models:,} models)"
        return f"{self.brief(sample)} of all samples (proxy of memorised)"

    def brief(self, sample: int) -> str:
        """The same beside many others, where :attr:`source` stands once."""
        if self.models:
            return f"memorised {self._rounded(sample)} of 1"
        return f"learned later than {self.later(sample):.1f}%"

    def _rounded(self, sample: int) -> str:
        return f"{self.score[sample]:.2f}".replace("-0.00", "0.00")

    def later(self, sample: int) -> float:
        """The percentage of all samples whose value is lower."""
        return 100 * float((self.rank_by < self.rank_by[sample]).mean())


def memorised(resolved: Resolved, data: str, checkpoints: Checkpoints) -> Memorised | None:
    """What ships or was kept for these settings on data of this sha256, or its beginning; None where nothing is known.

    Raises BadCheckpoint where a file is damaged.
    """
    shipped = [found for about, found in recorded_scores() if about_these(about, resolved, data)]
    return from_scores(max(shipped, key=lambda found: found.models)) if shipped else proxy(resolved, data, checkpoints)


def known(resolved: Resolved, data: str, checkpoints: Checkpoints) -> Memorised:
    """The same. Raises NotMeasurable, with what to do, where nothing is known."""
    found = memorised(resolved, data, checkpoints)
    if found is None:
        raise NotMeasurable(NEITHER)
    return found


def about_these(about: Mapping[str, Any], resolved: Resolved, data: str) -> bool:
    """Whether an ensemble's Originals are those of these settings, whatever their seeds."""
    mine = {"dataset": resolved.dataset.name, "options": resolved.options, "model": resolved.model.name,
            "recipe": asdict(resolved.recipe),
            "code": {kind: resolved.code[kind] for kind in ("dataset", "model") if kind in resolved.code}}
    return bool(data) and str(about["data"]).startswith(data) and mine == {name: about[name] for name in mine}


def from_scores(found: Scores) -> Memorised:
    """Scores from many models."""
    return Memorised(found.correctness.score, found.probability.score, found.models)


def proxy(resolved: Resolved, data: str, checkpoints: Checkpoints) -> Memorised | None:
    """What the Original's own training left, if it was on these data."""
    original = checkpoints.find(original_key(resolved))
    kept = checkpoints.confidence(original) if original else None
    if kept is None or not (data and kept.data.startswith(data)):
        return None
    return Memorised(kept.proxy, kept.proxy)
