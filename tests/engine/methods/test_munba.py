"""MUNBa: the bargain by hand, its step against a restatement of the formula, and what happens where none is struck."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from helping import make_task, parameters_of, small_split
from one_layer import error, exact_task, gradient, one_hot

from engine.methods import munba
from engine.spec import resolve
from engine.system.rng import generator
from engine.types import Plan, Spec


def made_one(kept, left, bargain="exact"):
    found, cosine = munba.direction(*([torch.tensor(one, dtype=torch.float64)] for one in (kept, left)), bargain)
    return found and found[0].tolist(), cosine


def test_orthogonal_gradients_are_scaled_to_one_and_added():
    assert made_one([1.0, 0.0], [0.0, 10.0]) == (pytest.approx([1.0, 1.0]), 0.0)


@pytest.mark.parametrize("kept, left", [([1.0, 2.0, -1.0], [0.5, -3.0, 2.0]), ([1e-4, 0.0, 2e-4], [3.0, 9.0, 1.0])])
def test_both_gain_alike_and_the_length_is_the_root_of_two(kept, left):
    """Also: a_i (g_i . d) = 1, and the gradients' sizes do not matter."""
    found, cosine = made_one(kept, left)
    d, r, u = (torch.tensor(one, dtype=torch.float64) for one in (found, kept, left))
    assert float(d.norm()) == pytest.approx(math.sqrt(2), rel=1e-12)
    assert float(d @ r / r.norm()) == pytest.approx(float(d @ u / u.norm()), rel=1e-12)
    for a, g in zip(munba.agreed(float(r @ r), float(r @ u), float(u @ u)), (r, u), strict=True):
        assert a * float(g @ d) == pytest.approx(1.0, rel=1e-12)
    assert made_one(kept, [100 * value for value in left])[0] == pytest.approx(found, rel=1e-12)
    assert cosine == pytest.approx(float(F.cosine_similarity(r, u, dim=0)))


def test_opposite_gradients_and_none_at_all_have_no_direction():
    assert made_one([1.0, 2.0], [-2.0, -4.0]) == (None, pytest.approx(-1.0))
    assert made_one([0.0, 0.0], [1.0, 0.0]) == (None, 0.0)


def test_the_released_formulas_are_the_same_where_they_are_well_conditioned():
    assert munba.agreed_as_released(4.0, 1.0, 9.0) == pytest.approx(munba.agreed(4.0, 1.0, 9.0), rel=1e-6)
    assert munba.agreed_as_released(4.0, -3.0, 9.0) == pytest.approx(munba.agreed(4.0, -3.0, 9.0), rel=1e-6)


def test_the_released_formulas_fail_near_orthogonality_and_for_small_gradients():
    """g_r . g_u = 0 with |g_r| = 1, |g_u| = 10: a_u is near 0 instead of .1; and 1e-8 outweighs small gradients."""
    keep, forget = munba.agreed_as_released(1.0, 0.0, 100.0)
    assert (keep, forget) == (pytest.approx(1.0), pytest.approx(0.01, rel=0.1)) and munba.agreed(1, 0, 100)[1] == 0.1
    assert munba.agreed_as_released(1e-6, 1e-5, 100.0)[0] == pytest.approx(100, rel=0.02)
    assert munba.agreed(1e-6, 1e-5, 100.0)[0] == pytest.approx(1_000, rel=0.01)
    assert munba.agreed_as_released(1.0, -1e-3, 1e-9) == (1.0, 0.1), "not positive: L_r + 0.1 L_u"


def watched(task):
    """Every index whose logits are taken, in order."""
    seen, real = [], task.logits
    task.logits = lambda index: seen.append(index) or real(index)
    return seen


