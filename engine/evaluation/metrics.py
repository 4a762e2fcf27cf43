"""What is measured, in the field's words, and what a good value is. Pages, tables and colours read this.

An ideal is ``match_retrained`` (the retrained model's value is right, neither more nor less), a
number (50 for an attack), or ``max``. Every registered attack brings three metrics of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.registry import all_of, get
from engine.types import Attack


@dataclass(frozen=True)
class Metric:
    """``needs_retrained``: empty, with a reason, until a model was retrained on the same split.

    ``references`` names the number of models behind a value, which is shown beside it.
    """

    name: str
    title: str
    unit: str
    ideal: str | float
    help: str
    needs_retrained: bool = False
    references: str | None = None


MOVED = ("retain_accuracy", "forget_accuracy", "test_accuracy")  # what ToW and the average gap look at

ACCURACIES = (
    Metric("retain_accuracy", "Retain accuracy", "%", "match_retrained",
           "Share of the samples to keep that the model still gets right."),
    Metric("forget_accuracy", "Forget accuracy", "%", "match_retrained",
           "Share of the forgotten samples that the model gets right. It should fall to the accuracy on unseen "
           "samples, not to zero; for a forgotten class zero is right."),
    Metric("test_accuracy", "Test accuracy", "%", "max",
           "Share of never-seen samples that the model gets right: what unlearning should not cost."),
    Metric("accuracy_gap", "Forget-test gap", "points", 0.0,
           "Distance between the accuracies on the forget and the test set; 0 where forgotten samples look unseen."),
)

SEPARATION = (
    Metric("tpr_at_1pct_fpr", "Exposed at 1% false alarms", "%", 1.0,
           "Share of the forgotten samples that an attacker by loss is sure of, at 1% false positives."),
    Metric("tpr_at_0_1pct_fpr", "Exposed at 0.1% false alarms", "%", 0.1,
           "The same at 0.1% false positives; with fewer than 1,000 unseen samples that means no false alarm at all."),
    Metric("ks_test", "Distance to unseen losses (KS)", "", 0.0,
           "Kolmogorov-Smirnov distance of the forget set's losses to those of never-seen samples: 0 alike, 1 apart."),
    Metric("wasserstein_test", "Distance to unseen losses (Wasserstein)", "nats", 0.0,
           "How far, on average, the forget set's losses would have to move to be distributed as never-seen ones."),
)

AGAINST_RETRAINED = (
    Metric("tow", "ToW", "", 1.0,
           "Tug of war: 1 - |accuracy - retrained accuracy|, multiplied over forget, retain and test set; 1 is best.",
           True),
    Metric("average_gap", "Average gap to retrained", "points", 0.0,
           "Mean distance to the retrained model's forget, retain and test accuracy and loss attack.", True),
    Metric("ks_retrained", "Distance to retrained losses (KS)", "", 0.0,
           "Kolmogorov-Smirnov distance between the forget set's losses here and under the retrained model.", True),
    Metric("wasserstein_retrained", "Distance to retrained losses (Wasserstein)", "nats", 0.0,
           "The same two sets of losses: how far one would have to move on average to be the other.", True),
    Metric("rmia_auc", "RMIA, ROC area (AUC)", "", 0.5,
           "Robust membership inference (Zarifzadeh et al. 2024): each sample's probability against that of retrained "
           "models which never saw it; 0.5 is a coin toss, and the retrained model's by construction. It is measured "
           "once, with the retrained models that are there by then: compare areas of equally many.", True,
           "rmia_references"),
)


def of_attack(attack: Attack) -> Iterator[Metric]:
    """An attack's accuracy, its distance from 50 and the area under its ROC curve."""
    title = attack.short_title
    yield Metric(attack.name, title, "%", 50.0, f"{attack.summary} Its accuracy in percent; 50% is a coin toss.")
    yield Metric(f"{attack.name}_gap", f"{title}, from 50", "points", 0.0,
                 f"|{title.lower()} - 50|, as the paper's tables.")
    yield Metric(f"{attack.name}_auc", f"{title}, ROC area (AUC)", "", 0.5,
                 f"Chance that a forgotten sample has a lower {attack.feature} than a never-seen one.")


def ideal_in(metric: Metric, scenario: str) -> str | float:
    """A metric's ideal in a scenario."""
    return get("scenario", scenario).ideals.get(metric.name, metric.ideal)


METRICS: tuple[Metric, ...] = (
    *ACCURACIES, *(metric for attack in all_of("attack") for metric in of_attack(attack)), *SEPARATION,
    *AGAINST_RETRAINED)
BY_NAME = {metric.name: metric for metric in METRICS}


def metric_title(name: str) -> str:
    """A column's title with its unit: ``Test accuracy (%)``."""
    metric = BY_NAME[name]
    return f"{metric.title} ({metric.unit})" if metric.unit else metric.title
