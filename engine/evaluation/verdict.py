"""What the numbers of a run come to: one verdict, from one set of rules. No page decides what is good.

It is worked out from the stored numbers whenever it is read, so that recorded and older runs are judged by the same
rules. The first that applies decides:

1. ``reference``: the retrained model is what the others are held against; it is not judged against itself.
2. ``damaged``: the test accuracy fell ten points or more. Nothing else is said: a broken model leaks nothing.
3. ``over_forgotten``: the forget set stands out by being *worse* than unseen data, at three standard errors: an
   attack's ROC area under one half, or an accuracy under its aim. The aim is the test accuracy, and for a class the
   retrained model's accuracy on it.
4. ``not_forgotten``: for a class, that the model still recognises it; otherwise an attack that beats chance: its
   accuracy lies above the chance range, or its ROC area three standard errors above one half. What the retrained model
   shows on the same split is never held against a run.
5. ``undecided``: nothing could be measured, or there was nothing to forget.
6. ``forgotten``: a class that is recognised as little as by the retrained model (an attack that beats chance within
   it is reported); otherwise everything that could be measured is as chance, or the retrained model, has it.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

from engine.errors import BadInput
from engine.registry import by_class, is_reference, live_attacks
from engine.spec import resolve
from engine.types import Attack, Spec

DAMAGED = 10.0  # points of test accuracy lost, from which on a model counts as damaged
GONE = 1.0  # percent of a class recognised, under which a model never names it
STILL_KNOWN = 5.0  # points of accuracy on a forgotten class above the retrained model's, from which on it is not
ERRORS = 3.0  # standard errors
COMPOSED = ("Over-forgotten", "The model is damaged")  # how notes begin that older versions stored as verdicts

Kind = Literal["reference", "damaged", "over_forgotten", "not_forgotten", "undecided", "forgotten"]
Metrics = Mapping[str, Any]


class Judged(Protocol):
    """What a verdict needs of a run (:class:`engine.runs.records.Run`)."""

    @property
    def spec(self) -> Spec: ...

    @property
    def spec_extra(self) -> Mapping[str, Any]: ...

    @property
    def metrics(self) -> Metrics | None: ...


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

    Examples
    --------
    >>> verdict = judge({"test_accuracy": 40.0, "original": {"test_accuracy": 81.0}}, "random", None)
    >>> verdict.kind, verdict.damaged
    ('damaged', True)
    """

    kind: Kind
    text: str
    damaged: bool = False
    over_forgotten: str | None = None


@dataclass(frozen=True)
class Counts:
    """Samples in the forget set, the test set, and the set that an attacker has to tell from the forget set."""

    forget: int
    test: int
    nonmembers: int


@dataclass(frozen=True)
class Finding:
    """One attack: what it comes to, in a sentence."""

    kind: Literal["reverse", "found", "under", "chance"]
    text: str


def verdict_of(run: Judged) -> Verdict | None:
    """The verdict on a stored run; None where it has no metrics."""
    if not run.metrics:
        return None
    return judge(run.metrics, run.spec.scenario, _counts(run), is_reference(run.spec))


def judge(metrics: Metrics, scenario: str, counts: Counts | None, reference: bool = False) -> Verdict:
    """The verdict on the metrics of one model. Without ``counts`` no ROC area and no accuracy is judged."""
    if reference:
        return Verdict("reference", "This is the retrained model, which never saw the forget set: it is the "
                       "reference for the others, so it is not judged itself. Where it is off the chance level, so "
                       "is the split.")
    broken, over = _damage(metrics), _over_forgetting(metrics, scenario, counts)
    if broken:
        return Verdict("damaged", broken, damaged=True, over_forgotten=over)
    findings = [found for attack in live_attacks() if (found := _finding(attack, metrics, counts))]
    if over:
        return Verdict("over_forgotten", " ".join([over, *_texts(findings, "found")]), over_forgotten=over)
    return (_class if by_class(scenario) else _random)(metrics, findings)


def remarks(metrics: Metrics) -> list[str]:
    """The notes of a run's metrics without the verdicts that older versions stored; why a band is absent."""
    absent = (metrics.get("band") or {}).get("missing")
    return [note for note in metrics.get("notes") or [] if not note.startswith(COMPOSED)] + ([absent] if absent else [])


