"""What was looked at to judge a run, an item each, and what has not been tried: a verdict sums these up.

Attacks on one model are measured with every run. Whatever else may show that something is left (see :data:`FURTHER`)
is handed to :func:`engine.evaluation.verdict.judge` as items of the same kind.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.registry import all_of, live_attacks
from engine.types import Attack

ERRORS = 3.0  # standard errors
THREE_SIGMA = 0.99865  # the share of chance that lies below three of them
EXPOSED = "tpr_at_0_1pct_fpr"
FURTHER = {"per_example": "attacks tuned to each sample", "relearning": "relearning"}
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

Metrics = Mapping[str, Any]


@dataclass(frozen=True)
class Counts:
    """Samples in the forget set, the test set, and the set that an attacker has to tell from the forget set."""

    forget: int
    test: int
    nonmembers: int


@dataclass(frozen=True)
class Decisive:
    """The number that a verdict rests on, and the limit that it lies beyond.

    ``metric`` is its name among the metrics, ``attack`` the attack that it belongs to, empty for none; ``above`` says
    on which side of the limit a number is beyond it.
    """

    metric: str
    value: float
    limit: float
    attack: str = ""
    above: bool = True

    def short(self, unit: str = "", digits: int = 1) -> str:
        """``0.630 > 0.623``: two numbers that differ are not shown as the same."""
        digits = digits if round(self.value, digits) != round(self.limit, digits) else digits + 2
        return f"{self.value:.{digits}f}{unit} {'>' if self.above else '<'} {self.limit:.{digits}f}{unit}"

    def words(self, title: str, unit: str = "", digits: int = 1) -> str:
        """``ROC area 0.630, by chance at most 0.623``: two numbers that differ are not shown as the same."""
        digits = digits if round(self.value, digits) != round(self.limit, digits) else digits + 2
        by, side = "by chance " if self.attack else "", "most" if self.above else "least"
        return f"{title} {self.value:.{digits}f}{unit}, {by}at {side} {self.limit:.{digits}f}{unit}"


@dataclass(frozen=True)
class Evidence:
    """One thing that was tried on a model, and what it comes to.

    Parameters
    ----------
    name : str
        An attack's name, or a key of :data:`FURTHER`.
    kind : {'found', 'reverse', 'under', 'chance', 'unknown'}
        The forget set was found; it was found by the reverse rule; worse than a coin toss; no better than chance; it
        was tried, but cannot tell here.
    text : str
        The same as a sentence; empty where a verdict says it in other words.
    decisive : Decisive, optional
        The number that says so, where something was found.
    title : str
        The same as a page's largest text, where something was found and "an attacker finds it" is not what it says.
    about : {'run', 'method'}
        Whether it is about this run's weights, or about other models of its method: those decide no verdict.
    """

    name: str
    kind: Literal["found", "reverse", "under", "chance", "unknown"]
    text: str
    decisive: Decisive | None = None
    title: str = ""
    about: Literal["run", "method"] = "run"


def of_attacks(metrics: Metrics, counts: Counts | None) -> list[Evidence]:
    """What each live attack comes to, and each that weighs samples against retrained models and was measured.

    Without ``counts`` no ROC area is judged.
    """
    live = [item for attack in live_attacks() if (item := _of_attack(attack, metrics, counts))]
    return live + by_sample(metrics, counts)


def by_sample(metrics: Metrics, counts: Counts | None) -> list[Evidence]:
    """What each attack comes to that weighs samples against retrained models, where it was measured."""
    return [item for attack in _by_sample() if (item := _by_retrained(attack, metrics, counts))]


def _by_sample() -> list[Attack]:
    """The attacks that weigh each sample against retrained models.

    One that learns from other models of the method speaks of the method (:mod:`engine.evaluation.per_example`).
    """
    return [attack for attack in all_of("attack") if attack.needs_retrained and "ensemble" not in attack.needs]


def texts(items: Iterable[Evidence], kind: str | None = None) -> list[str]:
    """The sentences of all items, or of those of a kind."""
    return [item.text for item in items if item.text and kind in (None, item.kind)]


def tried(items: Sequence[Evidence]) -> str:
    """How far a verdict of "forgotten" reaches: ``these two attacks``."""
    attacks = sum(item.name not in FURTHER for item in of_run(items))
    more = further_tried(items)
    count = NUMBERS[attacks] if attacks < len(NUMBERS) else str(attacks)
    named = [] if not attacks else ["this attack" if attacks == 1 else f"these {count} attacks"]
    return listed([*named, *more])


def further_tried(items: Iterable[Evidence]) -> list[str]:
    """What was tried on this run beside the attacks on one model, and could tell something."""
    return [FURTHER[item.name] for item in of_run(items) if item.name in FURTHER and item.kind != "unknown"]


def of_run(items: Iterable[Evidence]) -> list[Evidence]:
    """The evidence about this run's own weights."""
    return [item for item in items if item.about == "run"]


