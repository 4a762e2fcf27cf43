"""What the Robustness page shows, as an address and back: ``?data=digits&across=alpha&xs=0.05+0.25&..``.

Nonsense in an address is put into a sentence, and the usual grid stands in for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.errors import BadInput, BadSpec, Problem
from engine.studies.heatmap import measures
from engine.studies.sweep import PRESETS, TRAINING, Axis, Sweep, check
from ui.common.said import short
from ui.compare.link import parse_seeds

USUAL = "small"  # what an address leaves out
RECORDED = "authors"  # ships finished: what opens at first
LOOK = MEASURE, AT, COLOURS, SIDE = "measure", "at", "colours", "maps"  # how the grid is looked at: no part of it
RANKED, ALL = "quantiles", "all"  # what the last two are set to
NAMES = ("data", "method", "across", "xs", "down", "ys", "seeds", "profile", "model", "set", "forget")


def to_query(sweep: Sweep) -> dict[str, str]:
    """The address's parameters; lists are separated by spaces, which an address writes as ``+``."""
    training = {TRAINING: sweep.original_seed} if sweep.original_seed else {}
    query = {"data": sweep.dataset, "method": sweep.method, "across": sweep.across.name,
             "xs": text_of(sweep.across.values), "down": sweep.down.name, "ys": text_of(sweep.down.values),
             "seeds": text_of(sweep.seeds), "profile": sweep.profile, "model": sweep.model or "",
             "set": held_text({**sweep.parameters, **training})}
    return {name: value for name, value in query.items() if value}


def from_query(asked: Mapping[str, str]) -> tuple[Sweep, list[Problem]]:
    """The grid that an address asks for, or the usual one with a sentence for each problem.

    An address that asks for nothing gets a grid that ships finished.
    """
    if not asked:
        return PRESETS[RECORDED], []
    usual = PRESETS[USUAL]
    try:
        held = held_of(asked.get("set", "").strip())
        sweep = replace(
            usual, dataset=asked.get("data", usual.dataset).strip(), method=asked.get("method", usual.method).strip(),
            across=Axis(asked.get("across", usual.across.name).strip(), _values(asked, "xs", usual.across.values)),
            down=Axis(asked.get("down", usual.down.name).strip(), _values(asked, "ys", usual.down.values)),
            seeds=parse_seeds(asked["seeds"]) if "seeds" in asked else usual.seeds, parameters=held,
            profile=asked.get("profile", usual.profile).strip(), model=asked.get("model", "").strip() or None)
        check(sweep)
    except BadSpec as error:
        return usual, [Problem(problem.field, f"The link's grid: {problem} The default grid is shown instead.")
                       for problem in error.problems]
    except BadInput as error:
        return usual, [Problem(None, f"The link's grid: {error} The default grid is shown instead.")]
    return sweep, []


@dataclass(frozen=True)
class View:
    """How a grid is looked at: the measure, the square that is open, colours by quantile, every method's map."""

    metric: str
    place: tuple[Any, Any] | None = None
    ranked: bool = False
    side_by_side: bool = False


def view_query(view: View) -> dict[str, str]:
    """The address's parameters for what is not as it is at first."""
    measure = {MEASURE: view.metric} if view.metric != measures()[0] else {}
    switches = ({COLOURS: RANKED} if view.ranked else {}) | ({SIDE: ALL} if view.side_by_side else {})
    return measure | ({AT: text_of(view.place)} if view.place else {}) | switches


def view_of(asked: Mapping[str, str], sweep: Sweep) -> tuple[View, list[Problem]]:
    """The view that an address asks for, with a sentence for what this grid does not have."""
    told, metric = [], asked.get(MEASURE, measures()[0]).strip()
    if metric not in measures():
        told.append(Problem(MEASURE, f"The link's measure: there is none named {short(metric)!r}. Valid: "
                                     f"{', '.join(measures())}. The first is shown instead."))
        metric = measures()[0]
    place = parse_values(asked.get(AT, ""))
    if place and (len(place) != 2 or place[0] not in sweep.across.values or place[1] not in sweep.down.values):
        corner = text_of((sweep.across.values[0], sweep.down.values[0]))
        told.append(Problem(AT, f"The link's cell: {short(asked[AT])!r} is not in this grid: a cell "
                                f"is a value across and one down, such as {corner!r}. None is open."))
        place = ()
    switches = {}
    for name, word in ((COLOURS, RANKED), (SIDE, ALL)):
        value = asked.get(name, "").strip()
        switches[name] = value == word
        if value not in ("", word):
            told.append(Problem(name, f"The link's {name}: {short(value)!r} is not known, only {word!r}. It was "
                                      "ignored."))
    return View(metric, (place[0], place[1]) if place else None, switches[COLOURS], switches[SIDE]), told


def parse_values(text: str) -> tuple[Any, ...]:
    """``0.05 0.25`` or ``0.05, 0.25`` as numbers; what is no number stays a word, for the check to name."""
    return tuple(number(word) for word in text.replace(",", " ").split())


def number(word: str) -> Any:
    """A whole number, a number, true or false, or the word itself."""
    if word.lower() in ("true", "false"):
        return word.lower() == "true"
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word


def text_of(values: tuple[Any, ...]) -> str:
    """Values as one types them."""
    return " ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in values)


def held_of(text: str) -> dict[str, Any]:
    """``max_forget_epochs=80 learning_rate=0.01`` by name. Raises BadInput for a word without a value."""
    held = {}
    for word in text.replace(",", " ").split():
        name, sign, value = word.partition("=")
        if not (name and sign and value):
            raise BadInput(f"{short(word)!r} is not of the form NAME=VALUE, such as max_forget_epochs=80.")
        held[name] = number(value)
    return held


def held_text(held: Mapping[str, Any]) -> str:
    """The reverse of :func:`held_of`."""
    return " ".join(f"{name}={text_of((value,))}" for name, value in held.items())


def _values(asked: Mapping[str, str], name: str, usual: tuple[Any, ...]) -> tuple[Any, ...]:
    return parse_values(asked[name]) if name in asked else usual
