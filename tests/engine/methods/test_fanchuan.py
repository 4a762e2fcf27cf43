"""Fanchuan: its two losses by hand, what flows where, and its update against a second writing of the formula."""

from __future__ import annotations

import math

import pytest
import torch
from exactly import ByHand, apart, cross_entropy, double_task, perceptron, relabelled, run
from helping import make_task, parameters_of, small_split

from engine.methods import fanchuan
from engine.methods._schedules import cosine
from engine.registry import get
from engine.spec import resolve
from engine.types import Plan, Spec

RNG = torch.Generator().manual_seed(0)
FORGET, RETAIN = (torch.randn(n, 4, dtype=torch.float64, generator=RNG) for n in (5, 7))


@pytest.mark.parametrize("temperature", [0.3, 1.15, 5.0])
def test_the_contrast_is_at_least_the_log_of_the_retain_batch(temperature):
    """-log softmax averaged over all j is log B plus a divergence from even shares; even at z = 0."""
    assert float(fanchuan.contrast(FORGET, RETAIN, temperature)) > math.log(7)
    for forget, retain in ((0 * FORGET, RETAIN), (FORGET, 0 * RETAIN)):
        assert float(fanchuan.contrast(forget, retain, temperature)) == pytest.approx(math.log(7), rel=1e-12)


def test_the_contrast_by_hand():
    """z = 2 with z' = 1, 0 and t = 2: products 1 and 0, mean of log(1 + 1/e) and log(1 + e)."""
    value = fanchuan.contrast(torch.tensor([[2.0]]), torch.tensor([[1.0], [0.0]]), 2.0)
    assert float(value) == pytest.approx((math.log(1 + math.exp(-1)) + math.log(1 + math.e)) / 2)


def test_the_first_pass_stands_still_exactly_where_answers_are_even():
    even = torch.full((3, 4), 2.5, dtype=torch.float64, requires_grad=True)
    loss = fanchuan.from_uniform(even)
    assert loss.item() == pytest.approx(0, abs=1e-12)
    assert torch.autograd.grad(loss, even)[0].abs().max() < 1e-15
    uneven = torch.tensor([[1.0, 1.0, 1.0, 1.1]], requires_grad=True)
    assert torch.autograd.grad(fanchuan.from_uniform(uneven), uneven)[0].abs().max() > 0.01
    quarter = torch.tensor([[math.log(1 / 2), math.log(1 / 4), math.log(1 / 8), math.log(1 / 8)]])
    assert float(fanchuan.from_uniform(quarter)) == pytest.approx(math.log(2) * (1 + 2 + 3 + 3) / 4 - math.log(4))


def test_the_retain_batch_gets_no_gradient(digits, monkeypatch):
    found, real = [], fanchuan.contrast
    monkeypatch.setattr(fanchuan, "contrast", lambda f, r, t: found.append((f.requires_grad, r.requires_grad)) or
                        real(f, r, t))
    run("fanchuan", double_task(digits, perceptron()), epochs=2)
    assert found == [(True, False)] * 2


def test_the_update_is_that_of_the_formula_on_the_same_batches(digits):
    """D_f in batches of 3, 4 (F = 2), D_r in 5, 5, 2 (R = 3), two epochs: 2 + 2 (2 + 3) steps, in double precision."""
    task = double_task(digits, perceptron(), forget=7, retain=12)
    steps = run("fanchuan", task, epochs=2, forget_batch_size=3, retain_batch_size=5, first_learning_rate=0.05,
                forget_learning_rate=0.02, final_forget_learning_rate=0.001, retain_learning_rate=0.1)
    net, labels, asked = perceptron(), digits.train.labels, iter(task.asked)
    first, push, repair = ByHand(net, 0.9), ByHand(net, 0.9), ByHand(net, 0.9, 0.01)
    for _ in range(2):
        z = net(task.inputs(next(asked)))
        p = z.exp() / z.exp().sum(1, keepdim=True)
        first.step((-math.log(10) - p.log().mean(1)).mean(), 0.05)
    for epoch in range(2):
        for at in range(2):
            z, other = net(task.inputs(next(asked))), net(task.inputs(next(asked))).detach()
            products = torch.einsum("ic,jc->ij", z, other) / 1.15
            loss = (products.exp().sum(1).log()[:, None] - products).mean()
            push.step(loss, 0.001 + 0.019 * (1 + math.cos(math.pi * (2 * epoch + at) / 4)) / 2)
        for _ in range(3):
            index = next(asked)
            repair.step(cross_entropy(net(task.inputs(index)), labels[index]), 0.1)
    assert next(asked, None) is None and len(steps) == 12
    assert apart(task.model, net) < 1e-11 < 1e-3 < apart(task.model, perceptron())


def test_the_forget_set_is_passed_nine_times_and_its_labels_never(digits):
    sizes = resolve(Spec("cifar10", "fanchuan", profile="paper")).sizes
    paper = resolve(Spec("cifar10", "fanchuan", profile="paper"))
    assert paper.plan == Plan(30 + 8 * (30 + 167), 9 * sizes.forget + 8 * sizes.retain)
    one = double_task(digits, perceptron(), 7, 12)
    other = relabelled(double_task(digits, perceptron(), 7, 12), slice(7))
    run("fanchuan", one, epochs=1)
    run("fanchuan", other, epochs=1)
    assert apart(one.model, other.model) == 0


@pytest.mark.parametrize(("forget", "retain", "pushes"), [(8, 5, [3, 3]), (7, 12, [3, 4]), (1, 12, [1])])
def test_a_forget_round_ends_with_the_shorter_set(forget, retain, pushes, digits):
    """Batches of 3: 8 are 3, 3 and 2; 7 are 3 and 4 (none of a single sample); 5 are two, 12 are four."""
    sizes = small_split(forget, retain).sizes
    parameters = parameters_of("fanchuan", sizes, forget_batch_size=3, retain_batch_size=3, epochs=2)
    assert fanchuan.pushed(parameters, sizes) == pushes
    *_, last = get("method", "fanchuan").unlearn(double_task(digits, perceptron(), forget, retain), parameters)
    assert Plan(last.step, last.samples) == fanchuan.plan(parameters, sizes)


def test_the_cosine_begins_at_the_first_and_ends_at_the_last_rate():
    assert [cosine(4.0, 2.0, at, 4) for at in (0, 2, 4)] == pytest.approx([4.0, 3.0, 2.0])


def test_frozen_batch_norm_keeps_the_originals_statistics(digits):
    means = []
    for mode in ("eval", "train"):
        task = make_task(digits)
        run("fanchuan", task, epochs=1, batch_norm=mode)
        means.append(float(task.model[1].running_mean.abs().sum()))
    assert means[0] == 0 < means[1]


def test_corrected_spends_six_passes_over_the_retain_set():
    plan = resolve(Spec("cifar10", "fanchuan")).plan
    assert plan.samples == 7_500 + 5 * 50_000 and abs(plan.samples - 6 * 42_500) < 25_000