@pytest.mark.parametrize("clip", [1.0, 0.0])
def test_the_update_equals_the_published_one(clip, monkeypatch):
    """Three paired steps: SGD with momentum and decay along the bisector of the unit gradients, 1 or sqrt 2 long."""
    task, weight, x, y = exact_task(monkeypatch, forget=2)
    seen, drawn, speed = watched(task), generator(0, "random labels"), torch.zeros_like(weight)
    list(munba.unlearn(task, munba.Parameters(learning_rate=0.2, weight_decay=0.01, epochs=3, batch_size=4, clip=clip)))
    for retain, forget in zip(seen[::2], seen[1::2], strict=True):
        wrong = torch.randint(0, 3, (2,), generator=drawn)
        r, u = gradient(weight, x[retain], one_hot(y[retain])), gradient(weight, x[forget], one_hot(wrong))
        bisector = r / r.norm() + u / u.norm()
        step = bisector / bisector.norm() * (clip or math.sqrt(2))
        speed = 0.9 * speed + step + 0.01 * weight
        weight = weight - 0.2 * speed
    assert error(task.model.weight, weight) < 1e-6  # clip_grad_norm_ adds 1e-6 to the norm
    assert clip or error(task.model.weight, weight) < 1e-10


def test_the_rest_of_an_epoch_trains_on_the_retain_set_and_the_penalty_fades(monkeypatch):
    """One forget sample beside five: a paired step, then two on D_r alone, whose gradient is not clipped."""
    task, weight, x, y = exact_task(monkeypatch, forget=1)
    seen, drawn = watched(task), generator(0, "random labels")
    steps = list(munba.unlearn(task, munba.Parameters(
        learning_rate=0.2, momentum=0.0, weight_decay=0.0, epochs=2, batch_size=2, clip=0.0, l1=0.1)))
    assert [sorted(step.terms) == ["learning_rate", "retain_loss"] for step in steps] == [False, True] * 2
    for epoch in range(2):
        retain, forget, rest = seen[3 * epoch:3 * epoch + 3]
        r = gradient(weight, x[retain], one_hot(y[retain]))
        u = gradient(weight, x[forget], one_hot(torch.randint(0, 3, (1,), generator=drawn)))
        bisector, l1 = r / r.norm() + u / u.norm(), 0.1 * (1 - epoch / 2)
        weight = weight - 0.2 * (bisector / bisector.norm() * math.sqrt(2) + l1 * weight.sign())
        weight = weight - 0.2 * (gradient(weight, x[rest], one_hot(y[rest])) + l1 * weight.sign())
    assert error(task.model.weight, weight) < 1e-10


def test_where_none_agree_the_weights_stay(monkeypatch, digits):
    monkeypatch.setattr(munba, "agreed", lambda *products: None)
    task = make_task(digits)
    before = [p.clone() for p in task.model.parameters()]
    steps = list(munba.unlearn(task, parameters_of("munba", task.split.sizes, epochs=1)))
    assert len(steps) == 1 and all(torch.equal(a, b) for a, b in zip(before, task.model.parameters()))


def test_a_larger_forget_set_begins_the_retain_set_again(digits):
    """90 to forget in 3 batches of 32, 40 to keep in 2: three steps an epoch, each with both sets."""
    task = make_task(digits, small_split(90, 40))
    parameters = parameters_of("munba", task.split.sizes, batch_size=32, epochs=2)
    steps = list(munba.unlearn(task, parameters))
    assert all("cosine" in step.terms for step in steps)
    assert Plan(steps[-1].step, steps[-1].samples) == munba.plan(parameters, task.split.sizes) == Plan(6, 180 + 120)


def test_the_published_constants_and_cost():
    """CIFAR-10 at 15%: D_r 42,500 in 167 batches of 256; 6 passes over D_r are 5.1 over both sets."""
    paper, corrected = (resolve(Spec("cifar10", "munba", profile=profile)) for profile in ("paper", "corrected"))
    assert paper.effective == {"learning_rate": 0.01, "momentum": 0.9, "weight_decay": 5e-4, "batch_size": 256,
                               "clip": 1.0, "epochs": 10, "bargain": "released", "l1": 0.0, "batch_norm": "train"}
    assert corrected.effective == paper.effective | {"epochs": 5, "bargain": "exact"}
    assert (paper.plan, corrected.plan) == (Plan(1_670, 500_000), Plan(835, 250_000))