def against_method(items: Iterable[Evidence]) -> Evidence | None:
    """Evidence that the method leaves something behind in models like this one; None where there is none."""
    return next((item for item in items if item.about == "method" and item.kind == "found"), None)


def decides(items: Iterable[Evidence]) -> Evidence | None:
    """The evidence beside attacks on this one model that shows something is left; None where none does."""
    return next((item for item in of_run(items) if item.name in FURTHER and item.kind == "found"), None)


def listed(titles: Sequence[str]) -> str:
    """``one, two and three``."""
    return " and ".join(filter(None, [", ".join(titles[:-1]), *titles[-1:]]))


def untried(items: Sequence[Evidence]) -> str:
    """``Not tried: attacks tuned to each sample, relearning.``; empty where everything was.

    Where an attack weighed each sample against retrained models, those that many unlearned models tune are meant.
    """
    names = {item.name for item in items}
    by_sample = any(attack.name in names for attack in _by_sample())
    titles = FURTHER | ({"per_example": f"{FURTHER['per_example']} by many unlearned models"} if by_sample else {})
    left = [title for name, title in titles.items() if name not in names]
    return f"Not tried: {', '.join(left)}." if left else ""


def far_under(accuracy: float, n: int, aim: float, m: int) -> bool:
    """Whether an accuracy (percent of n samples) lies three standard errors and a point under another one (of m)."""
    return accuracy < aim - allowed(accuracy, n, aim, m)


def allowed(one: float, n: int, other: float, m: int) -> float:
    """How far two percentages, of n and m samples, may be apart by chance: three standard errors, a point at least."""
    pooled = (one * n + other * m) / (n + m) / 100
    return max(1.0, ERRORS * 100 * math.sqrt(max(0.0, pooled * (1 - pooled)) * (1 / n + 1 / m)))


# --- one attack -----------------------------------------------------------------------------


def _of_attack(attack: Attack, metrics: Metrics, counts: Counts | None) -> Evidence | None:
    """What an attack comes to by its accuracy and its ROC area; None where it has neither."""
    if counts and (reverse := _reversed(attack, metrics, counts)):
        return reverse
    score, band = metrics.get(attack.name), (metrics.get("null_band") or {}).get(attack.name)
    truth = (metrics.get("retrained") or {}).get(attack.name)
    if score is None or band is None:
        return _by_area(attack, metrics, counts)
    span = f"{score:.1f}%, chance range: {band[0]:.1f} to {band[1]:.1f}%"
    known = "" if truth is None else f", the retrained model: {truth:.1f}%"
    if score > band[1]:
        if truth is not None and score <= truth:
            return Evidence(attack.name, "chance", f"An attacker {means(attack)} does no better than against the "
                            f"retrained model ({span}{known}).")
        if truth is not None and band[1] < truth and score - truth <= (band[1] - band[0]) / 2:
            return Evidence(attack.name, "chance", f"An attacker {means(attack)} does better than chance, but "
                            f"against the retrained model too ({span}{known}): on this split that is no sign of "
                            "what was to be forgotten.")
        return Evidence(attack.name, "found", f"An attacker {means(attack)} still does better than chance "
                        f"({span}{known}).", Decisive(attack.name, score, band[1], attack.name))
    by_area = _by_area(attack, metrics, counts, span)
    if by_area and by_area.kind == "found":
        return by_area
    if score < band[0]:
        return Evidence(attack.name, "under", f"An attacker {means(attack)} does worse than a coin toss "
                        f"({span}{known}): the rule it learns on one part of the samples does not carry over to the "
                        "rest.")
    return Evidence(attack.name, "chance", f"An attacker {means(attack)} does no better than chance ({span}{known}).")


