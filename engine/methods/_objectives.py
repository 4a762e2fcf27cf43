"""Terms of objectives that several methods share."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def distillation_per_sample(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """T^2 KL(teacher^T || student^T) of each sample (B,), summed over classes (Hinton et al. 2015).

    Both are logits (B, C); the gradient flows into the student's alone where the teacher is frozen.
    """
    log_student = F.log_softmax(student / temperature, dim=1)
    log_teacher = F.log_softmax(teacher / temperature, dim=1)
    return temperature**2 * F.kl_div(log_student, log_teacher, reduction="none", log_target=True).sum(dim=1)


def distillation(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """:func:`distillation_per_sample`, averaged over the batch."""
    return distillation_per_sample(student, teacher, temperature).mean()


def other_labels(labels: Tensor, classes: int, rng: torch.Generator) -> Tensor:
    """For each label (N,) a uniform one among the ``classes - 1`` others, drawn on the CPU.

    Where a whole class is forgotten every label is that class, so it is never drawn.
    """
    shift = torch.randint(1, classes, (len(labels),), generator=rng)
    return (labels + shift.to(labels.device)) % classes
