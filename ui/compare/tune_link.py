"""What the tab Tune shows, as an address beside that of the comparison: ``tab=tune&trials=8&tuning=100+101``.

Methods, data and who is forgotten are the comparison's; its seeds are those that are reported on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.errors import BadInput, Problem
from engine.studies.comparison import REFERENCE, Comparison
from engine.studies.tuning import MOST_TRIALS, TRIALS, TUNING_SEEDS, Tuning, filled, selectable
from ui.common.said import short
from ui.compare.link import TUNED, parse_seeds

TAB, COUNT, SEEDS, ATTACK, REPORTED = TUNED
COMPARE, TUNE = TABS = "compare", "tune"


@dataclass(frozen=True)
class Asked:
    """Which tab is open, and what the search asks for beside the comparison."""

    tab: str = COMPARE
    trials: int = TRIALS
    seeds: tuple[int, ...] = TUNING_SEEDS
    attack: str = ""
    report_attack: str = ""

    def tuning(self, comparison: Comparison) -> Tuning:
        """The search over a comparison's methods, reported on its seeds."""
        methods = tuple(name for name in comparison.methods if name != REFERENCE)
        searched = replace(comparison, methods=methods, seeds=self.seeds, training_seeds=comparison.training_seeds[:1],
                           unlearning_seeds=1)
        return filled(Tuning(searched, comparison.seeds, self.trials, self.attack, self.report_attack))


USUAL = Asked()


def from_query(asked: Mapping[str, str]) -> tuple[Asked, list[Problem]]:
    """What an address asks for, and a sentence for everything in it that does not exist."""
    found, problems = USUAL, list[Problem]()
    readers: dict[str, Callable[[str], Any]] = {"tab": _tab, "trials": _trials, "seeds": parse_seeds,
                                                "attack": _attack, "report_attack": _attack}
    for name, read in readers.items():
        key = ADDRESS[name]
        if key in asked:
            try:
                found = replace(found, **{name: read(asked[key].strip())})
            except BadInput as error:
                problems.append(Problem(key, f"The link's {key}: {error} The default is shown instead."))
    return found, problems


def to_query(asked: Asked) -> dict[str, str]:
    """The address's parameters for what is not as usual."""
    written = {TAB: (asked.tab, USUAL.tab), COUNT: (str(asked.trials), str(USUAL.trials)),
               SEEDS: (seeds_text(asked.seeds), seeds_text(USUAL.seeds)), ATTACK: (asked.attack, USUAL.attack),
               REPORTED: (asked.report_attack, USUAL.report_attack)}
    return {name: now for name, (now, before) in written.items() if now != before and now}


ADDRESS = {"tab": TAB, "trials": COUNT, "seeds": SEEDS, "attack": ATTACK, "report_attack": REPORTED}


def seeds_text(seeds: tuple[int, ...]) -> str:
    """``100 101``."""
    return " ".join(map(str, seeds))


def _tab(text: str) -> str:
    if text not in TABS:
        raise BadInput(f"there is no tab {short(text)!r}. Valid: {', '.join(TABS)}.")
    return text


def _trials(text: str) -> int:
    if not text.isdecimal() or len(text) > 9 or not 1 <= int(text) <= MOST_TRIALS:
        raise BadInput(f"{short(text)!r} is not a number of trials: choose from 1 to {MOST_TRIALS}.")
    return int(text)


def _attack(text: str) -> str:
    if text not in selectable():
        raise BadInput(f"there is no attack {short(text)!r} on one model. Valid: {', '.join(selectable())}.")
    return text
