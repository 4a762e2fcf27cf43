"""The map of methods by share found as an address and back: ``?map=found&data=digits&with=corruption=trigger&..``.

Nonsense in an address is put into a sentence, and the usual study stands in for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.errors import BadInput, BadSpec, Problem
from engine.evaluation.metrics import metric_title
from engine.registry import all_of, current_name, find, models_for, names
from engine.studies.comparison import check
from engine.studies.correction import MEASURES, SHARES, Correction, manipulations
from engine.studies.correction_kept import shipped
from ui.common.said import short
from ui.compare.link import parse_seeds
from ui.robustness.link import held_of, held_text, parse_values, text_of

MAP, FOUND = "map", "found"  # the parameter that says which map, and its value for this one
NAMES = (MAP, "data", "with", "methods", "found", "seeds", "measure")
DECISIVE = tuple(name for name in MEASURES if name != "rest_accuracy")


@dataclass(frozen=True)
class Asked:
    """A study and the measure that its map shows."""

    study: Correction
    measure: str = DECISIVE[0]


def recorded_methods(dataset: str = "digits") -> tuple[str, ...]:
    """The methods of the study that ships, all where none ships, that can work on the data: an address omits them."""
    found = {name for one in shipped().values() for name in one.asked.methods} or set(names("method"))
    data = find("dataset", dataset)
    model = next(iter(models_for(data)), None) if data else None
    return tuple(method.name for method in all_of("method")
                 if method.name in found and (data is None or method.why_not(data, model) is None))


def usual(dataset: str = "digits") -> Asked:
    """The recorded methods at the shares of the study, three seeds, with the manipulation that one thinks of first."""
    return Asked(Correction(dataset, recorded_methods(dataset), manipulations(dataset)[-1], seeds=(0, 1, 2)))


def to_query(asked: Asked) -> dict[str, str]:
    """The address's parameters; lists are separated by spaces, which an address writes as ``+``."""
    study = asked.study
    methods = "" if study.methods == recorded_methods(study.dataset) else " ".join(study.methods)
    query = {MAP: FOUND, "data": study.dataset, "with": held_text(study.options), "methods": methods,
             "found": "" if study.found == SHARES else text_of(study.found), "seeds": text_of(study.seeds),
             "measure": "" if asked.measure == DECISIVE[0] else asked.measure}
    return {name: value for name, value in query.items() if value}


def from_query(asked: Mapping[str, str]) -> tuple[Asked, list[Problem]]:
    """What an address asks for, or the usual with a sentence for each problem."""
    if not set(asked) - {MAP}:
        return usual(), []
    try:
        study = _study(asked)
        checked(study)
        return Asked(study, _measure(asked.get("measure", DECISIVE[0]).strip())), []
    except BadSpec as error:
        problems = list(map(str, error.problems))
    except BadInput as error:
        problems = [str(error)]
    return usual(), [Problem(None, f"The link's map: {said} The default one is shown instead.") for said in problems]


def _study(asked: Mapping[str, str]) -> Correction:
    methods = tuple(current_name("method", word) for word in asked.get("methods", "").replace(",", " ").split())
    data = asked.get("data", "digits").strip()
    return Correction(data, methods or recorded_methods(data), held_of(asked.get("with", "")),
                      parse_values(asked.get("found", "")) or SHARES, parse_seeds(asked.get("seeds", "0")))


def _measure(name: str) -> str:
    if name not in DECISIVE:
        known = ", ".join(f"{one} ({metric_title(one)})" for one in DECISIVE)
        raise BadInput(f"There is no measure {short(name)!r}. Valid: {known}.")
    return name


def checked(study: Correction) -> None:
    """Raises BadSpec with every problem, once each."""
    problems: list[Problem | str] = []
    if len(set(study.found)) < len(study.found):
        problems.append(Problem("found", "A share is given twice: once is enough."))
    for comparison in study.comparisons() if study.methods else [replace(study, methods=()).at(1.0)]:
        try:
            check(comparison)
        except BadSpec as error:
            problems += error.problems
    if problems:
        raise BadSpec(list(dict.fromkeys(problems)))
