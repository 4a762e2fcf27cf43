"""What is measured, in the field's words, and what a good value is. Pages, tables and colours read this.

An ideal is ``match_retrained`` (the retrained model's value is right, neither more nor less), a
number (50 for an attack), or ``max``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    name: str
    title: str
    unit: str
    ideal: str | float
    help: str


METRICS: tuple[Metric, ...] = (
    Metric("retain_accuracy", "Retain accuracy", "%", "match_retrained",
           "Share of the samples to keep that the model still gets right."),
    Metric("forget_accuracy", "Forget accuracy", "%", "match_retrained",
           "Share of the forgotten samples that the model gets right. It should fall to the accuracy on unseen "
           "samples, not to zero."),
    Metric("test_accuracy", "Test accuracy", "%", "max",
           "Share of never-seen samples that the model gets right: what unlearning should not cost."),
    Metric("accuracy_gap", "Forget-test gap", "points", 0.0,
           "Distance between the accuracies on the forget and the test set; 0 where forgotten samples look unseen."),
    Metric("mia_loss", "Attack on the loss", "%", 50.0,
           "Accuracy of an attacker who tells forgotten from never-seen samples by their loss; 50% is a coin toss."),
    Metric("mia_loss_gap", "Attack on the loss, from 50", "points", 0.0, "|MIA_L - 50|, as the paper's tables."),
    Metric("mia_entropy", "Attack on the entropy", "%", 50.0,
           "The same attack by the entropy of the model's answer, which needs no label; 50% is a coin toss."),
    Metric("mia_entropy_gap", "Attack on the entropy, from 50", "points", 0.0,
           "|MIA_E - 50|, as the paper's tables."),
    Metric("mia_auc", "Attack's ROC area (AUC)", "", 0.5,
           "Chance that a forgotten sample has a lower loss than a never-seen one; below 0.5 is over-forgetting."),
    Metric("tpr_at_1pct_fpr", "Exposed at 1% false alarms", "%", 1.0,
           "Share of the forgotten samples that an attacker by loss is sure of, at 1% false positives."),
)
BY_NAME = {metric.name: metric for metric in METRICS}
