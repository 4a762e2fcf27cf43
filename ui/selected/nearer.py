"""Which of the selected runs is nearer to retraining, in sentences that say how sure that is. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from engine.runs.records import Run
from engine.studies.nearer import Standing, standings, told_apart
from ui.compare.answer import REASONS, part
from ui.selected.words import LETTERS

MOST = 4  # further runs that are named


def nearer(runs: Sequence[Run]) -> str:
    """``Nearer to retraining: A, 1.2 points beyond ... One seed each: the difference, 3.1 points, is inside ...``.

    Empty where fewer than two can be ranked and none is left out.
    """
    found = standings(runs)
    ranked = [one for one in found if one.why is None]
    if len(found) < 2:
        return ""
    return " ".join(filter(None, [_answer(ranked) if len(ranked) > 1 else _alone(ranked), _left_out(found)]))


def _answer(ranked: Sequence[Standing]) -> str:
    first, second, *others = ranked
    if not second.worst.beyond:
        inside = [letters(one) for one in ranked if not one.worst.beyond]
        return (f"Chance hides which run is nearer to retraining: {', '.join(inside[:-1])} and {inside[-1]} lie inside "
                f"its chance range in every measure ({_seeds(ranked)}).")
    word = "Nearest" if others else "Nearer"
    return f"{word} to retraining: {letters(first)}, {_far(first)}; {letters(second)}: {_far(second, short=True)}" + (
        f"{_others(others)}. {_sure(first, second)}")


def _far(one: Standing, short: bool = False) -> str:
    """``1.2 points beyond chance in its worst measure (forget accuracy, above)``."""
    if not one.worst.beyond:
        return "inside its chance range in every measure"
    return f"{one.worst.beyond:.1f}{'' if short else ' points beyond chance in its worst measure'} ({part(one.worst)})"


def _others(others: Sequence[Standing]) -> str:
    more = f" and {len(others) - MOST} more" if len(others) > MOST else ""
    return "".join(f"; {letters(one)}: {_far(one, short=True)}" for one in others[:MOST]) + more


def _sure(first: Standing, second: Standing) -> str:
    """``One seed each: the difference, 3.1 points, is inside the chance range ±7.9, so chance may explain it.``"""
    differ, chance, more = told_apart(first, second)
    seeds, where = _seeds([first, second]), "outside" if more else "inside"
    rest = "" if more else ", so it may be chance"
    return (f"{seeds[:1].upper()}{seeds[1:]}: the difference between {letters(first)} and {letters(second)}, "
            f"{differ:.1f} points, is {where} the chance range ±{chance:.1f}{rest}.")


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