def far_under(accuracy: float, n: int, aim: float, m: int) -> bool:
    """Whether an accuracy (percent of n samples) lies three standard errors and a point under another one (of m)."""
    pooled = (accuracy * n + aim * m) / (n + m) / 100
    error = 100 * math.sqrt(max(0.0, pooled * (1 - pooled)) * (1 / n + 1 / m))
    return accuracy < aim - ERRORS * error and accuracy < aim - 1


# --- the counts -----------------------------------------------------------------------------


def _counts(run: Judged) -> Counts | None:
    """As measured; for runs of older versions as declared; None for a spec that is not known here."""
    if run.metrics and (known := run.metrics.get("sizes")):
        return Counts(**known)
    return None if run.spec_extra else _declared(json.dumps(asdict(run.spec), sort_keys=True))


@functools.lru_cache(maxsize=8192)
def _declared(spec: str) -> Counts | None:
    try:
        sizes = resolve(Spec(**json.loads(spec))).sizes
    except (BadInput, TypeError):
        return None
    return Counts(sizes.forget, sizes.test, sizes.nonmembers)


# --- the rules ------------------------------------------------------------------------------


def _damage(metrics: Metrics) -> str | None:
    before, after = (metrics.get("original") or {}).get("test_accuracy"), metrics.get("test_accuracy")
    if before is None or after is None or before - after < DAMAGED:
        return None
    return (f"The model is damaged: its test accuracy fell from {before:.1f} to {after:.1f}%. A broken "
            "model leaks nothing but has not unlearned, so attacks near 50% are no success here.")


def _over_forgetting(metrics: Metrics, scenario: str, counts: Counts | None) -> str | None:
    """Why the forget set stands out by being worse than unseen data (the Streisand effect); None where it does not."""
    if counts is None:
        return None
    for attack in live_attacks():
        if _reversed(attack, metrics, counts):
            what = f"higher {attack.lower[1]}" if attack.lower else f"lower scores in “{attack.short_title}”"
            return (f"Over-forgotten: forgotten samples have {what} than unseen ones, so an "
                    f"attacker finds them by the reverse rule (AUC {_area(attack, metrics):.3f}, Streisand effect).")
    return _too_low(metrics, scenario, counts)


def _too_low(metrics: Metrics, scenario: str, counts: Counts) -> str | None:
    """Over-forgetting by the forget accuracy: under the test accuracy, for a class under the retrained model's."""
    now, known = metrics.get("forget_accuracy"), metrics.get("retrained") or {}
    if by_class(scenario):
        aim, m, of, what = known.get("forget_accuracy"), counts.forget, "forgotten class", "the retrained model's"
    else:
        aim, m, of, what = metrics.get("test_accuracy"), counts.test, "forget set", "the one on unseen data"
    if now is None or aim is None or not far_under(now, counts.forget, aim, m):
        return None
    return (f"Over-forgotten: the accuracy on the {of} ({now:.1f}%) is far below {what} ({aim:.1f}%), which "
            "gives the forgotten samples away (Streisand effect).")


def _random(metrics: Metrics, findings: list[Finding]) -> Verdict:
    text = " ".join(_texts(findings))
    if not findings:
        return Verdict("undecided", "No attack could be measured, so there is no verdict.")
    if any(found.kind == "found" for found in findings):
        return Verdict("not_forgotten", text)
    return Verdict("undecided" if all(found.kind == "under" for found in findings) else "forgotten", text)


def _class(metrics: Metrics, findings: list[Finding]) -> Verdict:
    """By the accuracy on the class against the retrained model's, else against zero.

    An attack compares with never-seen samples of the class: where both are still recognised it finds nothing.
    """
    now, aim = metrics["forget_accuracy"], (metrics.get("retrained") or {}).get("forget_accuracy")
    before = (metrics.get("original") or {}).get("forget_accuracy")
    known = "zero is usual for a retrained one" if aim is None else f"the retrained model: {aim:.1f}%"
    right = f"{now:.1f}% of its samples right ({known})"
    if before is not None and before < GONE and now < GONE:
        return Verdict("undecided", f"The Original never knew this class: it got {before:.1f}% of its samples right, "
                       "so there was nothing to forget.")
    if now > (aim or 0.0) + STILL_KNOWN:
        attacks = _texts(findings, "found") or [
            "An attack near 50% only shows that the model treats all samples of the class alike."]
        return Verdict("not_forgotten", " ".join([
            f"The class is not forgotten: the model still gets {right}.", *attacks]))
    leak = ["Within the class, the samples that the Original was trained on still stand out."]
    return Verdict("forgotten", " ".join([f"The class is forgotten: the model gets {right}.", *_why(now), *(
        leak + told if (told := _texts(findings, "found")) else _texts(findings))]))


