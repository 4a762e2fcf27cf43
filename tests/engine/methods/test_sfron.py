"""SFRon: weights, mask and schedule by hand, and its steps against a restatement of the formulas."""

from __future__ import annotations

import math

import pytest
import torch
from helping import make_task, parameters_of, small_split
from one_layer import error, exact_task, gradient, losses, one_hot

from engine.methods import sfron
from engine.spec import resolve
from engine.types import Plan, Spec


def test_samples_with_a_low_loss_weigh_most():
    """Losses .01, .1, 1, 4 at lambda .5: 10, 3.162, 1, .5 of 14.662; times four 2.73, .86, .27, .14."""
    weights = sfron.weights_of(torch.tensor([0.01, 0.1, 1.0, 4.0], requires_grad=True), 0.5)
    assert not weights.requires_grad and float(weights.sum()) == pytest.approx(1)
    assert (4 * weights).tolist() == pytest.approx([2.73, 0.86, 0.27, 0.14], abs=0.005)
    assert sfron.weights_of(torch.tensor([0.2, 7.0]), 0.0).tolist() == [0.5, 0.5]


def test_a_loss_that_is_rounded_to_zero_does_not_take_all_the_weight():
    """It counts as 2^-23, whose root is 3.45e-4; beside a loss of .01 it weighs 290 times as much, not 1e14 times."""
    weights = sfron.weights_of(torch.tensor([0.0, 0.01]), 0.5)
    assert float(weights[0] / weights[1]) == pytest.approx(0.1 * 2**11.5, rel=1e-5) and float(weights[0]) < 0.997


def test_the_mask_holds_what_matters_more_to_the_forget_set_and_what_matters_to_none():
    found = {"forget": [torch.tensor([2.0, 1.0, 0.0, 0.0])], "retain": [torch.tensor([1.0, 2.0, 0.0, 1e-9])]}
    assert sfron.masks(found, 1.0)[0].tolist() == [True, False, True, False]
    assert sfron.masks(found, 3.0)[0].tolist() == [False] * 4 and sfron.masks(found, 0.0)[0].tolist() == [True] * 4


def test_importances_are_means_of_squared_batch_means_and_move_nothing(monkeypatch):
    """D_f of 3 in batches of 2 and 1 joined: one batch; D_r of 3 likewise, in evaluation mode."""
    task, weight, x, y = exact_task(monkeypatch, forget=3)
    found: dict = {}
    steps = list(sfron.importances(task, 2, 9, found))
    assert [(step.step, step.samples, step.terms["learning_rate"]) for step in steps] == [(1, 3, 0.0), (2, 6, 0.0)]
    assert not task.model.training and torch.equal(task.model.weight, weight)
    for name, part in (("forget", slice(0, 3)), ("retain", slice(3, 6))):
        expected = gradient(weight, x[part], one_hot(y[part])) ** 2
        assert error(found[name][0], expected) < 1e-12


def restated(weight, x, y, forget, number, every):
    """Both sets in one batch each: masked and clipped ascent every so many rounds, descent in every round."""
    parts = {"forget": slice(0, forget), "retain": slice(forget, len(y))}
    f, r = (gradient(weight, x[part], one_hot(y[part])) ** 2 for part in parts.values())
    mask, speed = f + 1e-15 >= r + 1e-15, torch.zeros_like(weight)
    assert 0 < int(mask.sum()) < mask.numel()

    def step(g, rate):
        nonlocal weight, speed
        speed = 0.9 * speed + g + 5e-4 * weight
        weight = weight - rate * speed

    for at in range(number):
        cosine = (1 + math.cos(math.pi * at / number)) / 2
        if at % every == 0:
            part = parts["forget"]
            loss = losses(weight, x[part], y[part])
            w = loss**-0.5 / (loss**-0.5).sum()
            odds = (x[part] @ weight.T).exp()
            apart = odds / odds.sum(1, keepdim=True) - one_hot(y[part])
            g = -25 * cosine * (w[:, None] * apart).T @ x[part] * mask
            step(g * min(1.0, 7 / float(g.norm())), 0.1 * cosine)
        step(gradient(weight, x[parts["retain"]], one_hot(y[parts["retain"]])), 0.1 * cosine)
    return weight


