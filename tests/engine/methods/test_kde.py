"""Reset and distil: which layers are reset, what is imitated, and its update against a second writing."""

from __future__ import annotations

import copy

import pytest
import torch
from exactly import ByHand, apart, conv_net, cross_entropy, double_task, run
from helping import make_task, parameters_of, small_split
from torch import nn

from engine.data.images import Data
from engine.methods import kde
from engine.registry import get
from engine.spec import resolve
from engine.types import Plan, Spec

HEAD, CONVOLUTION = {"8.weight", "8.bias"}, {"0.weight", "0.bias"}


def test_exactly_the_first_convolution_and_the_head_are_reset():
    net = conv_net()
    kde.reset(net, seed=0)
    before = conv_net().state_dict()
    changed = {name for name, value in net.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == HEAD | CONVOLUTION
    for layer, fan in ((net[0], 9), (net[8], 4)):
        assert float(layer.weight.detach().abs().max()) <= fan**-0.5
    again = conv_net()
    kde.reset(again, seed=0)
    assert apart(net, again) == 0


def test_without_convolutions_the_head_alone_is_reset():
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    assert kde.ends(net) == [net[2]]


def in_double(monkeypatch):
    """The method's own float32 is taken away, so that rounding hides nothing."""
    real = Data.batch
    monkeypatch.setattr(Data, "batch", lambda *a, **k: (real(*a, **k)[0].double(), real(*a, **k)[1]))
    monkeypatch.setattr(torch.Tensor, "float", lambda self: self)


def divergence(student, teacher, temperature):
    """Mean over samples of sum q log(q / p)."""
    p, q = ((z / temperature).exp() / (z / temperature).exp().sum(1, keepdim=True) for z in (student, teacher))
    return (q * (q / p).log()).sum(1).mean()


@pytest.mark.parametrize("warm_up", ["retain", "validation"])
def test_the_update_is_that_of_the_formula_on_the_same_batches(digits, monkeypatch, warm_up):
    """Two warm-up epochs, then two over D_r with soft CE + CE + KL as released; in double precision."""
    in_double(monkeypatch)
    task, asked = double_task(digits, conv_net()), []
    task.split = small_split(7, 12, validation=10)
    real = kde.reset
    monkeypatch.setattr(kde, "reset", lambda *a: real(*a) or kept.update(task.model.state_dict() and copy.deepcopy(
        task.model.state_dict())))
    kept: dict = {}
    batch = type(task.data).batch
    monkeypatch.setattr(type(task.data), "batch", lambda self, pool, index, *a: asked.append(index) or
                        batch(self, pool, index, *a))
    run("kde", task, warm_up=warm_up, warm_up_epochs=2, epochs=2, batch_size=6, warm_up_learning_rate=0.05,
        learning_rate=0.1, temperature=3.0)
    net, teacher, labels = conv_net(), conv_net().eval(), digits.train.labels
    net.load_state_dict(kept)
    net.train()
    first, second, order = ByHand(net, 0.9, 5e-4), ByHand(net, 0.9, 5e-4), iter(tuple(asked))
    pool = digits.train if warm_up == "retain" else digits.heldout
    for _ in range(4):  # 12 or 10 samples in two batches, twice
        inputs = batch(digits, pool, next(order))[0]
        first.step(divergence(net(inputs), teacher(inputs).detach(), 3.0), 0.05)
    for rate in (0.1, 0.1, 0.05, 0.05):
        inputs, index = batch(digits, digits.train, at := next(order))[0], at
        z, taught = net(inputs), teacher(inputs).detach()
        q = (taught / 3).softmax(1)
        soft = -(q * (z / 3).log_softmax(1).log_softmax(1)).sum(1).mean()
        second.step(soft + cross_entropy(z, labels[index]) + divergence(z, taught, 3.0), rate)
    assert next(order, None) is None and apart(task.model, net) < 1e-10


def test_soft_cross_entropy_and_divergence_differ_by_a_constant():
    """Hence CE + 2 KL: equal gradients."""
    rng = torch.Generator().manual_seed(0)
    student, teacher = (torch.randn(4, 5, dtype=torch.float64, generator=rng) for _ in range(2))
    student.requires_grad_()
    soft = -((teacher / 5).softmax(1) * (student / 5).log_softmax(1)).sum(1).mean()
    one, other = (torch.autograd.grad(loss, student)[0] for loss in (soft, divergence(student, teacher, 5)))
    assert torch.allclose(one, other, rtol=1e-10)


def test_the_teacher_learns_nothing_and_the_forget_set_is_not_looked_at(digits, monkeypatch):
    task, teachers, seen = make_task(digits, small_split(40, 80)), [], []
    real, batch = task.frozen_original, Data.batch
    task.frozen_original = lambda: teachers.append(real()) or teachers[-1]
    monkeypatch.setattr(Data, "batch", lambda self, pool, index, *a: seen.append(index) or batch(self, pool, index, *a))
    before = copy.deepcopy(task.model.state_dict())
    run("kde", task, warm_up_epochs=1, epochs=1)
    assert all(torch.equal(value, before[name]) for name, value in teachers[0].state_dict().items())
    assert all(weight.grad is None for weight in teachers[0].parameters())
    assert sorted(torch.cat(seen).tolist()) == sorted(2 * list(range(40, 120)))


@pytest.mark.parametrize(("warm_up", "epochs", "plan"), [
    ("retain", 3, Plan(3 * 3 + 2 * 3, 5 * 160)), ("validation", 3, Plan(3 * 2 + 2 * 3, 3 * 100 + 2 * 160)),
    ("validation", 0, Plan(2 * 3, 2 * 160))])
def test_plans_count_what_the_warm_up_reads(warm_up, epochs, plan, digits):
    """In batches of 64: D_r of 160 in 3, D_v of 100 in 2."""
    task = make_task(digits)
    values = {"warm_up": warm_up, "warm_up_epochs": epochs, "epochs": 2}
    *_, last = run("kde", task, **values)
    assert Plan(last.step, last.samples) == kde.plan(parameters_of("kde", task.split.sizes, **values),
                                                     task.split.sizes) == plan


def test_profiles():
    paper = resolve(Spec("cifar10", "kde", profile="paper"))
    assert paper.effective == {"temperature": 5.0, "warm_up": "validation", "warm_up_epochs": 3, "epochs": 3,
                               "warm_up_learning_rate": 9e-4, "learning_rate": 1e-3, "momentum": 0.9,
                               "weight_decay": 5e-4, "batch_size": 64}
    assert paper.plan.samples == 3 * 5_000 + 3 * 42_500
    assert resolve(Spec("cifar10", "kde")).plan.samples == 6 * 42_500
    assert get("method", "kde").needs == ("retain", "validation")
