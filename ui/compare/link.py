"""What the Compare page shows, as an address and back: ``?data=digits&scenario=random&forget=0.15&methods=scrub+ssd``.

Nonsense in an address is put into a sentence, and the usual choice stands in for it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.checks import LARGEST, SMALLEST
from engine.errors import BadInput, BadSpec, Problem
from engine.evaluation.metrics import metric_title
from engine.registry import by_class, current_name, get, models_for, names, of_the_paper, target, unknown
from engine.selection import with_selection
from engine.spec import MAX_SEED
from engine.studies.cell import Against
from engine.studies.comparison import MOST_REPEATS, MOST_TRAINING_SEED, Comparison
from engine.studies.costs import SPENT
from engine.studies.ranking import NEAREST
from engine.studies.table import columns_of
from engine.types import PROFILES, Forgotten, Spec
from ui.common.said import short
from ui.compare import needs

SORT, AGAINST, SHOW, GROUP = LOOK = "sort", "against", "show", "group"  # how the table is read: no part of it
TUNED = "tab", "trials", "tuning", "attack", "report"  # the tab that is open, and what its search asks for
BY_NEEDS = "needs"
HELD: dict[Against, str] = {"retrained": "the retrained model", "ideal": "the ideal"}
NAMES = ("data", "scenario", "forget", "select", "methods", "seeds", "originals", "unlearning", "profile", "model")
MOST_SEEDS = 20
USUAL = Comparison(methods=of_the_paper())  # the paper's six on the digits: what an address leaves out
RECORDED = replace(USUAL, dataset="cifar10", seeds=(0, 1, 2), profile="paper")  # ships finished: what opens at first


def to_query(comparison: Comparison) -> dict[str, str]:
    """The address's parameters; lists are separated by spaces, which an address writes as ``+``."""
    query = {"data": comparison.dataset, "scenario": comparison.scenario, "forget": _written(comparison.forget),
             "select": shlex.join(f"{name}={value}" for name, value in comparison.selection.items()),
             "methods": " ".join(comparison.methods), "seeds": " ".join(map(str, comparison.seeds)),
             "originals": " ".join(map(str, comparison.training_seeds)) if any(comparison.training_seeds) else "",
             "unlearning": str(comparison.unlearning_seeds) if comparison.unlearning_seeds > 1 else "",
             "profile": comparison.profile, "model": comparison.model or ""}
    return {name: value for name, value in query.items() if value}  # an address may lose what is empty


def _written(forget: Forgotten) -> str:
    """``0.15``, ``3``, ``3 5``; empty where the scenario's own parameters say who."""
    if isinstance(forget, tuple):
        return " ".join(map(str, forget))
    return "" if forget is None else f"{forget:g}" if isinstance(forget, float) else str(forget)


def orders() -> dict[str, str]:
    """What the table can be sorted by, with titles: the ranking first, then its columns and costs."""
    spent = {cost.name: cost.title for cost in SPENT}
    columns = dict.fromkeys(name for scenario in names("scenario") for name in columns_of(scenario))
    return {NEAREST: "Worst measure, nearest first", **{name: metric_title(name) for name in columns}, **spent}


@dataclass(frozen=True)
class View:
    """The column that the table is sorted by, what it is held against, which rows it shows, and whether in groups."""

    order: str = NEAREST
    against: Against = "retrained"
    shown: str = needs.ALL
    grouped: bool = False


def view_of(asked: Mapping[str, str]) -> tuple[View, list[Problem]]:
    """The view that an address asks for, with a sentence for what does not exist."""
    problems = []

    def read(name: str, what: str, valid: Sequence[str]) -> str:
        value = asked.get(name, valid[0]).strip()
        if value in valid:
            return value
        problems.append(Problem(name, f"The link's {name}: there is no {what} {short(value)!r}. Valid: "
                                      f"{', '.join(valid)}. The default is shown instead."))
        return valid[0]

    order, against = read(SORT, "column", list(orders())), read(AGAINST, "reference", list(HELD))
    shown, group = read(SHOW, "choice of methods", list(needs.SHOWN)), read(GROUP, "grouping", ["none", BY_NEEDS])
    return View(order, "ideal" if against == "ideal" else "retrained", shown, group == BY_NEEDS), problems


def view_query(view: View) -> dict[str, str]:
    """The address's parameters for what is not as usual."""
    usual = View()
    changed = {SORT: (view.order, usual.order), AGAINST: (view.against, usual.against), SHOW: (view.shown, usual.shown)}
    query: dict[str, str] = {name: now for name, (now, before) in changed.items() if now != before}
    return query | ({GROUP: BY_NEEDS} if view.grouped else {})


