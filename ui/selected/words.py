"""What differs between runs, as a person says it: a sentence, and a short name for each run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.runs.records import Run
from engine.studies.selected import Difference, differences, telling
from ui.common import words
from ui.compare.race import short_title

MOST_VALUES = 6  # of a setting that the sentence names
LETTERS = "ABCDEFGHIJKLMNOPQRST"
KINDS = {"data": "dataset", "model": "model", "scenario": "scenario"}


def sentence(runs: Sequence[Run]) -> str:
    """``These 2 runs differ only in alpha: 0.1 (A), 0.25 (B).`` Of many runs the values stand without letters."""
    found = telling(differences(runs))
    count = f"These {len(runs)} runs"
    if not found:
        return f"{count} have the same settings."
    named = [f"{one.name}: {_each(one) if len(runs) <= MOST_VALUES else _values(one)}" for one in found]
    if len(found) == 1:
        return f"{count} differ only in {named[0]}."
    return f"{count} differ only in {'; '.join(named[:-1])}; and {named[-1]}."


def _each(one: Difference) -> str:
    """``0.1 (A), 0.25 (B, C)``: each value with the letters of its runs, in the order of the letters."""
    letters: dict[str, list[str]] = {}
    for letter, found in zip(LETTERS, one.values):
        letters.setdefault(value(one, found), []).append(letter)
    return ", ".join(f"{said} ({', '.join(those)})" for said, those in letters.items())


def short_names(runs: Sequence[Run]) -> list[str]:
    """A name a run, its letter first and then what differs: ``A: alpha 0.1``, ``B: SSD, seed 1``, ``C``.

    The letter is the run's place in the selection, the same in the sentence, the table and every chart.
    """
    found = telling(differences(runs))
    names = [", ".join(_named(one, one.values[place]) for one in found if one.values[place] is not None)
             for place in range(len(runs))]
    return [f"{LETTERS[place]}: {name}" if name else LETTERS[place] for place, name in enumerate(names)]


def value(one: Difference, found: Any) -> str:
    """A setting's value in words; a dash where a run does not have it."""
    if found is None:
        return "–"
    if one.of == "run" and one.name == "method":
        return short_title(str(found))
    if one.of == "run" and one.name in KINDS:
        return words.title_of(KINDS[one.name], str(found))
    if one.of == "run" and one.name == "forget" and isinstance(found, float):
        return words.percent(found)
    return ("yes" if found else "no") if isinstance(found, bool) else f"{found:.4g}" if isinstance(
        found, float) else str(found)


def _values(one: Difference) -> str:
    said = [value(one, found) for found in one.distinct]
    more = f" and {len(said) - MOST_VALUES} more" if len(said) > MOST_VALUES else ""
    return ", ".join(said[:MOST_VALUES]) + more


def _named(one: Difference, found: Any) -> str:
    said = value(one, found)
    return said if one.of == "run" and one.name in ("method", *KINDS) else f"{one.name} {said}"
