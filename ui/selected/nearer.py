"""Which of the selected runs is nearer to retraining, measure by measure, in sentences that say how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.evaluation.metrics import metric_of
from engine.runs.records import Run
from engine.studies.nearer import AGREEMENT, DIVERGENCE, Apart, Likeness, Standing, beats, measure_by_measure, standings
from ui.compare.answer import REASONS, part
from ui.selected.words import LETTERS

MOST = 4  # further runs, and measures, that are named
OWN = {AGREEMENT: "disagreement with the retrained model on the forget set",
       DIVERGENCE: "divergence from the retrained model on the forget set", "tow": "ToW"}
DIGITS = {DIVERGENCE: 3, "tow": 3}
AGAINST = "Each run is held against its own retrained run."


def nearer(runs: Sequence[Run], likeness: Likeness | None = None) -> str:
    """``Nearer to retraining: A, by forget accuracy (2.0 points off against 9.0, chance range ±5.1). ...``.

    Empty where fewer than two can be ranked and none is left out. ``likeness`` is what was kept by run id.
    """
    found = standings(runs, likeness)
    ranked = [one for one in found if one.why is None]
    if len(found) < 2:
        return ""
    said = _alone(ranked) if len(ranked) < 2 else _pair(*ranked) if len(ranked) == 2 else _several(ranked)
    return " ".join(filter(None, [said, _left_out(found)]))


def _pair(one: Standing, other: Standing) -> str:
    """Which of two is nearer, and by which measures."""
    found = measure_by_measure(one, other)
    mine, theirs = _by(found, -1), _by(found, 1)
    rest, close = f"{AGAINST} {_seeds([one, other]).capitalize()}.", sum(not each.nearer for each in found)
    if mine and theirs:
        return (f"Cannot tell which run is nearer to retraining, for the measures disagree: {letters(one)} by {mine}; "
                f"{letters(other)} by {theirs}. {rest}")
    if not mine and not theirs:
        return (f"Cannot tell which run is nearer to retraining: {letters(one)} and {letters(other)} differ by no more "
                f"than chance in each of {len(found)} measures. {rest}")
    first, by = (one, mine) if mine else (other, theirs)
    others = {0: "", 1: " The other measure cannot tell them apart."}.get(
        close, f" The other {close} measures cannot tell them apart.")
    return f"Nearer to retraining: {letters(first)}, by {by}.{others} {rest}"


def _several(ranked: Sequence[Standing]) -> str:
    """Of more than two: the one that is nearer than every other, else those that none is nearer than."""
    front = [one for one in ranked if not any(beats(other, one) for other in ranked)]
    rest = f"{AGAINST} {_seeds(ranked).capitalize()}."
    best = next((one for one in front if all(beats(one, other) for other in ranked if other is not one)), None)
    if best:
        others = [f"than {letters(other)} by {_by(measure_by_measure(best, other), -1, 1)}"
                  for other in ranked if other is not best]
        return f"Nearest to retraining: {letters(best)}, nearer {_listed(others)}. {rest}"
    farther = [_farther(one, ranked) for one in ranked if one not in front]
    named = ", ".join(map(letters, front))
    who = f" between {named}" if front else ""
    behind = f"Farther: {_listed(farther)}." if farther else ""
    return " ".join(filter(None, [f"Cannot tell which run is nearest to retraining{who}: the measures disagree, or "
                                  "chance explains the differences.", behind, rest]))


def _farther(one: Standing, ranked: Sequence[Standing]) -> str:
    best = next(other for other in ranked if beats(other, one))
    return f"{letters(one)} than {letters(best)} by {_by(measure_by_measure(best, one), -1, 1)}"


def _by(found: Iterable[Apart], side: int, most: int = MOST) -> str:
    """``forget accuracy (2.0 points off against 9.0, chance range ±5.1) and ...``: where one side is nearer."""
    telling = [one for one in found if one.nearer == side]
    said = [_apart(one) for one in telling[:most]]
    more = [f"{len(telling) - most} more"] if len(telling) > most else []
    return " and ".join([", ".join([*said, *more][:-1]), [*said, *more][-1]]).removeprefix(" and ") if said else ""


def _apart(one: Apart) -> str:
    near, far = sorted((one.one, one.other))
    digits = DIGITS.get(one.metric, 1)
    unit = " nats" if one.metric == DIVERGENCE else "" if one.metric == "tow" else " points"
    return (f"{_measure(one.metric)} ({near:.{digits}f}{unit} off against {far:.{digits}f}, chance range "
            f"±{one.chance:.{digits}f})")


def _measure(name: str) -> str:
    if name in OWN:
        return OWN[name]
    title = metric_of(name).title.removesuffix(", from 50")
    return title if title[:2].isupper() else title[:1].lower() + title[1:]


def _listed(said: Sequence[str]) -> str:
    more = f"; and {len(said) - MOST} more" if len(said) > MOST else ""
    return "; ".join(said[:MOST]) + more


def _far(one: Standing) -> str:
    """``1.2 points beyond chance in its worst measure (forget accuracy, above)``."""
    if not one.worst.beyond:
        return "inside the chance range of its retrained run in every measure"
    return (f"{one.worst.beyond:.1f} points beyond chance from its retrained run in its worst measure "
            f"({part(one.worst)})")


def _seeds(those: Sequence[Standing]) -> str:
    """``one seed each``, ``3 seeds each``, ``1 to 3 seeds each``; by whether the seeds are the same."""
    counts = sorted({len(one.seeds) for one in those})
    many = f"{counts[0]} to {counts[-1]} seeds" if len(counts) > 1 else f"{counts[0]} seeds" if counts[0] > 1 else (
        "one seed")
    same = len({frozenset(one.seeds) for one in those}) == 1
    return f"{many} each" + ("" if same or len(counts) > 1 else ", but not the same")


def _alone(ranked: Sequence[Standing]) -> str:
    return f"Only {letters(ranked[0])} can be ranked: {_far(ranked[0])}." if ranked else "None of them can be ranked."


def _left_out(found: Sequence[Standing]) -> str:
    why = [f"{letters(one)} {REASONS[one.why]}" for one in found if one.why]
    return f"Not ranked: {'; '.join(why)}." if why else ""


def letters(one: Standing) -> str:
    """``A``, or ``A+B`` of runs that differ only by the seed."""
    return "+".join(LETTERS[place] for place in one.places)
