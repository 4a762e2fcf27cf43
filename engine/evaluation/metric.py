"""The record of a metric, and the metrics that no attack brings. See :mod:`engine.evaluation.metrics`."""

from __future__ import annotations

from dataclasses import dataclass


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
KEPT = ("retain_accuracy", "test_accuracy")  # what ToW-MIA looks at, beside an attack

ACCURACIES = (
    Metric("retain_accuracy", "Retain accuracy", "%", "match_retrained",
           "Share of the samples to keep that the model still gets right."),
    Metric("forget_accuracy", "Forget accuracy", "%", "match_retrained",
           "Share of the forgotten samples that the model gets right. It should fall to the accuracy on unseen "
           "samples, not to zero; for a forgotten class the ideal is zero."),
    Metric("test_accuracy", "Test accuracy", "%", "max",
           "Share of never-seen samples that the model gets right; unlearning should preserve it."),
    Metric("accuracy_gap", "Forget-test gap", "points", 0.0,
           "Distance between the accuracies on the forget and the test set; 0 where forgotten samples look unseen."),
)

DISTANCES = (
    Metric("ks_test", "Distance to unseen losses (KS)", "", 0.0,
           "Kolmogorov-Smirnov distance of the forget set's losses to those of never-seen samples: 0 alike, 1 apart."),
    Metric("wasserstein_test", "Distance to unseen losses (Wasserstein)", "nats", 0.0,
           "How far, on average, the forget set's losses would have to move to match never-seen ones."),
)

AGAINST_RETRAINED = (
    Metric("tow", "ToW", "", 1.0,
           "Tug of war: 1 - |accuracy - retrained accuracy|, multiplied over forget, retain and test set; 1 is best.",
           True),
    Metric("tow_mia", "ToW-MIA", "", 1.0,
           "Tug of war with privacy in it: 1 - |value - retrained value|, multiplied over the loss attack's accuracy, "
           "the retain and the test accuracy; 1 is best. It sees no more than that one attack, which is a weak one.",
           True),
    Metric("average_gap", "Average gap to retrained", "points", 0.0,
           "Mean distance to the retrained model's forget, retain and test accuracy and loss attack.", True),
    Metric("ks_retrained", "Distance to retrained losses (KS)", "", 0.0,
           "Kolmogorov-Smirnov distance between the forget set's losses here and under the retrained model.", True),
    Metric("wasserstein_retrained", "Distance to retrained losses (Wasserstein)", "nats", 0.0,
           "How far, on average, one of these two sets of losses would have to move to match the other.", True),
)

CORRECTIVE_SIZES = "corrective_sizes"  # under this name a run keeps the numbers of samples behind these:
CORRECTIVE_SAMPLES = {"corrected_accuracy": "affected", "attack_success": "affected",
                      "attack_success_floor": "affected", "rest_accuracy": "rest"}
CORRECTIVE = (  # of scenarios that undo what manipulated samples did (engine.evaluation.corrective)
    Metric("corrected_accuracy", "Corrected accuracy", "%", "match_retrained",
           "Share of unseen samples of the affected domain that the model gets right by their true label: stamped "
           "images, the two confused classes or, with wrong labels of any class, all."),
    Metric("attack_success", "Attack success rate", "%", "match_retrained",
           "Share of stamped unseen images of other classes that the model calls the trigger's target."),
    Metric("attack_success_floor", "Target without a trigger", "%", "match_retrained",
           "Share of the same images without the stamp that the model calls the target: the floor of the attack."),
    Metric("rest_accuracy", "Accuracy elsewhere", "%", "max",
           "Share of the unseen samples outside the affected domain that the model gets right by their true label."),
)
