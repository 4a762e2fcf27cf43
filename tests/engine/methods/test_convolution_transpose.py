"""Convolution transpose: what is swapped and what is not, and its update against a second writing of the formula."""

from __future__ import annotations

import copy
import dataclasses
import math

import pytest
import torch
from exactly import ByHand, apart, conv_net, cross_entropy, double_task, relabelled, run
from helping import make_task, problems_of
from torch import nn

from engine.methods.convolution_transpose import transpose
from engine.registry import get
from engine.spec import resolve
from engine.types import Plan, Spec


def test_twice_is_the_identity_and_once_changes_kernels_alone(digits):
    net = conv_net()
    once = copy.deepcopy(net)
    transpose(once)
    changed = [name for name, value in net.state_dict().items() if not torch.equal(value, once.state_dict()[name])]
    assert changed == ["0.weight", "3.weight"], "no 1x1 kernel, no bias, no batch norm, no head"
    assert torch.equal(once[0].weight[2, 0], net[0].weight[2, 0].T) and once[0].weight.is_contiguous()
    transpose(once)
    assert apart(once, net) == 0


def test_symmetric_kernels_stay_and_uneven_ones_are_left_alone():
    net = nn.Sequential(nn.Conv2d(1, 1, 3), nn.Conv2d(1, 1, (1, 3)), nn.Conv1d(1, 1, 3))
    net[0].weight.data = torch.tensor([[[[1.0, 2, 3], [2, 4, 5], [3, 5, 6]]]])
    before = copy.deepcopy(net.state_dict())
    transpose(net)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_a_transposed_image_gets_the_originals_answer():
    """With global pooling, before any training: kernels and image are turned over together."""
    rng = torch.Generator().manual_seed(0)
    net, image = conv_net().eval(), torch.randn(3, 1, 8, 8, dtype=torch.float64, generator=rng)
    turned = copy.deepcopy(net)
    transpose(turned)
    assert torch.allclose(turned(image.transpose(2, 3)), net(image), rtol=1e-12)
    assert not torch.allclose(turned(image), net(image), rtol=1e-3)


def test_the_update_is_that_of_the_formula_on_the_same_batches(digits):
    """D_r in batches of 5, 5 and 2, three epochs, in double precision; rates along the cosine: 1, 3/4, 1/4."""
    task = double_task(digits, conv_net())
    steps = run("convolution_transpose", task, epochs=3, batch_size=5, learning_rate=0.05)
    net, labels = conv_net().train(), digits.train.labels
    for layer in (net[0], net[3]):
        layer.weight.data = layer.weight.data.permute(0, 1, 3, 2)
    sgd, rates = ByHand(net, 0.9, 5e-4), [0.05, 0.05 * 0.75, 0.05 * 0.25]
    for at, index in enumerate(task.asked):
        sgd.step(cross_entropy(net(task.inputs(index)), labels[index]), rates[at // 3])
    assert len(task.asked) == len(steps) == 9 and min(index.min() for index in task.asked) >= 7
    assert apart(task.model, net) < 1e-11
    assert [steps[at].terms["learning_rate"] for at in (0, 3, 8)] == pytest.approx(rates)
    assert rates[1] == pytest.approx(0.05 * (1 + math.cos(math.pi / 3)) / 2)


def test_the_forget_set_is_never_looked_at(digits):
    one, other = double_task(digits, conv_net()), relabelled(double_task(digits, conv_net()), slice(7))
    other.split = dataclasses.replace(one.split, forget=one.split.forget + 500)
    run("convolution_transpose", one, epochs=1)
    run("convolution_transpose", other, epochs=1)
    assert apart(one.model, other.model) == 0
    assert get("method", "convolution_transpose").needs == ("retain",)


def test_the_optimiser_trains_the_swapped_weights(digits):
    task = make_task(digits)
    weight, before = task.model[0].weight, task.model[0].weight.detach().clone()
    run("convolution_transpose", task, epochs=1, learning_rate=1e-3)
    assert task.model[0].weight is weight
    assert 0 < float((weight - before.transpose(2, 3)).detach().norm()) < float((weight - before).detach().norm())


@pytest.mark.parametrize(("dataset", "model", "why"), [
    ("go_emotions", "text_cnn", "Text conv net is not made of them: choose another model."),
    ("moons", "mlp", "Small perceptron is not made of them: choose another model."),
    ("cifar10", "vit_small", "is not made of them: choose another model.")])
def test_networks_without_convolutions_are_refused(dataset, model, why):
    problem, = problems_of(Spec(dataset, "convolution_transpose", model=model))
    assert problem.startswith("Convolution transpose changes two-dimensional convolutions, and ") and why in problem


def test_texts_are_refused_before_a_model_is_chosen():
    method = get("method", "convolution_transpose")
    assert method.why_not(get("dataset", "go_emotions")) == (
        "Convolution transpose changes two-dimensional convolutions, which the models for GoEmotions do not have: "
        "choose images.")
    assert method.why_not(get("dataset", "cifar10"), get("model", "resnet18")) is None


def test_profiles():
    paper = resolve(Spec("cifar10", "convolution_transpose", profile="paper"))
    assert paper.effective == {"learning_rate": 0.001, "momentum": 0.9, "weight_decay": 5e-4, "batch_size": 64,
                               "epochs": 3}
    assert paper.plan == Plan(3 * 665, 3 * 42_500)
    corrected = resolve(Spec("cifar10", "convolution_transpose"))
    assert corrected.effective == paper.effective | {"learning_rate": 0.01, "epochs": 6}
