"""What the numbers of a run come to: one verdict, from one set of rules. No page decides what is good.

It is worked out from the stored numbers whenever it is read, for older runs too. The first rule that applies decides:

1. ``reference``: the retrained model is what the others are held against; it is not judged against itself.
2. ``damaged``: the test accuracy fell ten points or more. Nothing else is said: an attack near
   chance is no success then.
3. ``not_forgotten``: what comes after a run shows that something is left, such as relearning; of a damaged model it is
   said as well.
4. ``over_forgotten``: the forget set stands out by being *worse* than unseen data, at three standard errors: an
   attack's ROC area under one half, or an accuracy under its aim. The aim is the test accuracy, and for a class the
   retrained model's accuracy on it.
5. ``not_forgotten``: for a class, that the model still recognises it; otherwise an attack that beats chance: its
   accuracy lies above the chance range, or its ROC area three standard errors above one half. What the retrained model
   shows on the same split is never held against a run: where it fails itself, up to half of the chance range beyond it.
6. ``undecided``: nothing was measured, or nothing known; or chosen samples wait (:mod:`engine.evaluation.chosen`).
7. ``forgotten``: a class that is recognised as little as by the retrained model (an attack that beats chance within
   it is reported); otherwise everything that could be measured is as chance, or the retrained model, has it. That is
   said as far as what was tried, with what was not; with so few samples a side that chance reaches far, the title
   says that nothing can be told.

Where manipulated samples are to be corrected, other rules apply (:mod:`engine.evaluation.correction`).

Evidence about the run's method, from many models like it, is said and decides nothing: it is not about these weights.
Each attack comes to an item of evidence (``engine.evaluation.evidence``); a verdict names the number that decides.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Protocol

from engine.errors import BadInput
from engine.evaluation.chosen import TITLE as WAITING
from engine.evaluation.chosen import WHY, of_chosen, waits
from engine.evaluation.class_words import ONE, ClassWords, class_words, losses_expected
from engine.evaluation.correction import corrected
from engine.evaluation.cost import cost
from engine.evaluation.evidence import (
    FURTHER,
    Counts,
    Decisive,
    Evidence,
    against_method,
    decides,
    far_under,
    further_tried,
    listed,
    of_attacks,
    of_run,
    texts,
    tried,
    untried,
)
from engine.evaluation.further import further
from engine.evaluation.judged import Kind as Kind
from engine.evaluation.judged import Verdict as Verdict
from engine.evaluation.metrics import CORRECTIVE_SIZES
from engine.evaluation.noise import LITTLE, expected_half_range
from engine.registry import compares_unlike, get, is_reference, judged_by
from engine.scenario import Yardstick
from engine.spec import resolve
from engine.types import Spec

DAMAGED = 10.0  # points of test accuracy lost, from which on a model counts as damaged
GONE = 1.0  # percent of a class recognised, under which a model never names it
STILL_KNOWN = 5.0  # points of accuracy on a forgotten class above the retrained model's, from which on it is not
COMPOSED = ("Over-forgotten", "The model is damaged")  # how notes begin that older versions stored as verdicts

TITLES = {
    "reference": "The reference: a model that never saw the forget set",
    "damaged": "Damaged: the model no longer works on new samples",
    "over_forgotten": "Over-forgotten: the forgotten samples stand out again",
    "not_forgotten": "Not forgotten: an attacker still finds the forget set",
    "undecided": "No verdict: too little can be measured here",
    "forgotten": "Forgotten, as far as {tried} can tell"}
MORE = "; attacks tuned to each sample find more in models like it"
CLASS_TITLES = {"not_forgotten": "Not forgotten: the model still knows the {noun}",
                "forgotten": "Forgotten, as far as {answers} tell"}

Metrics = Mapping[str, Any]


class Judged(Protocol):
    """What a verdict needs of a run (:class:`engine.runs.records.Run`)."""

    @property
    def spec(self) -> Spec: ...

    @property
    def spec_extra(self) -> Mapping[str, Any]: ...

    @property
    def metrics(self) -> Metrics | None: ...

    @property
    def evidence(self) -> Mapping[str, Any] | None: ...


def verdict_of(run: Judged) -> Verdict | None:
    """The verdict on a stored run, with all evidence that is kept with it; None where it has no metrics."""
    if not run.metrics:
        return None
    return judge(run.metrics, run.spec.scenario, _counts(run), is_reference(run.spec), further(run.evidence),
                 judged_by(run.spec), class_words(run.spec))


def judge(metrics: Metrics, scenario: str, counts: Counts | None, reference: bool = False,
          more: Sequence[Evidence] = (), by: Yardstick | None = None, named: ClassWords = ONE) -> Verdict:
    """The verdict on the metrics of one model. Without ``counts`` no ROC area and no accuracy is judged.

    ``more`` is evidence beside that of the attacks on this one model; ``by`` is what a good result looks like, by
    default as the scenario usually has it. ``named`` has the words for the forgotten classes.
    """
    if CORRECTIVE_SIZES in metrics:
        return corrected(metrics, _damage(metrics), reference)
    by = by or judged_by(Spec(scenario=scenario))
    if reference:
        return Verdict("reference", "This is the retrained model, which never saw the forget set: it is the "
                       "reference for the others, so it is not judged itself. Where it is off the chance level, so "
                       "is the split.", title=TITLES["reference"])
    items = (*(of_chosen if compares_unlike(Spec(scenario=scenario)) else of_attacks)(metrics, counts), *more)
    broken, over = _damage(metrics), _over_forgetting(metrics, by, counts, items, named)
    why, left = over.text if over else None, decides(items)
    if broken:
        found = Verdict("damaged", " ".join([broken.text, *([left.text] if left else [])]), damaged=True,
                        over_forgotten=why, decisive=broken.decisive)
    elif left:
        found = _left(left, metrics, by, why, items, named)
    elif over:
        found = Verdict("over_forgotten", " ".join([over.text, *texts(items, "found"), *_further(items)]),
                        over_forgotten=why, decisive=over.decisive)
    else:
        found = _class(metrics, items, named) if by == "class" else _random(metrics, items)
    few = _too_few(counts) if by != "class" and found.kind == "forgotten" else ""
    said = filter(None, [few, "" if broken else cost(metrics), found.text])
    return replace(found, text=" ".join(said), evidence=items, few=bool(few),
                   title=_few_title(items) if few else _title(found, by, items, named))


def remarks(metrics: Metrics) -> list[str]:
    """The notes of a run's metrics without the verdicts that older versions stored; why a band is absent."""
    absent = (metrics.get("band") or {}).get("missing")
    return [note for note in metrics.get("notes") or [] if not note.startswith(COMPOSED)] + ([absent] if absent else [])


