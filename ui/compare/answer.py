"""The page's answer in a sentence: who is nearest to the reference, by which measure, and what it costs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from engine.evaluation.metrics import metric_of
from engine.studies.cell import Against
from engine.studies.ranking import Part, Place, Ranking, Reason
from ui.compare.race import short_title

COUNTS = {2: "two", 3: "three", 4: "four"}
MOST = 4  # further methods that are named
AIMS: dict[Against, str] = {"retrained": "retraining", "ideal": "the ideal"}
REFERENCES: dict[Against, str] = {
    "retrained": "the retrained model", "ideal": "the formula's ideal (50% for an attack, 0 for a gap)"}
REASONS: dict[Reason, str] = {"damaged": "damaged the model", "over_forgotten": "over-forgot",
                              "unchanged": "changed nothing", "forgot_nothing": "forgot nothing"}
JUDGED: tuple[Literal["damaged", "over_forgotten"], ...] = ("damaged", "over_forgotten")


def sentence(ranking: Ranking) -> str:
    """``Nearest to retraining: ∇τ, 14.5 points beyond chance (retain accuracy, above), then ...``; empty before."""
    if not ranking.nearest:
        return ""
    return f"{_nearest(ranking)}{_then(ranking.others)}{_cost(ranking)}."


def headline(ranking: Ranking) -> str:
    """The first half of the sentence, for a heading: who is nearest; empty before."""
    return f"{_nearest(ranking)}." if ranking.nearest else ""


def further(ranking: Ranking) -> str:
    """Its other half: ``Then SCRUB (16.3, forget accuracy, above); ∇τ costs 1.1 points of test accuracy.``"""
    said = f"{_then(ranking.others)}{_cost(ranking)}".lstrip(",; ") if ranking.nearest else ""
    return f"{said.replace('then', 'Then', 1) if ranking.others else said}." if said else ""


def left_out(ranking: Ranking) -> str:
    """``Not ranked: Amnesiac over-forgot (2 of 3 seeds); SSD changed nothing.``; empty where all are ranked."""
    why = {method: excluded(ranking, method) for method in sorted(
        ranking.left_out, key=lambda method: list(REASONS).index(ranking.left_out[method]))}
    said = [f"{_and([short_title(method) for method, does in why.items() if does == reason])} {reason}"
            for reason in dict.fromkeys(why.values())]
    return f"Not ranked: {'; '.join(said)}." if said else ""


def excluded(ranking: Ranking, method: str) -> str:
    """``damaged the model (2 of 3 seeds) and over-forgot (1 of 3 seeds)``: why it is not ranked, by its verdicts."""
    judged = ranking.judged.get(method, {})
    seeds = sum(map(len, judged.values()))
    if found := [f"{REASONS[kind]}{of_seeds(len(judged[kind]), seeds)}" for kind in JUDGED if kind in judged]:
        return _and(found)
    return REASONS[ranking.left_out[method]]


def of_seeds(some: int, seeds: int) -> str:
    """`` (1 of 3 seeds)``; nothing where it is all of them."""
    return f" ({some} of {seeds} seeds)" if some < seeds else ""


def rule(against: Against) -> str:
    """How methods are ranked, in a sentence for the page."""
    return (f"Ranked by the worst measure: how many points it lies beyond the chance range (95%) of "
            f"{REFERENCES[against]}. An average would let one good measure hide a bad one.")


def part(one: Part) -> str:
    """``retain accuracy, above``, or what an attack is called."""
    return ", ".join(filter(None, [measure(one), side(one)]))


def measure(one: Part) -> str:
    """A measure within a sentence: ``retain accuracy``, ``attack on the loss``."""
    title = metric_of(one.metric).title.removesuffix(", from 50")
    return title if title[:2].isupper() else title[:1].lower() + title[1:]


def side(one: Part) -> str:
    """Whether an accuracy lies above or below the retrained model's; nothing where only the distance is known."""
    return "" if one.above is None or not one.off else "above" if one.above else "below"


def parts(place: Place) -> str:
    """Every measure of a method, the worst first: ``retain accuracy, above: 14.7 (chance ±0.2); ...``."""
    return "; ".join(f"{part(one)}: {one.off:.1f} (chance range ±{one.chance:.1f})" for one in place.parts)


def _nearest(ranking: Ranking) -> str:
    first, aim = ranking.nearest[0], AIMS[ranking.against]
    if len(ranking.nearest) == 1:
        alone = not ranking.others and len(ranking.places) == 1
        head = "The only method with a number" if alone else f"Nearest to {aim}"
        return f"{head}: {short_title(first.method)}, {_where(first, ranking)}"
    names = _and([short_title(place.method) for place in ranking.nearest])
    head = f"Nearest to {aim}" if ranking.others else f"Chance hides who is nearest to {aim}"
    if not ranking.nearest[-1].worst.beyond:
        return f"{head}: {names} lie inside the chance range in {_every(ranking)}"
    far = f"{first.worst.beyond:.1f} to {ranking.nearest[-1].worst.beyond:.1f} points beyond chance"
    return f"{head}: {names} cannot be told apart (worst measures {far})"


def _every(ranking: Ranking) -> str:
    """Which measures are meant: the accuracies have no fixed ideal, so that they are not coloured against one."""
    if ranking.against == "retrained":
        return "every measure of the table"
    count = len(ranking.nearest[0].parts)
    return f"all {COUNTS.get(count, count)} measures that have an ideal" if count > 1 else "the measure with an ideal"


def _where(place: Place, ranking: Ranking) -> str:
    worst = place.worst
    if not worst.beyond:
        return f"inside the chance range in {_every(ranking)}"
    return f"{worst.beyond:.1f} points beyond chance in its worst measure ({part(worst)})"


def _then(others: Sequence[Place]) -> str:
    if not others:
        return ""
    more = f" and {len(others) - MOST} more" if len(others) > MOST else ""
    return ", then " + ", ".join(f"{short_title(place.method)} ({place.worst.beyond:.1f}, {part(place.worst)})"
                                 for place in others[:MOST]) + more


def _cost(ranking: Ranking) -> str:
    cost = ranking.cost
    if cost is None:
        return ""
    accuracy = metric_of(cost.metric).title.lower()
    return f"; {short_title(cost.method)} costs {cost.points:.1f} points of {accuracy}"


def _and(names: Sequence[str]) -> str:
    """``A``, ``A and B``, ``A, B and C``."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
