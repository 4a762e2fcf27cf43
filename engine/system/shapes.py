"""What JSON from outside must look like: small checks put together, and one sentence where a value does not fit.

A shape is a function that raises :class:`Unfit` for a value. Numbers are finite, texts hold whole characters and have
a greatest length, so that whatever passes can be stored, computed with and drawn.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Mapping
from typing import Any

Shape = Callable[[Any], None]
MOST = 2**53  # the greatest number: whole ones are exact up to here, and a database takes them
EARLIEST, LATEST = 0.0, 7_258_118_400.0  # seconds since 1970 of the years that calendars here can show: 1970 to 2200
MOST_SHOWN = 60  # characters of a wrong value in a sentence


class Unfit(ValueError):
    """A value that does not fit; ``place`` leads to it, ``what`` says what it must be."""

    def __init__(self, value: Any, what: str):
        super().__init__(value, what)
        self.value, self.what, self.place = value, what, ""

    def below(self, name: object) -> Unfit:
        """The same, seen from one level further out."""
        self.place = f"{short(str(name), 40)}{f'.{self.place}' if self.place else ''}"
        return self


def short(text: str, most: int = MOST_SHOWN) -> str:
    """The beginning of a text."""
    return text if len(text) <= most else f"{text[:most]}…"


def shown(value: Any) -> str:
    """The beginning of a value as JSON, for a sentence."""
    if isinstance(value, str):
        value = value[:2 * MOST_SHOWN]  # JSON may take several signs for a character, but never fewer than one
    try:
        return short(json.dumps(value))
    except (TypeError, ValueError, RecursionError):
        return f"of the kind {type(value).__name__}"


def wrong(shape: Shape, value: Any) -> Unfit | None:
    """What is wrong with a value; None where it fits."""
    try:
        shape(value)
    except Unfit as found:
        return found
    except RecursionError:
        return Unfit(None, "nested less deeply")
    return None


# --- values ---------------------------------------------------------------------------------


def text(most: int, what: str = "a text") -> Shape:
    """A text of whole characters."""
    def check(value: Any) -> None:
        if not isinstance(value, str) or (not value.isascii() and any("\ud800" <= one <= "\udfff" for one in value)):
            raise Unfit(value, what)
        if len(value) > most:
            raise Unfit(value, f"a text of at most {most:,} characters")
    return check


def number(low: float = -MOST, high: float = MOST, what: str = "a number") -> Shape:
    """A finite number within bounds."""
    def check(value: Any) -> None:
        kind = type(value)
        if (kind is not float and kind is not int) or not low <= value <= high:
            raise Unfit(value, what)
    return check


def whole(low: int = 0, high: int = MOST - 1, what: str = "a whole number") -> Shape:
    def check(value: Any) -> None:
        if type(value) is not int or not low <= value <= high:
            raise Unfit(value, what)
    return check


def moment(value: Any) -> None:
    """A time in seconds since 1970, which calendars can show."""
    if type(value) not in (int, float):
        raise Unfit(value, "a number of seconds")
    if not EARLIEST <= value < LATEST:
        raise Unfit(value, "a time of the years 1970 to 2199, in seconds since 1970")


def one_of(values: Collection[str]) -> Shape:
    def check(value: Any) -> None:
        if not isinstance(value, str) or value not in values:
            raise Unfit(value, f"one of {', '.join(values)}")
    return check


def truth(value: Any) -> None:
    if type(value) is not bool:
        raise Unfit(value, "true or false")


def scalar(value: Any) -> None:
    """Null, true, false, a finite number or a text that fits into a line."""
    if isinstance(value, str):
        _line(value)
    elif value is not None and type(value) is not bool and not (
            (type(value) is int and abs(value) < MOST) or (type(value) is float and math.isfinite(value))):
        raise Unfit(value, "a number, a text, true, false or null")


_line = text(1000)


# --- put together ---------------------------------------------------------------------------


def maybe(shape: Shape) -> Shape:
    """The same, or null."""
    def check(value: Any) -> None:
        if value is not None:
            try:
                shape(value)
            except Unfit as found:
                if not found.place:
                    found.what = f"{found.what} or null"
                raise
    return check


def listed(of: Shape, most: int = 100_000, least: int = 0, what: str = "a list") -> Shape:
    def check(value: Any) -> None:
        if not isinstance(value, (list, tuple)) or not least <= len(value) <= most:
            raise Unfit(value, what)
        place = 0
        try:
            for item in value:
                of(item)
                place += 1
        except Unfit as found:
            raise found.below(place) from None
    return check


def table(of: Shape, most: int = 1000, what: str = "an object") -> Shape:
    """An object whose values are all of one shape, whatever their names."""
    def check(value: Any) -> None:
        if not isinstance(value, Mapping) or len(value) > most:
            raise Unfit(value, what)
        name = None
        try:
            for name, item in value.items():
                if not isinstance(name, str) or len(name) > 200 or not name.isascii():
                    _name(name)
                of(item)
        except Unfit as found:
            raise found.below(name) from None
    return check


_name = text(200, "a name")


def record(fields: Mapping[str, Shape], needed: Collection[str] = (), others: Shape | None = None,
           what: str = "an object") -> Shape:
    """An object with these fields; ``others`` is the shape of further ones, which are refused where there is none."""
    def check(value: Any) -> None:
        if not isinstance(value, Mapping) or not all(name in value for name in needed):
            raise Unfit(value, what)
        for name, item in value.items():
            shape = fields.get(name, others)
            if shape is None:
                raise Unfit(value, what)
            try:
                shape(item)
            except Unfit as found:
                raise found.below(name) from None
    return check


pair = listed(number(), most=2, least=2, what="a pair of numbers")


def plain(value: Any) -> None:
    """Anything of JSON whose numbers are finite and whose texts are lines."""
    if isinstance(value, Mapping):
        _objects(value)
    elif isinstance(value, (list, tuple)):
        _lists(value)
    else:
        scalar(value)


_objects, _lists = table(plain), listed(plain)
