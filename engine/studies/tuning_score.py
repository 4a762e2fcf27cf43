"""How far a run is from its retrained model, in points: on validation data to choose by, on test data to report.

The score is the mean of four distances between the two models: their accuracies on the retain set, the forget set and
the side's held-out set, and the accuracy of an attack that tells the forget set from that held-out set. Lower is
better, 0 is the retrained model. Where a scenario has non-members of its own (a forgotten class), the attack takes
those of them that belong to the side: validation and report share no sample of one run.
"""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING, Literal

from engine.registry import get

if TYPE_CHECKING:
    from pandas import DataFrame

Side = Literal["validation", "test"]


def gaps(mine: DataFrame, theirs: DataFrame, side: Side, attack: str) -> dict[str, float]:
    """The distances in points by what is compared; without the attack's where a side has too few samples for it."""
    found = {f"{name} accuracy": abs(_accuracy(mine, name) - _accuracy(theirs, name))
             for name in ("retain", "forget", side)}
    attacked = [_attacked(frame, side, attack) for frame in (mine, theirs)]
    if None not in attacked:
        one, other = (value for value in attacked if value is not None)
        found[attack] = abs(one - other)
    return found


def score_of(found: dict[str, float]) -> float:
    """The mean of the distances."""
    return fmean(found.values())


def _accuracy(frame: DataFrame, name: str) -> float:
    return 100 * float(frame.loc[frame["set"] == name, "correct"].mean())


def _nonmembers(frame: DataFrame, side: Side) -> DataFrame:
    unseen, validation = frame[frame["set"] == "unseen"], frame[frame["set"] == "validation"]
    if unseen.empty:
        return frame[frame["set"] == side]
    held = unseen["sample"].isin(validation["sample"])
    return unseen[held] if side == "validation" else unseen[~held]


def _attacked(frame: DataFrame, side: Side, name: str) -> float | None:
    """The attack's accuracy in percent, None below ten samples a side."""
    from engine.attacks._attacker import FEWEST
    from engine.evaluation.measure import accuracy, scores

    attack, sides = get("attack", name), (frame[frame["set"] == "forget"], _nonmembers(frame, side))
    if min(map(len, sides)) < FEWEST:
        return None
    members, nonmembers = (scores(attack, {column: rows[column] for column in attack.needs}, len(rows))
                           for rows in sides)
    return accuracy(attack, members, nonmembers)
