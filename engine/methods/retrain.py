"""Retraining: the Original's recipe from scratch on the retain set only. The truth every method is measured against.

Paper, section 5.3. The state is kept after every epoch, so that a killed retraining resumes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from engine.data.batches import steps_in
from engine.methods._hyperparameters import recipe_value
from engine.terms import RETAIN_LOSS
from engine.types import Method, Plan, Progress, Recipe, Sizes, parameter


@dataclass(frozen=True)
class Parameters:
    """The recipe; every value is the Original's unless set."""

    optimiser: str = parameter(
        None, auto=recipe_value("optimiser"), choices=("sgd", "adamw"), help="Optimiser to train with.")
    learning_rate: float = parameter(
        None, auto=recipe_value("learning_rate"), low=1e-6, high=10.0, step=0.01,
        help="Step size in the first epoch.")
    momentum: float = parameter(
        None, auto=recipe_value("momentum"), low=0.0, high=0.999, step=0.01,
        help="Momentum of SGD; AdamW has its own.")
    weight_decay: float = parameter(
        None, auto=recipe_value("weight_decay"), low=0.0, high=1.0, step=1e-4,
        help="How strongly the optimiser pulls weights towards zero.")
    batch_size: int = parameter(
        None, auto=recipe_value("batch_size"), low=2, high=4096, step=1, unit="samples", help="Samples per step.")
    epochs: int = parameter(
        None, auto=recipe_value("epochs"), low=1, high=1000, step=1, unit="epochs", group="schedule",
        help="Passes over the retain set.")
    final_lr_fraction: float = parameter(
        None, auto=recipe_value("final_lr_fraction"), low=0.0, high=1.0, step=0.001, group="schedule",
        help="The learning rate falls linearly towards this fraction of itself.")
    augment: bool = parameter(
        None, auto=recipe_value("augment"), group="schedule",
        help="Random crops and flips, where the data set has them.")


def plan(parameters: Parameters, sizes: Sizes) -> Plan:
    return Plan(parameters.epochs * steps_in(sizes.retain, parameters.batch_size), parameters.epochs * sizes.retain)


def unlearn(task: Any, parameters: Parameters) -> Iterator[Progress]:
    """Replaces ``task.model`` by a fresh network and trains it on D_r; terms: retain_loss."""
    from engine.training.loop import train

    task.model.load_state_dict(task.fresh().state_dict())
    yield from train(task.model, task.data, task.split.retain, Recipe(**asdict(parameters)), task.seed, task.resume)


METHOD = Method(
    name="retrain",
    title="Retraining",
    summary="Trains from scratch without the forget set: the gold standard, at full cost.",
    source="Trippa et al. 2024, section 5.3",
    in_paper=True,
    parameters=Parameters,
    unlearn=unlearn,
    plan=plan,
    no_epochs="is what unlearned models are held against",
    needs=("retain",),
    terms=(RETAIN_LOSS,),
    from_scratch=True,
    role="reference",
)