def test_the_update_equals_the_published_one(monkeypatch):
    """Seven rounds, forget steps in rounds 0, 2, 4 and 6: clipped first, later not."""
    task, weight, x, y = exact_task(monkeypatch, forget=2)
    expected = restated(weight, x, y, forget=2, number=7, every=2)
    steps = list(sfron.unlearn(task, sfron.Parameters(learning_rate=0.1, batch_size=4, rounds=7, every=2)))
    assert error(task.model.weight, expected) < 1e-6  # clip_grad_norm_ adds 1e-6 to the norm
    assert [("forget_loss" in step.terms) for step in steps[2:]] == [True, False, False] * 3 + [True, False]


def test_forget_steps_leave_no_gradient_outside_the_mask_and_are_bounded(digits, monkeypatch):
    """The norms that SGD meets, told apart by their order: one forget step in two rounds."""
    kept, met = {}, []
    real = sfron.masks
    monkeypatch.setattr(sfron, "masks", lambda found, gamma: kept.setdefault("masks", real(found, gamma)))
    task = make_task(digits)
    step = torch.optim.SGD.step

    def watched(self, *arguments):
        met.append([p.grad.clone() for p in task.model.parameters()])
        return step(self, *arguments)

    monkeypatch.setattr(torch.optim.SGD, "step", watched)
    list(sfron.unlearn(task, parameters_of("sfron", task.split.sizes, rounds=4, every=2, alpha=1000.0)))
    norms = [float(torch.cat([g.flatten() for g in step]).norm()) for step in met]
    assert len(met) == 6 and norms[0] == pytest.approx(7, rel=1e-5) and max(norms[0], norms[3]) <= 7.001
    for at in (0, 3):
        assert all(not g[~mask].any() for g, mask in zip(met[at], kept["masks"], strict=True))
    assert any(g[~mask].any() for g, mask in zip(met[1], kept["masks"], strict=True)), "the step on D_r is not masked"


def test_batch_norm_can_keep_the_originals_statistics(digits):
    task = make_task(digits)
    before = {name: value.clone() for name, value in task.model.named_buffers()}
    list(sfron.unlearn(task, parameters_of("sfron", task.split.sizes, rounds=2, batch_norm="eval")))
    assert all(torch.equal(value, before[name]) for name, value in task.model.named_buffers())


def test_a_budget_that_the_mask_uses_up_leaves_one_round(digits):
    task = make_task(digits, small_split(300, 10))
    parameters = parameters_of("sfron", task.split.sizes)
    *_, last = sfron.unlearn(task, parameters)
    assert sfron.rounds(parameters, task.split.sizes) == 1 and last.step == 3 + 1 + 2


def test_the_published_constants_and_cost():
    """CIFAR-10 at 10%: D_f 5,000 in 40 batches of 128, D_r 45,000 in 352; 1,500 rounds with 300 forget steps."""
    paper = resolve(Spec("cifar10", "sfron", profile="paper", forget_fraction=0.1))
    assert paper.effective == {
        "alpha": 25.0, "every": 5, "selection": 1.0, "sharpness": 0.5, "clip": 7.0, "learning_rate": 0.01,
        "momentum": 0.9, "weight_decay": 5e-4, "batch_size": 128, "rounds": 1500, "retain_epochs": 6,
        "batch_norm": "train"}
    # 1,500 = 4 passes of 352 and 92 batches of 128; 300 = 7 passes of 40 and 20 batches of 128
    assert paper.plan == Plan(392 + 1_800, 50_000 + 4 * 45_000 + 92 * 128 + 7 * 5_000 + 20 * 128)
    corrected = resolve(Spec("cifar10", "sfron"))
    assert corrected.effective == paper.effective | {"rounds": 0}


@pytest.mark.parametrize("fraction", [0.03, 0.15, 0.3, 0.6])
def test_corrected_processes_the_samples_of_six_passes_over_the_retain_set(fraction):
    resolved = resolve(Spec("cifar10", "sfron", forget_fraction=fraction))
    assert resolved.plan.samples == pytest.approx(6 * resolved.sizes.retain, rel=0.01)
