"""What the page shows, as one record: which run, which of its models, which attack, beside which second run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine.errors import Problem
from engine.evaluation.metrics import headlines
from engine.registry import names
from ui.common.linked_form import LinkedForm
from ui.common.state import Slot

When = Literal["before", "now", "retrained"]
WHEN: dict[When, str] = {"before": "Before", "now": "Now", "retrained": "Retrained"}
RUN: Slot[str] = Slot("exposed.run", "")
VIEW: Slot[When] = Slot("exposed.view", "now")
REFUSED = Slot("exposed.refused", "")  # a run that was asked for and keeps no table
SCORE, SECOND = Slot("exposed.attack", ""), Slot("exposed.with", "")


@dataclass(frozen=True)
class Seen:
    """``run`` and ``second`` are ids, empty for the usual run and for none."""

    run: str = ""
    view: When = "now"
    attack: str = ""
    second: str = ""


def _read(asked: Mapping[str, str]) -> tuple[Seen, list[Problem]]:
    usual = headlines()[0].name
    wanted, attack, problems = asked.get("view", "now"), asked.get("attack", usual), []
    view: When = next((name for name in WHEN if name == wanted), "now")
    if view != wanted:
        problems.append(Problem("view", f"There is no view {wanted!r}: it is one of {', '.join(WHEN)}. Now is shown."))
    if attack not in names("attack"):
        problems.append(Problem("attack", f"There is no attack {attack!r}: it is one of {', '.join(names('attack'))}. "
                                f"{usual} is shown."))
        attack = usual
    return Seen(asked.get("run", ""), view, attack, asked.get("with", "")), problems


def _write(seen: Seen) -> dict[str, str]:
    query = {"run": seen.run, "view": seen.view, "attack": seen.attack, "with": seen.second}
    return {name: value for name, value in query.items() if value}


def _fill(seen: Seen) -> None:
    for slot, value in ((RUN, seen.run), (SCORE, seen.attack), (SECOND, seen.second), (REFUSED, "")):
        slot.put(value)
    VIEW.put(seen.view)


FORM = LinkedForm("exposed", "Who is exposed?", ("run", "view", "attack", "with"), _read, _write, _fill)
