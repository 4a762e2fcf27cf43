"""The record of a verdict. :mod:`engine.evaluation.verdict` makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.evaluation.evidence import Decisive, Evidence

Kind = Literal["reference", "damaged", "over_forgotten", "not_forgotten", "undecided", "forgotten"]


@dataclass(frozen=True)
class Verdict:
    """What the numbers of a run come to.

    Parameters
    ----------
    kind : {'reference', 'damaged', 'over_forgotten', 'not_forgotten', 'undecided', 'forgotten'}
        The rule that applied.
    text : str
        One to three sentences.
    damaged : bool
        Whether tables mark it as damaged.
    over_forgotten : str, optional
        Why tables mark it as over-forgotten.
    evidence : tuple of Evidence
        What was looked at, an item each.
    decisive : Decisive, optional
        The number that decided, where one lies beyond its limit.
    title : str
        The verdict in a line, as a page's largest text.
    few : bool
        Whether nothing was found among so few samples that little could have been: tables say so in its place.

    Examples
    --------
    >>> from engine.evaluation.verdict import judge
    >>> verdict = judge({"test_accuracy": 40.0, "original": {"test_accuracy": 81.0}}, "random", None)
    >>> verdict.kind, verdict.damaged
    ('damaged', True)
    """

    kind: Kind
    text: str
    damaged: bool = False
    over_forgotten: str | None = None
    evidence: tuple[Evidence, ...] = ()
    decisive: Decisive | None = None
    title: str = ""
    few: bool = False
