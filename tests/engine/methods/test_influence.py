"""Influence unlearning: an exact inverse, the released recursion, and the step that is retraining where it can be."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from helping import make_task, parameters_of, toy_task, weights_hash
from restating import distance, double_net, double_task

from engine.errors import BadInput
from engine.methods import influence
from engine.registry import get
from engine.types import Plan, Sizes


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("count, weights", [(1, 6), (5, 6), (9, 6)])
def test_woodbury_is_the_inverse(count, weights):
    gradients, vector = randn(count, weights), randn(weights, seed=1)
    matrix = 0.03 * torch.eye(weights, dtype=torch.float64) + gradients.T @ gradients / count
    assert torch.allclose(influence.woodbury(gradients, vector, 0.03), torch.linalg.solve(matrix, vector), rtol=1e-9)


def test_the_step_is_retraining_for_a_quadratic_loss():
    """Ridge regression, each sample with its share of the penalty: Newton's step from D's optimum ends in D_r's."""
    x, y, penalty, forget = randn(30, 4), randn(30, seed=1), 0.2, 9

    def optimum(rows):
        return torch.linalg.solve(x[rows].T @ x[rows] / len(x[rows]) + penalty * torch.eye(4), x[rows].T @ y[rows]
                                  / len(x[rows]))

    def gradient(rows, w):
        return x[rows].T @ (x[rows] @ w - y[rows]) / len(x[rows]) + penalty * w

    w, kept, gone = optimum(slice(None)), slice(forget, None), slice(forget)
    vector = forget / 30 * (gradient(gone, w) - gradient(kept, w))
    assert torch.allclose(vector, -gradient(kept, w)), "at an optimum of D"
    moved = w + influence.woodbury(x[kept], vector, penalty)
    assert torch.allclose(moved, optimum(kept), rtol=1e-10) and not torch.allclose(w, moved, rtol=1e-2)


def unlearned(net, **values):
    task = double_task(net)
    steps = list(influence.unlearn(task, parameters_of("influence", task.split.sizes, **values)))
    return task, steps


def restated(net, task, gradients, **more):
    """v, and the rows of single gradients in the order in which the samples were read, in plain torch."""
    def gradient(index):
        inputs, labels = task.batch(index)
        loss = F.cross_entropy(net(inputs), labels)
        return torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(net.parameters()))])

    forget, retain = torch.arange(8), torch.arange(8, 24)
    ones = [index for index in task.read if len(index) == 1]
    assert len({int(one) for one in ones}) == gradients and all(one >= 8 for one in ones)
    return 8 / 24 * (gradient(forget) - gradient(retain)), torch.stack([gradient(one) for one in ones])


def moved(net, step):
    weights, at = [], 0
    for weight in net.parameters():
        weights.append(weight.detach() + step[at:at + weight.numel()].view_as(weight))
        at += weight.numel()
    return weights


def test_the_corrected_step_restated():
    net = double_net()
    before = copy.deepcopy(net).eval()
    task, steps = unlearned(net, batch_size=5, gradients=10, damping=0.05, alpha=0.7)
    vector, rows = restated(before, task, 10)
    matrix = 0.05 * torch.eye(len(vector), dtype=torch.float64) + rows.T @ rows / 10
    step = 0.7 * torch.linalg.solve(matrix, vector)
    assert distance(net, moved(before, step), list(before.parameters())) < 1e-9
    assert float(steps[-1].terms["step_norm"]) == pytest.approx(float(step.norm()), rel=1e-9)


def test_the_released_recursion_restated():
    """N = 9 reads the samples number 0 to 10; what it corrects with stays parallel to the first gradient."""
    net = double_net()
    before = copy.deepcopy(net).eval()
    task, _ = unlearned(net, batch_size=5, gradients=9, inverse="recursion", alpha=0.2)
    vector, rows = restated(before, task, 11)
    k, o = vector.clone(), rows[0].clone()
    for g in rows[1:]:
        inner, along = torch.dot(k, g), torch.dot(o, g)
        k = k - inner / (9 + along) * o
        o = o - along / (9 + along) * o
    assert distance(net, moved(before, 0.2 * k), list(before.parameters())) < 1e-9
    beyond = k - vector
    assert torch.allclose(beyond / beyond.norm() * (beyond @ rows[0]).sign(), rows[0] / rows[0].norm(), atol=1e-9)


def test_equal_mean_gradients_change_nothing():
    """Each pixel to forget is there to be kept, with the same label."""
    net = double_net(classes=2)
    task = toy_task(net.float(), [0, 1, 0, 1], 2, pixels=[(1, 0, 0, 0, 1), (0, 1, 1, 0, 0)] * 2)
    before = weights_hash(net)
    list(influence.unlearn(task, parameters_of("influence", task.split.sizes)))
    assert weights_hash(net) == before


def test_alpha_zero_is_the_original_and_statistics_never_move(digits):
    task = make_task(digits)
    before, running = weights_hash(task.model), task.model[1].running_mean.clone()
    sizes = task.split.sizes
    list(influence.unlearn(task, parameters_of("influence", sizes, alpha=0, gradients=4)))
    assert weights_hash(task.model) == before
    list(influence.unlearn(task, parameters_of("influence", sizes, gradients=4)))
    assert weights_hash(task.model) != before and torch.equal(task.model[1].running_mean, running)


def test_nothing_moves_before_the_last_step(digits):
    task = make_task(digits)
    before = weights_hash(task.model)
    seen = [weights_hash(task.model) != before
            for _ in influence.unlearn(task, parameters_of("influence", task.split.sizes, gradients=3))]
    assert seen == [False] * 4 + [True], "one batch of each set and three single samples"


@pytest.mark.parametrize("inverse, count, singles", [
    ("woodbury", 64, 64), ("woodbury", 1000, 850), ("recursion", 100, 102), ("recursion", 1000, 850)])
def test_what_it_costs(inverse, count, singles):
    p = parameters_of("influence", None, inverse=inverse, gradients=count)
    assert influence.plan(p, Sizes(1_000, 150, 850, 10, 10)) == Plan(1 + 4 + singles, 1_000 + singles)


def test_more_gradients_than_fit_are_refused(digits, monkeypatch):
    """28,850 weights in float32 are 115,400 bytes a gradient: 3 fit 400,000 bytes."""
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=400_000))
    task = make_task(digits)
    list(influence.unlearn(task, parameters_of("influence", task.split.sizes, gradients=3)))
    with pytest.raises(BadInput) as refused:
        list(influence.unlearn(task, parameters_of("influence", task.split.sizes, gradients=4)))
    assert str(refused.value) == ("gradients is 4, which takes 0.0 GiB for this network, but 0.0 GiB are free: "
                                  "choose 3 or fewer.")


def test_the_released_constants():
    assert get("method", "influence").profiles["paper"] == {"inverse": "recursion", "alpha": 0.2, "gradients": 1000}
