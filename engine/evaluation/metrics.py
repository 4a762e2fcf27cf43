"""What is measured, in the field's words, and what a good value is. Pages, tables and colours read this.

An ideal is ``match_retrained`` (the retrained model's value is right, neither more nor less), a
number (50 for an attack), or ``max``. Every registered attack brings five metrics of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from types import MappingProxyType
from typing import Any

from engine.evaluation.metric import ACCURACIES as ACCURACIES
from engine.evaluation.metric import AGAINST_RETRAINED as AGAINST_RETRAINED
from engine.evaluation.metric import CORRECTIVE as CORRECTIVE
from engine.evaluation.metric import CORRECTIVE_SAMPLES as CORRECTIVE_SAMPLES
from engine.evaluation.metric import CORRECTIVE_SIZES as CORRECTIVE_SIZES
from engine.evaluation.metric import DISTANCES as DISTANCES
from engine.evaluation.metric import KEPT as KEPT
from engine.evaluation.metric import MOVED as MOVED
from engine.evaluation.metric import Metric as Metric
from engine.registry import all_of, compares_unlike, corrective, find, live_attacks
from engine.types import Attack, Spec

FALSE_ALARMS = {"tpr_at_1pct_fpr": 1.0, "tpr_at_0_1pct_fpr": 0.1}  # percent


def of_attack(attack: Attack) -> tuple[Metric, ...]:
    """All metrics of an attack.

    Parameters
    ----------
    attack : Attack
        The attack.

    Returns
    -------
    tuple of Metric
        Accuracy, distance from 50, ROC area, and exposure at 1% and 0.1% false positives.

    Examples
    --------
    >>> len(of_attack(find("attack", "mia_loss")))
    5
    """
    return (*_accuracy_and_area(attack), *_exposure(attack))


def tow_mia(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> float | None:
    """ToW-MIA (Zhao et al. 2024) of a run and its retrained model, by the first headline attack (docs/methods.md).

    Parameters
    ----------
    mine, theirs : mapping of str to Any
        The metrics of both, in percent.

    Returns
    -------
    float or None
        From 0 to 1, 1 where all three values are equal; None where one is missing.

    Examples
    --------
    >>> retrained = {"mia_loss": 50.0, "retain_accuracy": 99.0, "test_accuracy": 80.0}
    >>> round(tow_mia({"mia_loss": 60.0, "retain_accuracy": 99.0, "test_accuracy": 70.0}, retrained), 6)
    0.81
    """
    names = (next((attack.name for attack in headlines()), ""), *KEPT)
    pairs = [(mine.get(name), theirs.get(name)) for name in names]
    known = [(one, other) for one, other in pairs if one is not None and other is not None]
    return prod(1 - abs(one - other) / 100 for one, other in known) if len(known) == len(names) else None


def references_name(attack: Attack) -> str:
    """Under which name a run stores how many retrained models an attack was measured with.

    Parameters
    ----------
    attack : Attack
        The attack.

    Returns
    -------
    str
        The name.

    Examples
    --------
    >>> references_name(find("attack", "rmia"))
    'rmia_references'
    """
    return f"{attack.name}_references"


def stored_names(attack: Attack) -> tuple[str, ...]:
    """All names under which a run stores what an attack came to, former ones and intervals too.

    Parameters
    ----------
    attack : Attack
        The attack.

    Returns
    -------
    tuple of str
        The names, that of its accuracy first.

    Examples
    --------
    >>> stored_names(find("attack", "mia_loss"))[:2]
    ('mia_loss', 'mia_loss_gap')
    """
    endings = ("gap", "auc", *FALSE_ALARMS, *(f"{what}_interval" for what in FALSE_ALARMS))
    beside = (references_name(attack),) if attack.needs_retrained else ()
    return (attack.name, *(name for what in endings for name in attack.metric_names(what)), *beside)


def _accuracy_and_area(attack: Attack) -> Iterator[Metric]:
    """An attack's accuracy, its distance from 50 and the area under its ROC curve."""
    title, beside = attack.short_title, _beside(attack)
    toss = "Its accuracy in percent; 50% is a coin toss."
    yield Metric(attack.name, title, "%", 50.0, f"{attack.summary} {toss}", *beside)
    yield Metric(attack.metric("gap"), f"{title}, from 50", "points", 0.0,
                 f"|{_in_the_middle(title)} - 50|, as the paper's tables.", *beside)
    said = ("; the retrained model's is 0.5 by construction. It is measured once, with the retrained models "
            "available at that time: compare areas of equally many") if attack.needs_retrained else ""
    than = f"lower {attack.lower[0]}" if attack.lower else "higher score"
    yield Metric(attack.metric("auc"), f"{title}, ROC area (AUC)", "", 0.5,
                 f"Chance that a forgotten sample has a {than} than a never-seen one{said}.", *beside)


