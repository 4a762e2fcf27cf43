"""What an ensemble answers in a sentence: who keeps an attacker at chance, and what the ranking of methods owes to
the attack.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.evaluation.ensembles.klom import Klom
from engine.evaluation.ensembles.resampling import Mean
from engine.studies.ensemble_views import CANNOT_TELL, CHANCE, Evidence, Findings

FEWEST_RANKED = 5  # methods, from which on two rankings can differ or agree by more than chance


def chance_range(mean: Mean) -> tuple[float, float]:
    """Where this mean area lies in 95% of cases when there is nothing to find: as wide as its own interval.

    Examples
    --------
    >>> chance_range(Mean(0.6, 0.55, 0.65, 20))
    (0.45, 0.55)
    """
    half = (mean.high - mean.low) / 2
    return round(CHANCE - half, 6), round(CHANCE + half, 6)


def inside(mean: Mean) -> bool:
    """Whether chance alone explains a mean area.

    Examples
    --------
    >>> inside(Mean(0.52, 0.49, 0.55, 20)), inside(Mean(0.6, 0.55, 0.65, 20))
    (True, False)
    """
    low, high = chance_range(mean)
    return low <= mean.value <= high


def methods_of(found: Findings) -> tuple[Evidence, ...]:
    """The rows of methods, without the Original and the retrained models."""
    return found.rows[2:]


def answer(found: Findings) -> tuple[str, ...]:
    """What an ensemble says, the most important sentence first."""
    rows = [row for row in methods_of(found) if row.ulira]
    if found.cannot_tell:
        return (f"{CANNOT_TELL.capitalize()}: to the per-example attack the retrained models themselves do not look "
                "like chance.",)
    if not rows:
        return ("No method of this ensemble could be attacked.",)
    whole = [row for row in rows if not row.damaged]
    hidden = [row for row in whole if row.ulira and inside(row.ulira.area)]
    broken = [row for row in rows if row.damaged and row.ulira and inside(row.ulira.area)]
    return tuple(filter(None, [_hidden(rows, hidden), _nearest(whole, hidden), _unlike(found, hidden),
                               _broken(broken)]))


def cannot(found: Findings) -> list[str]:
    """Where a null line fails: two groups of retrained models, which should look alike, do not."""
    failing = {"KLoM": found.klom_holds, "Forgetting quality": found.quality_holds}
    return [f"{name}: {CANNOT_TELL}. The retrained models differ from others more than chance has it."
            for name, holds in failing.items() if not holds]


def null_of(found: Findings, row: Evidence) -> Klom | None:
    """The null line of a method's KLoM: what retrained models attain with as many models a side."""
    return row.null or found.attainable.klom


def _hidden(rows: Sequence[Evidence], hidden: Sequence[Evidence]) -> str:
    attacker = "forgot from an attacker who knows how the method behaves"
    if len(rows) == 1:
        return f"{rows[0].title} {'hides' if hidden else 'does not hide'} what it {attacker}."
    if not hidden:
        return f"None of the {len(rows)} methods hides what it {attacker}."
    if len(hidden) == 1:
        return f"Of the {len(rows)} methods, only {hidden[0].title} hides what it {attacker}."
    return f"{len(hidden)} of the {len(rows)} methods hide what they {attacker}: {_listed(hidden)}."


def _nearest(whole: Sequence[Evidence], hidden: Sequence[Evidence]) -> str:
    if hidden or not whole:
        return ""
    best = min(whole, key=_distance)
    assert best.ulira
    return f"{best.title} comes closest: area {best.ulira.area.value:.3f}, where a coin toss has {CHANCE:.3f}."


