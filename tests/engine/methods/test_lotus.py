"""LoTUS: targets and temperature by hand, where it stops, and its steps against a restatement of the formulas."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch
from helping import class_split, make_task, parameters_of, small_split
from one_layer import error, exact_task, gradient
from torch import nn

from engine.methods import lotus
from engine.spec import resolve
from engine.system.rng import generator
from engine.types import Plan, Spec

LOGITS = torch.tensor([[1.0, 2.0, 4.0]])
NONE = torch.zeros(1, 3)
FORGET, RETAIN = torch.tensor([True]), torch.tensor([False])


def test_a_temperature_of_one_leaves_the_answer_and_a_high_one_makes_it_uniform():
    assert torch.allclose(lotus.softened(LOGITS, NONE, FORGET, 1.0), LOGITS.softmax(1))
    assert torch.allclose(lotus.softened(LOGITS, NONE, FORGET, math.exp(32)), torch.full((1, 3), 1 / 3))


def test_noise_enters_before_the_division_and_decides_the_class_on_the_rest():
    noise = torch.tensor([[5.0, 0.0, 0.0]])
    assert torch.allclose(lotus.softened(LOGITS, noise, FORGET, 2.0), torch.tensor([[3.0, 1.0, 2.0]]).softmax(1))
    assert lotus.softened(LOGITS, noise, RETAIN, 2.0).tolist() == [[1.0, 0.0, 0.0]]
    assert lotus.softened(LOGITS, NONE, RETAIN, 2.0).tolist() == [[0.0, 0.0, 1.0]]


def test_with_gumbel_noise_the_class_is_a_sample_of_the_originals_distribution():
    """40,000 draws of softmax(1, 2, 4) = .042, .114, .844; three standard errors are at most .006."""
    many = LOGITS.expand(40_000, 3)
    drawn = lotus.softened(many, lotus.gumbel(many.shape, generator(0, "here")), RETAIN.expand(40_000), 1.0)
    assert drawn.mean(0).tolist() == pytest.approx(LOGITS.softmax(1)[0].tolist(), abs=0.006)
    assert bool((drawn.sum(1) == 1).all())


class Always(nn.Module):
    """Answers one class, whatever it sees."""

    def __init__(self, number: int):
        super().__init__()
        self.bias = nn.Parameter(10 * torch.eye(10)[number])

    def forward(self, inputs):
        return self.bias.expand(len(inputs), 10)


def always(digits, number: int, right_on_forget: int, right_on_validation: int):
    """A task of 100 to forget and 100 to validate on, so many of which have the label that the network always says."""
    def pick(labels, right):
        return torch.cat([(labels == number).nonzero()[:right, 0], (labels != number).nonzero()[:100 - right, 0]])

    forget = pick(digits.train.labels, right_on_forget)
    retain = torch.tensor([at for at in range(300) if at not in set(forget.tolist())])
    split = dataclasses.replace(small_split(), forget=forget, retain=retain,
                                validation=pick(digits.heldout.labels, right_on_validation))
    return dataclasses.replace(make_task(digits, split), model=Always(number))


@pytest.mark.parametrize("forget, validation, tau", [(50, 50, 1.0), (60, 40, math.exp(1.6)), (10, 10, 1.0)])
def test_the_temperature_follows_the_difference_of_the_accuracies(forget, validation, tau, digits):
    heat = lotus.Thermometer(always(digits, 3, forget, validation), 8.0)
    assert not heat.stopped and heat.tau == pytest.approx(tau) and heat.term == {
        "known_better": pytest.approx(forget - validation)}


@pytest.mark.parametrize("forget, validation, stops", [(40, 41, True), (40, 40, False), (0, 60, True)])
def test_it_stops_before_training_where_the_forget_set_is_known_less_well(forget, validation, stops, digits):
    task = always(digits, 3, forget, validation)
    before = task.model.bias.clone()
    steps = list(lotus.unlearn(task, parameters_of("lotus", task.split.sizes, epochs=1)))
    assert torch.equal(before, task.model.bias) is stops
    if stops:
        assert [(step.step, step.samples, dict(step.terms)) for step in steps] == [
            (1, 0, {"known_better": pytest.approx(forget - validation)})]


def test_without_the_class_in_the_retain_set_it_aims_at_nothing_right(digits):
    """A whole class: A_v is 0, so it trains although the new network gets none of the class right."""
    task = make_task(digits, class_split(digits))
    assert lotus.seen_class_alone(task) and lotus.Thermometer(task, 8.0).unseen == 0.0
    assert not lotus.seen_class_alone(make_task(digits))


def test_it_stops_after_the_epoch_that_has_forgotten(digits, monkeypatch):
    """Accuracies on D_f before epochs 0, 1 and 2 of five: .8, .7 and .59 beside .6 on D_v. Two epochs of 2 batches."""
    told = iter([0.6, 0.8, 0.7, 0.59])
    monkeypatch.setattr(lotus, "accuracy", lambda *_: next(told))
    task = make_task(digits)
    parameters = parameters_of("lotus", task.split.sizes, epochs=5, batch_size=44)
    steps = list(lotus.unlearn(task, parameters))
    assert [step.terms["known_better"] for step in steps] == pytest.approx([20, 20, 10, 10])
    assert (steps[-1].step, steps[-1].samples, steps[-1].total_steps) == (4, 2 * 88, 10)
    assert lotus.plan(parameters, task.split.sizes) == Plan(10, 5 * 88, at_most=True)


@pytest.mark.parametrize("transform", ["gumbel", "softmax"])
def test_the_update_equals_the_published_one(transform, monkeypatch):
    """AdamW on the soft cross entropy, three epochs in batches of 3, one forget sample in five known better by .3."""
    monkeypatch.setattr(lotus, "accuracy", lambda model, data, pool, index: 0.8 if len(index) == 2 else 0.5)
    task, weight, x, _ = exact_task(monkeypatch, forget=2)
    seen, real = [], task.logits
    task.logits = lambda index: seen.append(index) or real(index)
    parameters = lotus.Parameters(alpha=4.0, retain_share=1.0, transform=transform, learning_rate=0.05,
                                  weight_decay=0.1, batch_size=3, epochs=3)
    list(lotus.unlearn(task, parameters))
    z, tau, noise = x @ weight.T, math.exp(4 * 0.3), generator(0, "gumbel")
    first, second = torch.zeros_like(weight), torch.zeros_like(weight)
    assert len(seen) == 6
    for step, index in enumerate(seen, start=1):
        g = -torch.empty(3, 3).exponential_(generator=noise).log().double()
        noisy = z[index] + (g if transform == "gumbel" else 0)
        target = torch.eye(3, dtype=torch.float64)[noisy.argmax(1)]
        odds = (noisy / tau).exp()
        target[index < 2] = (odds / odds.sum(1, keepdim=True))[index < 2]
        slope = gradient(weight, x[index], target)
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        weight = weight * (1 - 0.05 * 0.1) - 0.05 * (first / (1 - 0.9**step)) / (
            (second / (1 - 0.999**step)).sqrt() + 1e-8)
    assert error(task.model.weight, weight) < 1e-9


def test_the_published_constants_and_cost():
    """CIFAR-10 at 15%: D_f 7,500 and 12,750 of D_r; 6 passes over D_r are 12.6 over both; 20,250 make 159 batches."""
    paper, corrected = (resolve(Spec("cifar10", "lotus", profile=profile)) for profile in ("paper", "corrected"))
    assert paper.effective == {"alpha": 8.0, "retain_share": 0.3, "transform": "gumbel", "learning_rate": 1e-4,
                               "weight_decay": 5e-4, "batch_size": 128, "epochs": 10, "batch_norm": "train"}
    assert corrected.effective == paper.effective | {"epochs": 13}
    assert paper.plan == Plan(1_590, 202_500, at_most=True) and corrected.plan.samples == 13 * 20_250
