"""What the Evidence page shows, as an address and back: ``?data=moons&methods=finetune&models=9``.

Nonsense in an address is put into a sentence, and the ensemble that ships stands in for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal

from engine.errors import BadInput, BadSpec, Problem
from engine.registry import names, reference
from engine.studies.ensemble import Ensemble, design
from engine.studies.ensemble_shelves import usual_ensemble
from ui.common.said import short

NAMES = ("data", "methods", "models", "candidates", "seed", "model")
LOOK = (CHOSEN,) = ("method",)  # how an ensemble is looked at: no part of it
ALL = "all"


def choosable() -> list[str]:
    """The methods that can be chosen: the retrained models are always there."""
    return [name for name in names("method") if name != reference().name]


def to_query(ensemble: Ensemble) -> dict[str, str]:
    """The address's parameters; what is usual is left out of it, but the data set."""
    query = {"data": ensemble.dataset, "methods": _written(ensemble.methods),
             "models": str(ensemble.models), "candidates": str(ensemble.candidates or ""),
             "seed": str(ensemble.seed or ""), "model": ensemble.model or ""}
    return {name: value for name, value in query.items() if value}


def from_query(asked: Mapping[str, str]) -> tuple[Ensemble, list[Problem]]:
    """The ensemble that an address asks for, or what ships with a sentence for each problem."""
    usual = usual_ensemble()
    try:
        ensemble = replace(
            usual, dataset=asked.get("data", usual.dataset).strip(),
            methods=_methods(asked["methods"]) if "methods" in asked else usual.methods,
            models=_number("models", asked.get("models", str(usual.models))),
            candidates=candidates_of(asked.get("candidates", "")),
            seed=_number("seed", asked.get("seed", "0")), model=asked.get("model", "").strip() or None)
        design(ensemble)
    except BadSpec as error:
        return usual, [Problem(problem.field, f"The link's ensemble: {problem} The one that ships is shown instead.")
                       for problem in error.problems]
    except BadInput as error:
        return usual, [Problem(None, f"The link's ensemble: {error} The one that ships is shown instead.")]
    return ensemble, []


def view_query(method: str, usual: str) -> dict[str, str]:
    """The address's parameter for the method whose samples are shown, unless it is the usual one."""
    return {CHOSEN: method} if method != usual else {}


def view_of(asked: Mapping[str, str], valid: Iterable[str], usual: str) -> tuple[str, list[Problem]]:
    """The method that an address asks for, with a sentence where this ensemble does not have it."""
    method, known = asked.get(CHOSEN, usual).strip(), list(valid)
    if method not in known:
        return usual, [Problem(CHOSEN, f"The link's method: {short(method)!r} is not in this ensemble. Valid: "
                                       f"{', '.join(known)}. {usual} is shown instead.")]
    return method, []


def candidates_of(text: str) -> int | Literal["all"] | None:
    """How many samples take part: a number, ``all``, or nothing for the usual share. Raises BadSpec."""
    word = text.strip()
    if word in ("", ALL):
        return "all" if word else None
    try:
        return int(word)
    except ValueError:
        raise BadSpec([Problem.about("candidates", f"is {short(word)!r}, but must be a number or all.")]) from None


def _written(methods: tuple[str, ...]) -> str:
    """Nothing for the usual ones, ``all`` for every one."""
    if methods == usual_ensemble().methods:
        return ""
    return ALL if list(methods) == choosable() else " ".join(methods)


def _methods(text: str) -> tuple[str, ...]:
    words = text.replace(",", " ").split()
    return tuple(choosable()) if words == [ALL] else tuple(dict.fromkeys(words))


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise BadInput(f"{name} is {short(text)!r}, but must be a whole number.") from None