def _unlike(found: Findings, hidden: Sequence[Evidence]) -> str:
    """Which of them the attack does not tell, but KLoM does: the average sample is off more than most by chance."""
    if not found.klom_holds:
        return ""
    off = [row for row in hidden if row.klom and (null := null_of(found, row)) and row.klom.mean > null.percentile_95]
    null = null_of(found, off[0]) if off else None
    if not off or off[0].klom is None or null is None:
        return ""
    verb, which = ("answer", " for the first") if len(off) > 1 else ("answers", "")
    return (f"Hidden is not retrained: {_listed(off)} still {verb} otherwise (KLoM {off[0].klom.mean:.2f}{which}, "
            f"where retrained models attain {null.mean:.2f}).")


def _distance(row: Evidence) -> float:
    return abs(row.ulira.area.value - CHANCE) if row.ulira else CHANCE


def _broken(broken: Sequence[Evidence]) -> str:
    if not broken:
        return ""
    verb = "is" if len(broken) == 1 else "are"
    return f"{_listed(broken)} {verb} inside the chance range, but damaged: that is no success."


def _listed(rows: Sequence[Evidence]) -> str:
    titles = [row.title for row in rows]
    return titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} and {titles[-1]}"


# --- the ranking ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A method's places, from 1, by the population attack and by the attack on each sample; nearest to chance first."""

    row: Evidence
    population: int
    per_example: int


def places(found: Findings) -> list[Place]:
    """The methods, damaged ones too, best by the per-example attack first."""
    rows = [row for row in methods_of(found) if row.ulira and row.population]
    usual = [row.name for row in sorted(rows, key=_population_distance)]
    return [Place(row, usual.index(row.name) + 1, at) for at, row in enumerate(sorted(rows, key=_distance), 1)]


def _population_distance(row: Evidence) -> float:
    return abs(row.population.value - CHANCE) if row.population else CHANCE


def understated(found: Findings) -> list[Evidence]:
    """Methods, damaged or not, that the per-example attack finds farther from a coin toss, those most so first.

    Their intervals do not overlap. An area below one half counts as far as one above: the attacker turns the answer
    round.
    """
    rows = [row for row in methods_of(found) if row.ulira and row.population
            and row.ulira.area.low - CHANCE > max(abs(end - CHANCE) for end in (row.population.low,
                                                                                 row.population.high))]
    return sorted(rows, key=lambda row: _distance(row) - _population_distance(row), reverse=True)


def ranking(found: Findings) -> str:
    """What changes in the ranking where the attacker knows each sample, in sentences."""
    return " ".join(filter(None, [_understatement(found), _moves(places(found))]))


def _understatement(found: Findings) -> str:
    more, all_of_them = understated(found), methods_of(found)
    if not more:
        return ""
    row = more[0]
    assert row.population and row.ulira
    most = f"{row.title} (area {row.population.value:.3f} against {row.ulira.area.value:.3f})"
    who = most if len(all_of_them) == 1 else f"{len(more)} of {len(all_of_them)} methods, most of all {most}"
    return f"The population attack, one threshold for all samples, understates {who}."


def _moves(ranked: Sequence[Place]) -> str:
    if len(ranked) < FEWEST_RANKED:
        return f"With fewer than {FEWEST_RANKED} methods, two orders agree or differ by chance." if ranked else ""
    moved = [place for place in ranked if place.population != place.per_example]
    if not moved:
        return f"Ranked by how near they come to a coin toss, the {len(ranked)} methods keep their order."
    most = max(moved, key=lambda place: abs(place.population - place.per_example))
    return (f"Ranked by how near they come to a coin toss, {len(moved)} of {len(ranked)} methods change places, most "
            f"of all {most.row.title}, from {most.population} to {most.per_example}. {_whole(ranked)}")


def _whole(ranked: Sequence[Place]) -> str:
    """What becomes of the order of the methods that do not damage the model."""
    whole = [place for place in ranked if not place.row.damaged]
    if len(whole) in (0, 1, len(ranked)):
        return ""
    kept = whole == sorted(whole, key=lambda place: place.population)
    return f"The order of the {len(whole)} that do not damage the model {'stays the same' if kept else 'changes too'}."
