"""How profile ``paper`` reads a model where the published tables differ from profile ``corrected``.

- Retain accuracy. The authors' scripts for Table 1 (CIFAR-10, a random subset) measure it on all of D, except that of
  Retraining; those for Tables 2, 3 and 4 measure it on D_r. Table 4 shows it in print: its Original has 94.14% on D,
  and with the accuracy A_f on the removed tenth (94.14 - 0.1 A_f) / 0.9 is the retain accuracy printed beside it.
- Retraining, for kinds of data that say ``read_as_trained`` (pictures): the sets of the training pool come from the
  loaders that trained it, in training mode with augmentation; held-out sets are read plain, in evaluation mode.
"""

from __future__ import annotations

from engine.kind import kind_of
from engine.spec import Resolved


def original_on_all_of_train(resolved: Resolved) -> bool:
    """Whether the Original's retain accuracy is the one on all of D: it is one row for all methods of a table."""
    spec = resolved.spec
    return spec.profile == "paper" and spec.scenario == "random" and resolved.dataset.paper_reads_all_of_train


def retain_on_all_of_train(resolved: Resolved) -> bool:
    """Whether the retain accuracy of what the run's method leaves is the one on all of D."""
    return original_on_all_of_train(resolved) and not resolved.method.from_scratch


def training_sets_as_trained(resolved: Resolved) -> bool:
    """Whether the retain and forget sets are read in training mode with the recipe's augmentation."""
    return (resolved.spec.profile == "paper" and resolved.method.from_scratch
            and kind_of(resolved.dataset).read_as_trained)