def _further(items: Sequence[Evidence]) -> list[str]:
    """What came after the attacks and found nothing, or could not tell."""
    return texts(item for item in items if item.name in FURTHER and item.kind != "found")


def _left(left: Evidence, metrics: Metrics, by: Yardstick, why: str | None, items: Sequence[Evidence],
          named: ClassWords) -> Verdict:
    """Something is left, whatever the attacks say; that comes first."""
    known = [] if by != "class" else [
        f"Before that the model gets {metrics['forget_accuracy']:.1f}% of the {named.noun} right."]
    rest = texts(item for item in items if item is not left)
    return Verdict("not_forgotten", " ".join([left.text, *known, *([why] if why else []), *rest]), over_forgotten=why,
                   decisive=left.decisive)


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


def _title(found: Verdict, by: Yardstick, items: Sequence[Evidence], named: ClassWords) -> str:
    """The verdict in a line; "forgotten" is said as far as what was tried."""
    special, left = CLASS_TITLES if by == "class" else {}, decides(items)
    answers = listed(["its answers", *further_tried(items)])
    if left and left.title and found.kind in ("damaged", "not_forgotten"):
        return f"Damaged, and {left.title[0].lower()}{left.title[1:]}" if found.damaged else left.title
    if by == "class" and found.kind == "forgotten" and (out := next(
            (item for item in of_run(items) if item.kind == "found"), None)):
        return f"Forgotten by its answers; {_stands_out(out)} still stand out"
    title = special.get(found.kind, TITLES[found.kind]).format(tried=tried(items), answers=answers,
                                                                noun=named.noun)
    title = WAITING if found.kind == "undecided" and waits(items) else title
    return title + MORE if found.kind == "forgotten" and against_method(items) else title


def _too_few(counts: Counts | None) -> str:
    """That a trace would hardly have been seen, where the chance range is wide; empty where it is not."""
    fewest = min(counts.forget, counts.nonmembers) if counts else LITTLE
    return "" if fewest >= LITTLE else (
        f"With {fewest:,} samples a side, chance alone reaches about {expected_half_range(fewest, fewest):.0f} points "
        "to either side, so only a strong trace could be seen.") if fewest else ""


def _few_title(items: Sequence[Evidence]) -> str:
    """The title where nothing was found, and nothing could be expected to be."""
    return f"Too few samples to tell: nothing found by {tried(items)}{MORE if against_method(items) else ''}"


def _stands_out(item: Evidence) -> str:
    """What an attack that beats chance reads: ``its losses``."""
    attack = get("attack", item.name)
    return f"its {attack.lower[1]}" if attack.lower else "its samples"