def from_query(asked: Mapping[str, str]) -> tuple[Comparison, list[Problem]]:
    """What an address asks for, and a sentence for everything in it that does not exist.

    An address that asks for nothing gets a comparison that ships finished.
    """
    if not asked:
        return RECORDED, []
    problems: list[Problem] = []

    def read(name: str, usual: Any, parse: Callable[[str], Any]) -> Any:
        if name not in asked:
            return usual
        try:
            return parse(asked[name].strip())
        except BadInput as error:
            problems.append(Problem(name, f"The link's {name}: {error} The default is shown instead."))
            return usual

    dataset = read("data", USUAL.dataset,
                   lambda text: _one("dataset", current_name("dataset", text), names("dataset")))
    scenario = read("scenario", USUAL.scenario, lambda text: _one("scenario", text, names("scenario")))
    usual: Forgotten = {"class": 0, "fraction": USUAL.forget, "selection": None}[target(scenario)]
    forget = usual if usual is None else read("forget", usual, lambda text: _forget(dataset, scenario, text))
    selection = read("select", {}, lambda text: _selection(scenario, text))
    methods = read("methods", USUAL.methods, lambda text: _methods(text, problems))
    seeds = read("seeds", USUAL.seeds, parse_seeds)
    originals = read("originals", USUAL.training_seeds, parse_originals)
    repeats = read("unlearning", USUAL.unlearning_seeds, parse_repeats)
    profile = read("profile", USUAL.profile, lambda text: _one("profile", text, PROFILES))
    models = tuple(model.name for model in models_for(get("dataset", dataset)))
    model = read("model", None, lambda text: _one(f"model for {dataset}", text, models))
    return Comparison(dataset, scenario, forget, methods, seeds, profile, model, training_seeds=originals,
                      unlearning_seeds=repeats, selection=selection), problems


def parse_repeats(text: str) -> int:
    """How many unlearning seeds each forget set has. Raises BadInput."""
    if not text.isdecimal() or len(text) > 9 or not 1 <= int(text) <= MOST_REPEATS:
        raise BadInput(f"{short(text)!r} is not a number of unlearning seeds: choose from 1 to {MOST_REPEATS}.")
    return int(text)


def parse_seeds(text: str) -> tuple[int, ...]:
    """``0 1 2`` or ``0, 1, 2`` as numbers; raises BadInput with a sentence."""
    words = _words(text)
    if not words:
        raise BadInput("No seed is chosen: write at least one whole number, such as 0 1 2.")
    for word in words:
        if not re.fullmatch(r"[0-9]{1,10}", word) or int(word) > MAX_SEED:
            raise BadInput(f"{short(word)!r} is not a seed: seeds are whole numbers from 0 to {MAX_SEED:,}, "
                           "separated by spaces, such as 0 1 2.")
    seeds = [int(word) for word in words]
    twice = next((seed for seed in seeds if seeds.count(seed) > 1), None)
    if twice is not None:
        raise BadInput(f"Seed {twice} is chosen twice: once is enough.")
    if len(seeds) > MOST_SEEDS:
        raise BadInput(f"{len(seeds)} seeds are chosen, but at most {MOST_SEEDS} can be compared at once.")
    return tuple(seeds)


def parse_originals(text: str) -> tuple[int, ...]:
    """The same of training seeds, which are smaller: unlearning seeds are made of them."""
    seeds = parse_seeds(text)
    for seed in seeds:
        if seed > MOST_TRAINING_SEED:
            raise BadInput(f"{seed} is not a training seed: they are whole numbers from 0 to {MOST_TRAINING_SEED:,}, "
                           "such as 0 1 2.")
    return seeds


def _one(kind: str, text: str, valid: tuple[str, ...]) -> str:
    if text not in valid:
        raise BadInput(unknown(kind, short(text), valid))
    return text


def _methods(text: str, problems: list[Problem]) -> tuple[str, ...]:
    """Those that exist, in the address's order; the others are reported. Raises BadInput where none exists."""
    words, valid = list(dict.fromkeys(current_name("method", word) for word in _words(text))), names("method")
    told = [unknown("method", short(word), valid) for word in words if word not in valid]
    if told and len(told) == len(words):
        raise BadInput(" ".join(told))
    problems += [Problem("methods", f"The link's methods: {sentence} It is left out.") for sentence in told]
    return tuple(word for word in words if word in valid)


def _forget(dataset: str, scenario: str, text: str) -> float | int | tuple[int, ...]:
    if by_class(scenario):
        words = [text] if text in get("dataset", dataset).classes else _words(text) or [text]
        numbers = tuple(sorted({_class(dataset, word) for word in words}))
        return numbers[0] if len(numbers) == 1 else numbers
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not SMALLEST <= share <= LARGEST:
        raise BadInput(f"{short(text)!r} is not a share of the training set: it must be a number from {SMALLEST:g} to "
                       f"{LARGEST:g}, such as 0.15.")
    return round(share, 6)


def _selection(scenario: str, text: str) -> dict[str, Any]:
    """``list=9b3f6f436cee6b41 share=0.3`` as the scenario's own parameters, those at their defaults left out."""
    try:
        words = [word.partition("=") for word in shlex.split(text)]
    except ValueError as error:
        raise BadInput(f"{short(text)!r} cannot be read ({error}).") from None
    asked = Spec(scenario=scenario, selection={name: value for name, _, value in words})
    spec, problems = with_selection(asked, get("scenario", scenario))
    if problems:
        raise BadSpec(problems)
    return dict(spec.selection)


def _class(dataset: str, text: str) -> int:
    classes = get("dataset", dataset).classes
    if text in classes:
        return classes.index(text)
    if re.fullmatch(r"[0-9]{1,6}", text) and int(text) < len(classes):
        return int(text)
    raise BadInput(f"{short(text)!r} is not a class of {dataset}, which has the classes 0 to {len(classes) - 1} "
                   f"({classes[0]} to {classes[-1]}).")


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,;+]+", text) if word]