def _by_area(attack: Attack, metrics: Metrics, counts: Counts | None, guess: str = "") -> Evidence | None:
    """By the ROC area, which is finer than the accuracy ``guess``; None without one or without counts."""
    area, truth = _area(attack, metrics), _area(attack, metrics.get("retrained") or {})
    if area is None or counts is None:
        return None
    number = Decisive(attack.metric("auc"), area, 0.5 + off_half(counts), attack.name)
    found = area > number.limit and (truth is None or area > truth)
    shown = number.words("ROC area", digits=3) + ("" if truth is None else f", the retrained model: {truth:.3f}")
    if not found:
        return Evidence(attack.name, "chance", f"An attacker {means(attack)} does no better than chance ({shown}).")
    toss = f"An attacker {means(attack)} guesses no better than a coin toss ({guess}), but" if guess else (
        f"An attacker {means(attack)} still")
    return Evidence(attack.name, "found", f"{toss} ranks forgotten samples ahead of never-seen ones ({shown}).", number)


def _by_retrained(attack: Attack, metrics: Metrics, counts: Counts | None) -> Evidence | None:
    """Of an attack that weighs each sample against retrained models: its area, and whom it exposes at few alarms."""
    area, exposed = _area(attack, metrics), attack.value(metrics, EXPOSED)
    if area is None or counts is None:
        return None
    by_area = Decisive(attack.metric("auc"), area, 0.5 + off_half(counts), attack.name)
    numbers, said = [by_area], [by_area.words("ROC area", digits=3)]
    if exposed is not None and counts.forget and counts.nonmembers:
        few = Decisive(attack.metric(EXPOSED), exposed, most_exposed(counts.forget, counts.nonmembers), attack.name)
        numbers.append(few)
        said.append(few.words("exposed at 0.1% false alarms", "%"))
    found = next((one for one in numbers if one.value > one.limit), None)
    does = "still finds some of the forgotten samples" if found else "does no better than chance"
    return Evidence(attack.name, "found" if found else "chance",
                    f"An attacker {means(attack)}, sample by sample, {does} ({'; '.join(said)}).", found)


@functools.lru_cache(maxsize=256)
def most_exposed(forget: int, nonmembers: int) -> float:
    """How many percent of the forget set chance alone ranks ahead of all but 0.1% of the non-members: three sigma.

    All orders are equally likely then, and the count is negative hypergeometric.

    Examples
    --------
    >>> round(most_exposed(150, 399), 2)
    3.33
    """
    end, total = int(0.001 * nonmembers) + 1, forget + nonmembers  # the false alarm at which the count ends
    ahead, share = 0, math.prod((nonmembers - one) / (total - one) for one in range(end))
    reached = share  # of all orders, those with so few ahead; without scipy.stats, whose import a listing waits for
    while reached < THREE_SIGMA and ahead < forget:
        share *= (ahead + end) / (ahead + 1) * (forget - ahead) / (total - end - ahead)
        ahead += 1
        reached += share
    return 100 * ahead / forget


def _reversed(attack: Attack, metrics: Metrics, counts: Counts) -> Evidence | None:
    """Where an attacker finds the forget set by the reverse rule, beyond chance and the retrained model."""
    area, truth = _area(attack, metrics), _area(attack, metrics.get("retrained") or {})
    limit = 0.5 - off_half(counts)
    if area is None or area >= limit or (truth is not None and area >= truth):
        return None
    return Evidence(attack.name, "reverse", "", Decisive(attack.metric("auc"), area, limit, attack.name, above=False))


def _area(attack: Attack, metrics: Metrics) -> float | None:
    """The area under an attack's ROC curve."""
    return attack.value(metrics, "auc")


def off_half(counts: Counts) -> float:
    """Three standard errors of a ROC area under the null (Mann and Whitney 1947)."""
    n, m = counts.forget, counts.nonmembers
    return ERRORS * math.sqrt((n + m + 1) / (12 * n * m)) if n and m else math.inf


def means(attack: Attack) -> str:
    """How an attacker goes about it: ``by the loss``."""
    return attack.means or f"with “{attack.short_title}”"
