"""Arrows on the decision boundary: where each term of the objective pushes it at a step.

∇τ's ``alpha (T - L_f)^2``, with the target T, is ``alpha (T^2 - 2 T L_f + L_f^2)``: an ascent of constant strength and,
in ``L_f^2``, a brake that grows with the forget loss and cancels the ascent where it reaches T. So the ascent is
``2 alpha T`` times the gradient of L_f, the brake ``-2 alpha min(L_f, T)`` times the same, and retaining
``-(1 - alpha)`` times that of L_r. NegGrad+ has no brake.

A step v of the weights changes the margin m between the two classes at the boundary by ``dm = J v``, so that the
boundary moves by ``-dm grad m / |grad m|^2``. Adam rescales the sum: arrows show directions and proportions, not steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call, jvp

from engine.data.points import REACH, PointData
from engine.training.loop import Task

COARSE = 14  # boxes a side; each box that the boundary crosses has an arrow
MOST = 40
FLAT = 0.05  # a margin that changes more slowly across the plane than this is taken to change so


@dataclass(frozen=True)
class Arrows:
    """Places on the boundary (K, 2) and what ascent, brake and retaining do to each, as moves in the plane (K, 2)."""

    at: Tensor
    ascent: Tensor
    brake: Tensor
    retain: Tensor

    def rows(self) -> list[list[float]]:
        """A row an arrow, with four digits: place, ascent, brake, retaining, two numbers each."""
        table: list[list[float]] = torch.cat([self.at, self.ascent, self.brake, self.retain], dim=1).tolist()
        return [[float(f"{value:.4g}") for value in row] for row in table]


@dataclass(frozen=True)
class Weights:
    """What the terms' gradients are multiplied by."""

    ascent: float
    brake: float
    retain: float


def weights(terms: dict[str, float], forget_loss: float, beta: float | None) -> Weights:
    """The weights at a step: of ∇τ from its alpha and target, of NegGrad+ from its ``beta``."""
    if beta is not None:
        return Weights(1 - beta, 0.0, beta)
    alpha, target = terms["alpha"], terms["validation_loss"]
    return Weights(2 * alpha * target, 2 * alpha * min(forget_loss, target), 1 - alpha)


def arrows(data: PointData, task: Task, model: nn.Module, terms: dict[str, float], centres: Tensor, logits: Tensor,
           beta: float | None) -> Arrows:
    """The arrows of one frame; ``logits`` (S, S, C) are the model's at the cells' ``centres`` (S, S, 2)."""
    places, pairs = nearest(*boundary(centres, logits), data.train.points[task.split.forget])
    model.eval()
    climb, keep = (_gradient(model, data, index) for index in (task.split.forget, task.split.retain))
    by = weights(terms, _loss(model, data, task.split.forget), beta)
    normal = _normals(model, data, places, pairs)
    up, down = (_moved(model, data, places, pairs, gradient, normal) for gradient in (climb, keep))
    return Arrows(places, by.ascent * up, -by.brake * up, -by.retain * down)


def boundary(centres: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
    """Where the decision changes between neighbouring cells: places (K, 2) and the two classes (K, 2)."""
    said = logits.argmax(dim=2)
    places, pairs = [], []
    every, first, last = slice(None), slice(None, -1), slice(1, None)
    for here, there in (((first, every), (last, every)), ((every, first), (every, last))):
        changes = said[here] != said[there]
        pair = torch.stack([said[here][changes], said[there][changes]], dim=1)
        ahead, behind = (_lead(logits[side][changes], pair) for side in (here, there))
        share = (ahead / (ahead - behind).clamp(min=1e-9))[:, None]
        places.append(centres[here][changes] * (1 - share) + centres[there][changes] * share)
        pairs.append(pair)
    return torch.cat(places), torch.cat(pairs)


def _lead(logits: Tensor, pair: Tensor) -> Tensor:
    """By how much the first class of each pair is ahead of the second (K,)."""
    return (logits.gather(1, pair[:, :1]) - logits.gather(1, pair[:, 1:])).squeeze(1)


def nearest(places: Tensor, pairs: Tensor, forgotten: Tensor) -> tuple[Tensor, Tensor]:
    """One place a coarse box, at most ``MOST``, those that are nearest to a forgotten point."""
    if not len(places):
        return places, pairs
    box = ((places + REACH) / (2 * REACH) * COARSE).long()
    away = torch.cdist(places, forgotten).min(dim=1).values
    kept: dict[int, int] = {}
    for row in away.argsort().tolist():
        kept.setdefault(int(box[row, 0]) * COARSE + int(box[row, 1]), row)
    rows = torch.tensor(list(kept.values())[:MOST])
    return places[rows], pairs[rows]


def _gradient(model: nn.Module, data: PointData, index: Tensor) -> dict[str, Tensor]:
    """The gradient of the mean loss on these training points, by the names of the weights."""
    inputs, targets = data.batch(data.train, index)
    named = dict(model.named_parameters())
    found = torch.autograd.grad(data.criterion.loss(model(inputs), targets), list(named.values()))
    return dict(zip(named, found, strict=True))


def _loss(model: nn.Module, data: PointData, index: Tensor) -> float:
    """The mean loss on these training points."""
    inputs, targets = data.batch(data.train, index)
    with torch.no_grad():
        return float(data.criterion.loss(model(inputs), targets))


def _margin(model: nn.Module, data: PointData, weights: dict[str, Tensor], places: Tensor, pairs: Tensor) -> Tensor:
    """The same lead, as a function of the weights and of where one looks."""
    return _lead(functional_call(model, weights, (data.normalised(places),)), pairs)


def _weights_of(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach() for name, value in model.named_parameters()}


def _normals(model: nn.Module, data: PointData, places: Tensor, pairs: Tensor) -> Tensor:
    """The margin's gradient in the plane, divided by its squared length (K, 2)."""
    places = places.clone().requires_grad_()
    slope, = torch.autograd.grad(_margin(model, data, _weights_of(model), places, pairs).sum(), places)
    return slope / slope.square().sum(dim=1, keepdim=True).clamp(min=FLAT**2)


def _moved(model: nn.Module, data: PointData, places: Tensor, pairs: Tensor, step: dict[str, Tensor],
           normal: Tensor) -> Tensor:
    """How the boundary moves in the plane for a step of the weights (K, 2)."""
    change: Tensor = jvp(lambda at: _margin(model, data, at, places, pairs), (_weights_of(model),), (step,))[1]
    return -change[:, None] * normal


def longest(films: Sequence[Arrows]) -> float:
    """The length below which nine tenths of all arrows are, by which they are drawn to scale; 1 for none."""
    lengths = [moves.norm(dim=1) for one in films for moves in (one.ascent, one.brake, one.retain) if len(one.at)]
    together = torch.cat(lengths) if lengths else torch.zeros(0)
    return float(together.quantile(0.9)) or 1.0 if len(together) else 1.0
