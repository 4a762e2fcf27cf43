"""The Playground's address: data, wrong labels, the forgotten points, alpha and brake."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from engine.errors import Problem
from engine.registry import get
from engine.studies.playable import playable
from ui.common.said import short

T = TypeVar("T")
NAMES = ("data", "noise", "forget", "alpha", "brake", "arrows")
WRONG, OFF = "wrong", "off"  # the points whose label is wrong; no brake


@dataclass(frozen=True)
class Wish:
    """What the address asks for; ``forget`` None: the points whose label is wrong."""

    dataset: str = "moons"
    noise: float = 0.1
    forget: tuple[int, ...] | None = None
    alpha: float = 0.5
    brake: float | None = 1.0
    arrows: bool = False


def read(asked: Mapping[str, str]) -> tuple[Wish, list[Problem]]:
    """The wish of these parameters, with a sentence for each that cannot be used; then the usual value holds."""
    usual, problems = Wish(), list[Problem]()

    def take(name: str, understand: Callable[[str], T], otherwise: T, valid: str) -> T:
        text = asked.get(name)
        if text is None:
            return otherwise
        try:
            return understand(text)
        except ValueError:
            problems.append(Problem(name, f"The link's {name}: {short(text)!r} is not valid. Valid: {valid}. "
                                          "The usual one is shown instead."))
            return otherwise

    offered = {name: get("dataset", name) for name in playable()}
    dataset = take("data", _one_of(tuple(offered)), usual.dataset, ", ".join(offered))
    shares = tuple(map(float, offered[dataset].options[0].choices))
    noise = take("noise", lambda text: _one_of(shares)(float(text)), usual.noise, ", ".join(map(str, sorted(shares))))
    size = offered[dataset].train_size
    forget = take("forget", lambda text: _points(text, size), usual.forget,
                  f"{WRONG}, or at most {round(0.6 * size)} numbers from 0 to {size - 1}, such as 3,17")
    alpha = take("alpha", lambda text: _between(float(text), 0, 1), usual.alpha, "0 to 1")
    brake = take("brake", lambda text: None if text == OFF else _between(float(text), 0.1, 4), usual.brake,
                 f"0.1 to 4, or {OFF}")
    arrows = take("arrows", lambda text: _one_of(("on", OFF))(text) == "on", usual.arrows, f"on, {OFF}")
    return Wish(dataset, noise, forget, alpha, brake, arrows), problems


def write(wish: Wish) -> dict[str, str]:
    """The reverse of :func:`read`."""
    forget = WRONG if wish.forget is None else ",".join(map(str, wish.forget)) or "none"
    return {"data": wish.dataset, "noise": f"{wish.noise:g}", "forget": forget, "alpha": f"{wish.alpha:g}",
            "brake": OFF if wish.brake is None else f"{wish.brake:g}", **({"arrows": "on"} if wish.arrows else {})}


def _one_of(valid: tuple[T, ...]) -> Callable[[T], T]:
    def understand(value: T) -> T:
        if value not in valid:
            raise ValueError
        return value

    return understand


def _between(value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        raise ValueError
    return value


def _points(text: str, size: int) -> tuple[int, ...] | None:
    if text in (WRONG, "none"):
        return None if text == WRONG else ()
    numbers = tuple(sorted({int(word) for word in text.split(",")}))
    if not numbers or not 0 <= numbers[0] <= numbers[-1] < size or len(numbers) > round(0.6 * size):
        raise ValueError
    return numbers
