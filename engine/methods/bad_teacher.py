"""Bad teacher: imitate a random network on the forget set and the Original on a sample of the retain set.

Chundawat et al. 2023, arXiv:2205.08096, and the authors' code: batches from D_f and 30% of D_r together,
shuffled; the student starts as the Original and trains in training mode, both teachers stay frozen in
evaluation mode. The divergence is KL(teacher || student) summed over classes and averaged over the batch;
the authors' code divides by the number of classes as well, which changes the move of the weights by about 2%: Adam is
all but indifferent to a factor.
The teachers' answers never change, so they are read once, before the first step (timed, but no samples:
nothing goes backward).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.data.batches import steps_in
from engine.methods._hyperparameters import epochs_within
from engine.methods._teachers import answers, retain_count, retain_sample
from engine.terms import RETAIN_LOSS, WATCHED_FORGET_LOSS, Term
from engine.types import Method, Plan, Progress, Setting, Sizes, parameter

RETAIN_SHARE = 0.3


def samples_per_epoch(setting: Setting) -> int:
    """D_f and the default share of D_r: a rule cannot see other hyperparameters."""
    return setting.sizes.forget + retain_count(setting.sizes.retain, RETAIN_SHARE)


@dataclass(frozen=True)
class Parameters:
    """All hyperparameters of the bad teacher; docs/methods.md gives the source of each default."""

    retain_share: float = parameter(
        RETAIN_SHARE, low=0.01, high=1.0, step=0.05, group="main",
        help="Share of the retain set to use. The automatic number of epochs assumes 0.3.")
    temperature: float = parameter(
        1.0, low=0.1, high=20.0, step=0.5, group="objective",
        help="Divides all logits: above 1 the teachers' lesser guesses count for more.")
    learning_rate: float = parameter(
        1e-4, low=1e-6, high=1.0, step=1e-4, group="optimiser",
        help="Step size of Adam, the same in every epoch. The released loss is also divided by the number of classes, "
             "which changes what Adam does by about 2%.")
    weight_decay: float = parameter(
        0.0, low=0.0, high=1.0, step=1e-4, group="optimiser", help="How strongly Adam pulls weights towards zero.")
    batch_size: int = parameter(
        256, low=2, high=4096, step=1, unit="samples", group="optimiser",
        help="Samples per step, from both sets together.")
    epochs: int = parameter(
        None, auto=epochs_within(6, samples_per_epoch), low=1, high=1000, step=1, unit="epochs", group="schedule",
        help="Passes over the forget set and the sample of the retain set.")


TERMS = (Term("forget_distillation", "KL to a random network", on="forget"),
         Term("retain_distillation", "KL to the Original", on="retain"),
         WATCHED_FORGET_LOSS, RETAIN_LOSS.with_role("watched"))


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    p, union = parameters, sizes.forget + retain_count(sizes.retain, parameters.retain_share)
    return Plan(p.epochs * steps_in(union, p.batch_size), p.epochs * union)


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` in place.

    Terms: forget_distillation and retain_distillation, which are minimised; forget_loss and retain_loss,
    the cross entropies, watched.
    """
    import torch
    import torch.nn.functional as F

    from engine.methods._objectives import distillation_per_sample
    from engine.methods._passes import Union, over
    from engine.training.loop import make_optimiser

    union = Union(task, retain_sample(task, parameters.retain_share))
    labels, forgets = task.labels(union.index), union.forgets
    taught = torch.cat([answers(task, task.fresh().eval(), union.index[:forgets]),
                        answers(task, task.frozen_original(), union.index[forgets:])])

    def objective(at: Any, epoch: int) -> tuple[Any, int, dict[str, Any]]:
        here = union.here(at)
        logits = task.logits(union.index[here])
        apart = distillation_per_sample(logits, taught[here], parameters.temperature)
        own = F.cross_entropy(logits.detach(), labels[here], reduction="none")
        terms = union.terms(at, {"forget_distillation": apart, "forget_loss": own},
                            {"retain_distillation": apart, "retain_loss": own})
        return apart.mean(), len(at), terms

    optimiser = make_optimiser("adam", task.model, parameters.learning_rate, parameters.weight_decay)
    yield from over(task, union.positions, parameters, optimiser, objective)


METHOD = Method(
    name="bad_teacher",
    title="Bad teacher",
    summary="Learns to answer like a random network on the forget set and like the Original on the rest.",
    source="Chundawat et al. 2023, arXiv:2205.08096",
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    needs=("forget", "retain"),
    intensity="learning_rate",
    terms=TERMS,
    one_label="compares two models' answers as one distribution over all classes",
    profiles={"corrected": {"epochs": None}, "paper": {"epochs": 1}},
)
