"""∇τ: gradient ascent on the forget set, but only until its loss reaches the validation loss.

Trippa et al. 2024, section 4, equation 2 and algorithm 1:
``L = alpha * relu(L_v - L_f)^2 + (1 - alpha) * L_r``, with alpha falling linearly to zero.
What the paper leaves open is settled in docs/methods.md from the authors' code.
Measured cost: 480 steps for 15% of CIFAR-10, half of Fine-tuning's steps for the same samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.data.batches import drawn_by_cycle, steps_in
from engine.methods._hyperparameters import ForgetEpochs, capped
from engine.terms import FORGET_LOSS, RETAIN_LOSS, VALIDATION_LOSS, Term
from engine.types import Auto, Method, Plan, Progress, Setting, Sizes, parameter


def rule_of_thumb(setting: Setting) -> float:
    """alpha = 5/3 f, at most 1 (paper, section 6.4)."""
    return min(1.0, 5 / 3 * setting.sizes.forget_fraction)


@dataclass(frozen=True)
class Parameters(ForgetEpochs):
    """All hyperparameters of ∇τ; docs/methods.md gives the source of each default."""

    alpha: float = parameter(
        None, auto=Auto("5/3 of the forget fraction", rule_of_thumb), low=0.0, high=1.0, step=0.01, group="main",
        help="Strength of forgetting: its weight against keeping, at the start. At 1, as the rule has it from 60% on, "
             "nothing holds on to the rest in the first epoch: the model is damaged.")
    alpha_decay: bool = parameter(
        True, group="objective", help="Let alpha fall linearly to zero over the forget epochs.")
    validation_every: int = parameter(
        5, low=1, high=1000, step=1, unit="epochs", group="objective",
        help="Measure the target loss (mean over the validation set) again every this many forget epochs.")
    square_inside: bool = parameter(
        False, group="objective",
        help="Square inside the ReLU, as the authors' GoEmotions code does: a forget loss above the target is then "
             "pulled down again.")


def forget_epochs(parameters: Parameters, sizes: Sizes) -> int:
    """E = max(1, int(6 R / 2 F)): both sets' batches together cost ``retain_epochs`` passes over D_r."""
    retain, forget = (steps_in(n, parameters.batch_size) for n in (sizes.retain, sizes.forget))
    return capped(int(parameters.retain_epochs * retain / (2 * forget)), parameters.max_forget_epochs)


# The forget loss is raised only while it is under the target.
TERMS = (FORGET_LOSS.with_role("maximised", "up to L_validation"), RETAIN_LOSS, VALIDATION_LOSS,
         Term("alpha", "alpha", "weight", axis="weight", unit=""))


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    epochs = forget_epochs(parameters, sizes)
    steps = epochs * steps_in(sizes.forget, parameters.batch_size)
    return Plan(steps, epochs * sizes.forget + drawn_by_cycle(steps, sizes.retain, parameters.batch_size))


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Changes ``task.model`` in place; terms: ``TERMS``."""
    from torch.nn.functional import relu

    from engine.methods._passes import over_forget_set
    from engine.training.recorded import Numbers

    epochs = forget_epochs(parameters, task.split.sizes)
    now = Numbers(task.device, target=0.0, alpha=0.0, rest=1.0)

    def begin_epoch(epoch: int) -> None:
        alpha = parameters.alpha * (1 - epoch / epochs) if parameters.alpha_decay else parameters.alpha
        now.set(alpha=alpha, rest=1 - alpha)
        if epoch % parameters.validation_every == 0:
            now.set(target=task.validation_loss())

    def objective(forget: Any, retain: Any, epoch: int) -> tuple[Any, int, dict[str, Any]]:
        forget_loss, retain_loss = task.loss(forget), task.loss(retain)
        distance = now["target"] - forget_loss
        push = distance**2 if parameters.square_inside else relu(distance) ** 2
        terms = {"forget_loss": forget_loss.detach(), "retain_loss": retain_loss.detach(),
                 "validation_loss": now["target"], "alpha": now["alpha"]}
        return now["alpha"] * push + now["rest"] * retain_loss, len(forget) + len(retain), terms

    yield from over_forget_set(task, parameters, epochs, objective, begin_epoch)


METHOD = Method(
    name="nabla_tau",
    title="∇τ (nabla-tau)",
    latex=r"$\nabla\tau$",
    summary="Raises the loss of the forget set only up to the loss of unseen data, while training on the rest.",
    source="Trippa et al. 2024, arXiv:2403.14339, equation 2 and algorithm 1",
    in_paper=True,
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    needs=("forget", "forget_labels", "retain", "validation"),
    intensity="alpha",
    terms=TERMS,
    profiles={"corrected": {"batch_norm": "train"}, "paper": {"batch_norm": "eval"}},
)
