"""Values as they are asked for, held against what is declared: each problem names the nearest valid value."""

from __future__ import annotations

import contextlib
import math
from typing import Any
from unicodedata import category

from engine.errors import BadSpec, Problem
from engine.hyperparameters import Hyperparameter
from engine.system.words import unknown

SMALLEST, LARGEST = 0.001, 0.6  # forget fractions on offer
LONGEST = 300  # characters of a parameter that is a text


def checked(h: Hyperparameter, value: Any, of: str = "parameters") -> Any:
    """The value in the parameter's type, or BadSpec naming the nearest valid one; ``of`` is the spec's field."""
    if h.auto and (value is None or value == "auto"):
        return None
    field, known = f"{of}.{h.name}", {"true": True, "1": True, "false": False, "0": False}
    if h.kind in ("text", "samples"):
        return _text(field, value)
    if h.kind == "choice":
        if value not in h.choices:
            raise BadSpec([Problem(field, unknown(h.name, value, h.choices))])
        return value
    if h.kind == "bool":
        if str(value).lower() not in known:
            raise BadSpec([Problem.about(field, f"is {value!r}, but must be true or false.")])
        return known[str(value).lower()]
    return number(field, value, h.kind, h.low, h.high, " or auto" if h.auto else "")


def _text(field: str, value: Any) -> str:
    """A text that can be stored anywhere; numbers are the text that they are written as."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise BadSpec([Problem.about(field, f"is {value!r}, but must be a text.")])
    text = str(value)
    if len(text) > LONGEST:
        raise BadSpec([Problem.about(field, f"has {len(text):,} characters, but may have {LONGEST} at most.")])
    if any(category(one) in ("Cc", "Cs") for one in text):
        raise BadSpec([Problem.about(field, f"is {text!r}, which holds a character that cannot be printed: leave it "
                                     "out.")])
    return text


def refused(h: Hyperparameter, value: Any) -> str | None:
    """Why a value is not one of this hyperparameter's, None where it is."""
    try:
        checked(h, value)
    except BadSpec as error:
        return str(error)
    return None


def number(field: str, value: Any, kind: str, low: float | None, high: float | None, hint: str = "") -> Any:
    """The value as a number of this kind within the bounds; ``hint`` says what else would do."""
    try:
        if isinstance(value, bool):
            raise ValueError
        amount = _float(value)
    except (TypeError, ValueError):
        raise BadSpec([Problem.about(field, f"is {value!r}, but must be a number{hint}.")]) from None
    span = _span(kind, low, high)
    if amount != amount:
        raise BadSpec([Problem.about(field, f"is {value}, which is not a number, but must be {span}{hint}.")])
    nearest = max(amount, low) if low is not None else amount
    nearest = min(nearest, high) if high is not None else nearest
    if kind == "int" and abs(nearest) != float("inf"):
        nearest = round(nearest)
    if nearest != amount:
        said = f"is {value}, but must be {span}: the nearest valid value is {nearest:.10g}."
        raise BadSpec([Problem.about(field, said)])
    return nearest


def _float(value: Any) -> float:
    """The value as a float; a whole number beyond all floats is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _span(kind: str, low: float | None, high: float | None) -> str:
    """What is valid, as the end of a sentence."""
    what, form = ("a whole number", ",") if kind == "int" else ("a number", "g")
    if low is None or high is None:
        bounds = [f"{word} {end:{form}}" for word, end in (("from", low), ("up to", high)) if end is not None]
        return " ".join([what, *bounds])
    return f"{what} from {low:,} to {high:,}" if kind == "int" else f"between {low:g} and {high:g}"


def share(value: Any) -> float:
    """A forget fraction; a percentage is met with what it would be as a fraction."""
    try:
        return float(number("forget_fraction", value, "float", SMALLEST, LARGEST))
    except BadSpec as error:
        with contextlib.suppress(TypeError, ValueError):
            written = str(value).strip()
            percent = float(written.removesuffix("%"))
            if (written.endswith("%") or percent > 1) and SMALLEST <= percent / 100 <= LARGEST:
                raise BadSpec([Problem.about("forget_fraction", f"is {value}, but must be between {SMALLEST:g} and "
                                             f"{LARGEST:g}: {percent:g}% is {percent / 100:.10g}.")]) from None
        raise error