def _damage(metrics: Metrics) -> Evidence | None:
    before, after = (metrics.get("original") or {}).get("test_accuracy"), metrics.get("test_accuracy")
    if before is None or after is None or before - after < DAMAGED:
        return None
    theirs = (metrics.get("retrained") or {}).get("test_accuracy")
    known = "" if theirs is None else f" (the retrained model: {theirs:.1f}%)"
    return Evidence("test_accuracy", "found", f"The model is damaged: its test accuracy fell from {before:.1f} to "
                    f"{after:.1f}%{known}. An attack near 50% is no success then: a broken model has not unlearned.",
                    Decisive("test_accuracy", after, before - DAMAGED, above=False))


def _over_forgetting(metrics: Metrics, by: Yardstick, counts: Counts | None,
                     items: Sequence[Evidence], named: ClassWords) -> Evidence | None:
    """Why the forget set stands out by being worse than unseen data (the Streisand effect); None where it does not."""
    if counts is None:
        return None
    for item in items:
        if item.kind == "reverse" and item.text:
            return item
        if item.kind == "reverse" and item.decisive:
            attack = get("attack", item.name)
            what = f"higher {attack.lower[1]}" if attack.lower else f"lower scores in “{attack.short_title}”"
            return replace(item, text=f"Over-forgotten: forgotten samples have {what} than unseen ones, so an attacker "
                           f"finds them by the reverse rule ({item.decisive.words('ROC area', digits=3)}; Streisand "
                           "effect).")
    return _too_low(metrics, by, counts, named)


def _too_low(metrics: Metrics, by: Yardstick, counts: Counts, named: ClassWords) -> Evidence | None:
    """Over-forgetting by the forget accuracy: under the test accuracy, for chosen samples the retrained model's."""
    now, known = metrics.get("forget_accuracy"), metrics.get("retrained") or {}
    if by != "unseen":
        of = f"forgotten {named.noun}" if by == "class" else "forget set"
        aim, m, what = known.get("forget_accuracy"), counts.forget, "the retrained model's"
    else:
        aim, m, of, what = metrics.get("test_accuracy"), counts.test, "forget set", "the one on unseen data"
    if now is None or aim is None or not far_under(now, counts.forget, aim, m):
        return None
    return Evidence("forget_accuracy", "reverse", f"Over-forgotten: the accuracy on the {of} ({now:.1f}%) is far below "
                    f"{what} ({aim:.1f}%), which gives the forgotten samples away (Streisand effect).",
                    Decisive("forget_accuracy", now, aim, above=False))


def _random(metrics: Metrics, items: Sequence[Evidence]) -> Verdict:
    own = of_run(items)
    if not own:
        return Verdict("undecided", " ".join(["No attack could be measured, so there is no verdict.", *texts(items)]))
    if found := [item for item in own if item.kind == "found"]:
        return Verdict("not_forgotten", " ".join(texts(items)), decisive=found[0].decisive)
    if waits(items):
        return Verdict("undecided", " ".join([WHY, *texts(items)]))
    if all(item.kind in ("under", "unknown") for item in own):
        return Verdict("undecided", " ".join(texts(items)))
    return Verdict("forgotten", " ".join(filter(None, [*texts(items), untried(items)])))


def _class(metrics: Metrics, items: Sequence[Evidence], named: ClassWords) -> Verdict:
    """By the accuracy on the class against the retrained model's, else against zero.

    An attack compares with never-seen samples of the class: where both are still recognised it finds nothing.
    """
    now, aim = metrics["forget_accuracy"], (metrics.get("retrained") or {}).get("forget_accuracy")
    before = (metrics.get("original") or {}).get("forget_accuracy")
    known = "zero is usual for a retrained one" if aim is None else f"the retrained model: {aim:.1f}%"
    right = f"{now:.1f}% of its samples right ({known})"
    limit = (aim or 0.0) + STILL_KNOWN
    if before is not None and before < GONE and now < GONE:
        return Verdict("undecided", f"The Original never knew {named.this}: it got {before:.1f}% of its samples right, "
                       "so there was nothing to forget.")
    found = texts(of_run(items), "found")
    if now > limit:
        attacks = found or ["An attack near 50% only shows that the model treats all samples of the "
                            f"{named.noun} alike."]
        said = f"The {named.noun} {named.is_} not forgotten: the model still gets {right}."
        return Verdict("not_forgotten", " ".join([said, *attacks]), decisive=Decisive("forget_accuracy", now, limit))
    leak = [f"Within the {named.noun}, the samples that the Original was trained on still stand out.", *found]
    return Verdict("forgotten", " ".join(filter(None, [
        f"The {named.noun} {named.is_} forgotten: the model gets {right}.", *losses_expected(named, now < GONE),
        *(leak if found else texts(items)), untried(items)])))
