"""Samples whose text, or whose value in a column, holds a word or matches a pattern: "all that mentions my name".

The attack compares them with the held-out samples that match as well, which the test set leaves out.
"""

from __future__ import annotations

import math
import time
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import BadSpec, Problem
from engine.kind import kind_of
from engine.types import Dataset, Scenario, Sizes, Spec, parameter

PATIENCE = 5.0  # seconds for a pattern on all texts: some take longer than the universe lasts
MOST_REPEATS = 100_000  # fixed counts of a pattern multiplied: compiled, each is a copy in memory
EXPECTED = 100  # one text in so many, until the data say how many


@dataclass(frozen=True)
class Parameters:
    word: str = parameter("", group="main", help="A word or phrase; all texts that hold it as a whole are forgotten.")
    pattern: str = parameter("", help="A regular expression instead of a word, such as gr[ae]y|colou?r.")
    match_case: bool = parameter(False, help="Whether capitals and small letters differ.")
    inside_words: bool = parameter(False, help="Whether a word is also found inside longer ones, as cat in cattle.")
    column: str = parameter("", help="A further column of the data that is searched instead of texts.")


def expression(chosen: Parameters) -> Any:
    """What is searched for, compiled. Raises regex.error."""
    import regex

    written = unicodedata.normalize("NFC", chosen.pattern or chosen.word)
    if not chosen.pattern:
        written = regex.escape(written, literal_spaces=True)
        written = written if chosen.inside_words else rf"(?<!\w){written}(?!\w)"
    return regex.compile(written, 0 if chosen.match_case else regex.IGNORECASE | regex.FULLCASE)


def matches(texts: Sequence[str], spec: Spec) -> Any:
    """The numbers of the texts that match, int64 (N,). Raises BadSpec for a pattern that takes too long."""
    import torch

    chosen = Parameters(**spec.selection)
    search, end = expression(chosen).search, time.monotonic() + PATIENCE
    try:
        found = [number for number, text in enumerate(texts)
                 if search(unicodedata.normalize("NFC", text), timeout=max(1e-3, end - time.monotonic()))]
    except TimeoutError:
        raise BadSpec([Problem.about("selection.pattern", f"is {chosen.pattern!r}, which takes more than {PATIENCE:g} "
                                     f"s on {len(texts):,} texts: repeat no group that repeats itself, as (a+)+ does.")
                       ]) from None
    return torch.tensor(found, dtype=torch.int64)


def select(data: Any, spec: Spec) -> Any:
    """Every training text that matches, int64 (F,). Raises BadSpec where none does, or too many do."""
    from engine.sample_lists import Asked

    found, asked = matches(_searched(data, "train", spec), spec), Asked(data.name, len(data.train))
    what = f"values of {chosen!r}" if (chosen := _column(data, spec)) else "training texts"
    field, value = next((name, spec.selection[name]) for name in ("pattern", "word") if spec.selection.get(name))
    if not len(found):
        raise BadSpec([Problem.about(f"selection.{field}", f"is {value!r}, but none of the {asked.size:,} {what} "
                                     f"of {asked.dataset} matches: try a part of it with inside_words, or a "
                                     "pattern.")])
    if len(found) > asked.most:
        raise BadSpec([Problem.about(f"selection.{field}", f"is {value!r}, which {len(found):,} of the {asked.size:,} "
                                     f"{what} match, but at most {asked.most:,} can be forgotten at once: "
                                     "narrow it.")])
    return found


def unseen(data: Any, spec: Spec) -> Any:
    """Every held-out sample that matches, int64 (U,)."""
    return matches(_searched(data, "heldout", spec), spec)


def _column(data: Any, spec: Spec) -> str:
    """The column that is searched; empty for the texts themselves. The only one where data without texts have one."""
    if named := str(spec.selection.get("column", "")):
        return named
    return "" if getattr(data.train, "texts", None) is not None else next(iter(data.about["train"].columns), "")


def _searched(data: Any, pool: str, spec: Spec) -> Sequence[str]:
    column = _column(data, spec)
    values: Sequence[str] = data.about[pool].columns[column] if column else getattr(data, pool).texts
    return values


def problems(spec: Spec, dataset: Dataset) -> Iterator[Problem]:
    """A word or a pattern is needed, and the pattern has to be one."""
    import regex

    chosen = Parameters(**spec.selection)
    yield from _wrong_column(chosen.column, dataset)
    if not chosen.word.strip() and not chosen.pattern:
        yield Problem.about("selection.word", "is missing: name a word that the texts to forget hold, or give a "
                            "pattern.")
    elif chosen.word and chosen.pattern:
        yield Problem.about("selection.pattern", f"is {chosen.pattern!r}, but a word is named as well "
                            f"({chosen.word!r}): give one of them.")
    if (repeats := _repeats(chosen.pattern)) > MOST_REPEATS:
        yield Problem.about("selection.pattern", f"is {chosen.pattern!r}, whose counts come to {repeats:,} "
                            f"repetitions, but may come to {MOST_REPEATS:,}: write smaller ones.")
        return
    try:
        expression(chosen)
    except regex.error as error:
        where = "" if error.pos is None else f" at character {error.pos + 1}"
        yield Problem.about("selection.pattern", f"is {chosen.pattern!r}, which is no regular expression: "
                            f"{error.msg}{where}.")


def _wrong_column(named: str, dataset: Dataset) -> Iterator[Problem]:
    columns = dataset.attributes
    if named and named not in columns:
        known = f"its further columns are {', '.join(columns)}" if columns else "it has no further columns"
        yield Problem.about("selection.column", f"is {named!r}, but {dataset.title} has no such column: {known}.")
    elif not named and len(columns) > 1 and not _has_texts(dataset):
        yield Problem.about("selection.column", f"is missing: {dataset.title} has the columns {', '.join(columns)}, so "
                            "name one of them.")


def _has_texts(dataset: Dataset) -> bool:
    return kind_of(dataset).has_words


def _repeats(pattern: str) -> int:
    """The product of all counts such as {3} and {3,}: the copies of a part where all of them are nested."""
    import re

    return math.prod(max(1, int(count)) for count in re.findall(r"\{\s*([0-9]+)", pattern))


def why_not(dataset: Dataset) -> str | None:
    """Words are in texts, or in further columns."""
    return None if _has_texts(dataset) or dataset.attributes else (
        f"The scenario 'matching' looks for words, but {dataset.title} holds no texts and no further columns: choose "
        "data of texts, add your data with --attribute COLUMN, or name samples with the scenario 'listed'.")


def sizes(spec: Spec, dataset: Dataset) -> Sizes:
    """A guess, one text in a hundred: only the texts themselves say how many match."""
    from engine.scenarios._sizes import heldout

    test, validation = heldout(dataset)
    forget, in_test, outside = (max(1, count // EXPECTED) for count in (dataset.train_size, test, dataset.heldout_size))
    return Sizes(dataset.train_size, forget, dataset.train_size - forget, validation, test - in_test, outside)


SCENARIO = Scenario(
    name="matching",
    title="matching samples",
    summary="All training samples whose text, or a further column, holds a word or matches a pattern.",
    aim="The model should treat them as a model retrained without them does.",
    source="Regulation (EU) 2016/679 (GDPR), Article 17",
    select=select,
    sizes=sizes,
    target="selection",
    parameters=Parameters,
    why_not=why_not,
    problems=problems,
    unseen=unseen,
    gone=lambda spec, earlier: any(dict(spec.selection) == dict(before.selection) for before in earlier),
)