def _why(accuracy: float) -> list[str]:
    """Where the model never names the class: that high losses are then no over-forgetting."""
    return [] if accuracy >= GONE else [
        "Losses far above those of other unseen data are expected here: the remaining data "
        "contain no such class."]


# --- one attack -----------------------------------------------------------------------------


def _texts(findings: list[Finding], kind: str | None = None) -> list[str]:
    return [found.text for found in findings if kind in (None, found.kind)]


def _finding(attack: Attack, metrics: Metrics, counts: Counts | None) -> Finding | None:
    """What an attack comes to by its accuracy and its ROC area; None where it has neither."""
    if counts and _reversed(attack, metrics, counts):
        return Finding("reverse", "")
    score, band = metrics.get(attack.name), (metrics.get("null_band") or {}).get(attack.name)
    truth = (metrics.get("retrained") or {}).get(attack.name)
    if score is None or band is None:
        return _by_area(attack, metrics, counts)
    span = f"{score:.1f}%, chance range: {band[0]:.1f} to {band[1]:.1f}%"
    span += "" if truth is None else f", the retrained model: {truth:.1f}%"
    if score > band[1]:
        if truth is not None and score <= truth:
            return Finding("chance", f"An attacker {_means(attack)} does no better than against the retrained model "
                           f"({span}).")
        return Finding("found", f"An attacker {_means(attack)} still does better than chance ({span}).")
    by_area = _by_area(attack, metrics, counts)
    if by_area and by_area.kind == "found":
        return by_area
    if score < band[0]:
        return Finding("under", f"An attacker {_means(attack)} does worse than a coin toss ({span}): the rule it "
                       "learns on one part of the samples does not carry over to the rest.")
    return Finding("chance", f"An attacker {_means(attack)} does no better than chance ({span}).")


def _by_area(attack: Attack, metrics: Metrics, counts: Counts | None) -> Finding | None:
    """By the ROC area alone, which is finer than the accuracy; None without one or without counts."""
    area, truth = _area(attack, metrics), _area(attack, metrics.get("retrained") or {})
    if area is None or counts is None:
        return None
    limit = 0.5 + _off_half(counts)
    digits = 3 if round(area, 3) != round(limit, 3) else 5  # two numbers that differ are not shown as the same
    span = f"ROC area {area:.{digits}f}, by chance at most {limit:.{digits}f}"
    span += "" if truth is None else f", the retrained model: {truth:.3f}"
    if area > limit and (truth is None or area > truth):
        return Finding("found", f"An attacker {_means(attack)} still ranks forgotten samples before never-seen ones "
                       f"({span}).")
    return Finding("chance", f"An attacker {_means(attack)} does no better than chance ({span}).")


def _reversed(attack: Attack, metrics: Metrics, counts: Counts) -> bool:
    """Whether an attacker finds the forget set by the reverse rule, beyond chance and the retrained model."""
    area, truth = _area(attack, metrics), _area(attack, metrics.get("retrained") or {})
    return area is not None and area < 0.5 - _off_half(counts) and (truth is None or area < truth)


def _area(attack: Attack, metrics: Metrics) -> float | None:
    """The area under an attack's ROC curve."""
    return attack.value(metrics, "auc")


def _off_half(counts: Counts) -> float:
    """Three standard errors of a ROC area under the null (Mann and Whitney 1947)."""
    n, m = counts.forget, counts.nonmembers
    return ERRORS * math.sqrt((n + m + 1) / (12 * n * m)) if n and m else math.inf


def _means(attack: Attack) -> str:
    """How an attacker goes about it: ``by the loss``."""
    return attack.means or f"with “{attack.short_title}”"