def _exposure(attack: Attack) -> Iterator[Metric]:
    """The share of the forget set that an attacker is sure of; the title names the attack where the metric does."""
    for what, percent in FALSE_ALARMS.items():
        name, means = attack.metric(what), attack.means or f"with “{attack.short_title}”"
        title = f"xposed at {percent:g}% false alarms"
        said = (f"Share of the forgotten samples that an attacker {means} is sure of, at {percent:g}% false positives."
                if percent == 1 else
                f"The same at {percent:g}% false positives; with fewer than 1,000 unseen samples that means no false "
                "alarm at all.")
        yield Metric(name, f"E{title}" if name == what else f"{attack.short_title}, e{title}", "%", percent, said,
                     *_beside(attack))


def _beside(attack: Attack) -> tuple[bool, str | None]:
    """Whether a metric of it needs a retrained model, and what names the number of those."""
    return attack.needs_retrained, references_name(attack) if attack.needs_retrained else None


def _in_the_middle(title: str) -> str:
    """A title in the middle of a sentence; abbreviations stay as they are."""
    return title if title[:2].isupper() else title.lower()


def all_metrics() -> tuple[Metric, ...]:
    """Every metric that any run has, those of attacks that were added among them."""
    return tuple(by_name().values())


def _made(attacks: tuple[Attack, ...]) -> tuple[Metric, ...]:
    live, later = live_attacks(), [attack for attack in attacks if attack.needs_retrained]
    return (*ACCURACIES, *(metric for attack in live for metric in _accuracy_and_area(attack)),
            *(metric for attack in live for metric in _exposure(attack)), *DISTANCES, *AGAINST_RETRAINED,
            *(metric for attack in later for metric in of_attack(attack)))


def metrics_in(scenario: str) -> tuple[Metric, ...]:
    """The metrics that runs of a scenario have, and that say something there.

    Parameters
    ----------
    scenario : str
        The scenario's name.

    Returns
    -------
    tuple of Metric
        All of them; where manipulated samples are corrected, those of the correction and the accuracies.

    Examples
    --------
    >>> metrics_in("random") == all_metrics()
    True
    """
    if not corrective(scenario):
        return all_metrics()
    return (*CORRECTIVE, *(metric for metric in ACCURACIES if metric.name in MOVED))


def metric_of(name: str) -> Metric:
    """The metric of that name.

    Parameters
    ----------
    name : str
        The name under which runs store it.

    Returns
    -------
    Metric
        Its title, unit and ideal.

    Raises
    ------
    KeyError
        Where no metric has that name.

    Examples
    --------
    >>> metric_of("mia_loss").ideal
    50.0
    """
    return _OF_CORRECTION.get(name) or by_name()[name]


_OF_CORRECTION = {metric.name: metric for metric in CORRECTIVE}
_LAST: tuple[tuple[Attack, ...], Mapping[str, Metric]] = (), MappingProxyType({})  # attacks, and what they bring


def by_name() -> Mapping[str, Metric]:
    """Every metric of :func:`all_metrics` by name; made once, and again after an attack was added."""
    global _LAST
    attacks = all_of("attack")
    if _LAST[0] != attacks:  # equal at a glance, where they are the same records
        _LAST = attacks, MappingProxyType({metric.name: metric for metric in _made(attacks)})
    return _LAST[1]


def headlines() -> tuple[Attack, ...]:
    """The attacks that tables and maps show."""
    return tuple(attack for attack in all_of("attack") if attack.headline)


def of_attacks() -> frozenset[str]:
    """The names of all metrics that say how well an attacker does, or how far apart forgotten and unseen losses lie."""
    attacked = [metric for attack in all_of("attack") for metric in of_attack(attack)]
    return frozenset(metric.name for metric in (*attacked, *DISTANCES))


def against_retrained_metrics() -> tuple[Metric, ...]:
    """The metrics that need a retrained model."""
    return tuple(metric for metric in all_metrics() if metric.needs_retrained)


def ideal_in(metric: Metric, scenario: str) -> str | float:
    """A metric's ideal in a scenario.

    Parameters
    ----------
    metric : Metric
        The metric.
    scenario : str
        The scenario's name; one that is unknown here changes no ideal.

    Returns
    -------
    str or float
        ``match_retrained``, ``max`` or a number.

    Examples
    --------
    >>> ideal_in(metric_of("accuracy_gap"), "random")
    0.0
    """
    record = find("scenario", scenario)  # of a stored run, it may be gone
    if compares_unlike(Spec(scenario=scenario)) and not metric.needs_retrained and metric.name in of_attacks():
        return "match_retrained"  # the two sides differ anyway: a coin toss is no aim
    return metric.ideal if record is None else record.ideal(metric.name, metric.ideal)


def metric_title(name: str) -> str:
    """A column's title with its unit.

    Parameters
    ----------
    name : str
        The metric's name; raises KeyError where there is none.

    Returns
    -------
    str
        The title, with the unit in brackets where it has one.

    Examples
    --------
    >>> metric_title("test_accuracy")
    'Test accuracy (%)'
    """
    metric = metric_of(name)
    return f"{metric.title} ({metric.unit})" if metric.unit else metric.title
