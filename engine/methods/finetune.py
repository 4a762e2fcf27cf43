"""Fine-tuning: continue training on the retain set and hope that the rest fades (paper, section 5.3).

∇τ's loop with alpha = 0 and E = int(6 R / F) forget epochs of steps on D_r alone (docs/methods.md), so
that it processes the same number of samples in twice as many steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.data.batches import drawn_by_cycle, steps_in
from engine.methods._hyperparameters import ForgetEpochs, capped
from engine.terms import RETAIN_LOSS
from engine.types import Method, Plan, Progress, Sizes


@dataclass(frozen=True)
class Parameters(ForgetEpochs):
    """The optimiser, schedule and budget of ∇τ; there is nothing of its own to set."""


def forget_epochs(parameters: Parameters, sizes: Sizes) -> int:
    """E = int(6 R / F), at least 1."""
    retain, forget = (steps_in(n, parameters.batch_size) for n in (sizes.retain, sizes.forget))
    return capped(int(parameters.retain_epochs * retain / forget), parameters.max_forget_epochs)


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    steps = forget_epochs(parameters, sizes) * steps_in(sizes.forget, parameters.batch_size)
    return Plan(steps, drawn_by_cycle(steps, sizes.retain, parameters.batch_size))


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` in place; terms: retain_loss. The forget set only counts the steps."""
    from engine.methods._passes import over_forget_set

    def objective(forget: Any, retain: Any, epoch: int) -> tuple[Any, int, dict[str, Any]]:
        loss = task.loss(retain)
        return loss, len(retain), {"retain_loss": loss.detach()}

    yield from over_forget_set(task, parameters, forget_epochs(parameters, task.split.sizes), objective)


METHOD = Method(
    name="finetune",
    title="Fine-tuning",
    summary="Continues training on the samples to keep; forgetting is left to chance.",
    source="Trippa et al. 2024, section 5.3",
    in_paper=True,
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    needs=("retain",),
    intensity="learning_rate",
    terms=(RETAIN_LOSS,),
    profiles={"corrected": {"batch_norm": "train"}, "paper": {"batch_norm": "eval"}},
)
