"""l1-sparse, bad teacher and NoT by hand, and what all five methods of test_methods_b cost."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from helping import make_task, parameters_of, small_split
from torch import nn

from engine.methods import bad_teacher, not_first
from engine.methods._objectives import distillation, distillation_per_sample
from engine.registry import get
from engine.spec import resolve
from engine.types import Plan, Sizes, Spec
from tests.engine.methods.test_methods_b import linear_net, linear_task, weights

CIFAR_15 = Sizes(50_000, 7_500, 42_500, 5_000, 5_000)
NEW = ("random_label", "salun", "l1_sparse", "bad_teacher", "not_first")


def steps_of(method, task, **values):
    return get("method", method).unlearn(task, parameters_of(method, task.split.sizes, **values))


# --- l1-sparse ------------------------------------------------------------------------------


def test_l1_sparse_descends_the_loss_and_the_signs(digits):
    """w <- w - lr (gradient of L_r + g sign(w)) in epoch 0: all retain samples in one batch, nothing else."""
    task = linear_task(digits, small_split(3, 7))
    before, expected = weights(task.model)[0], linear_net()
    loss = F.cross_entropy(expected(task.batch(torch.arange(3, 10))[0]), digits.train.labels[3:10])
    loss.backward()
    step = next(steps_of("l1_sparse", task, gamma=0.1, learning_rate=0.5, weight_decay=0.0, epochs=2))
    moved = before - 0.5 * (expected[1].weight.grad + 0.1 * before.sign())
    assert torch.allclose(task.model[1].weight, moved, atol=1e-6)
    assert float(step.terms["retain_loss"]) == pytest.approx(loss.item(), abs=1e-5)
    assert float(step.terms["l1_norm"]) == pytest.approx(before.abs().sum().item(), rel=1e-5)


def test_the_penalty_fades_linearly_over_the_epochs(digits):
    """160 retain samples in batches of 64: three steps an epoch, g (1 - e/4) = 8e-4, 6e-4, 4e-4, 2e-4."""
    steps = list(steps_of("l1_sparse", make_task(digits), gamma=8e-4, epochs=4, batch_size=64))
    assert [p.terms["l1_weight"] for p in steps] == pytest.approx([g for g in (8e-4, 6e-4, 4e-4, 2e-4) for _ in "abc"])
    assert {p.terms["learning_rate"] for p in steps} == {0.01}


def test_the_penalty_shrinks_the_weights(digits):
    norms = []
    for gamma in (0.0, 0.01):
        task = make_task(digits)
        *_, last = steps_of("l1_sparse", task, gamma=gamma, epochs=5, batch_size=32)
        norms.append(float(last.terms["l1_norm"]))
    assert norms[1] < 0.9 * norms[0]


# --- bad teacher ----------------------------------------------------------------------------


def test_divergence_from_a_uniform_teacher_by_hand():
    """p = (3/4, 1/4), teacher (1/2, 1/2): 1/2 ln(2/3) + 1/2 ln 2 = 1/2 ln(4/3); the batch's mean halves it again."""
    student, teacher = torch.tensor([[math.log(3.0), 0.0], [0.0, 0.0]]), torch.zeros(2, 2)
    assert distillation_per_sample(student, teacher, 1.0).tolist() == pytest.approx([math.log(4 / 3) / 2, 0], abs=1e-6)
    assert float(distillation(student, teacher, 1.0)) == pytest.approx(math.log(4 / 3) / 4, abs=1e-6)
    hot = distillation_per_sample(2 * student, teacher, 2.0)  # T = 2 undoes the doubling, and counts four times
    assert hot.tolist() == pytest.approx([2 * math.log(4 / 3), 0], abs=1e-6)


def test_where_the_student_is_the_original_nothing_is_to_learn_on_the_retain_set(digits):
    """No batch norm: the student equals its teacher on D_r; on D_f the teacher is fresh, here uniform."""
    task = linear_task(digits)
    logits = task.logits(task.split.forget).detach()
    step = next(steps_of("bad_teacher", task))  # one batch of all
    assert float(step.terms["retain_distillation"]) == pytest.approx(0.0, abs=1e-6)
    uniform = (-math.log(10) - F.log_softmax(logits, dim=1)).mean(dim=1)  # KL(1/10 || p) = mean of ln(1/10) - ln p
    assert float(step.terms["forget_distillation"]) == pytest.approx(uniform.mean().item(), abs=1e-5)
    assert float(step.terms["forget_loss"]) == pytest.approx(
        F.cross_entropy(logits, digits.train.labels[:40]).item(), abs=1e-5)


def test_only_the_forget_set_pulls_at_the_first_step(digits):
    """The gradient is that of the forget samples' divergence over the whole batch of 40 + 48."""
    task, expected = linear_task(digits), linear_net()
    logits = expected(task.batch(task.split.forget)[0])
    (distillation_per_sample(logits, torch.zeros(40, 10), 1.0).sum() / 88).backward()
    next(steps_of("bad_teacher", task))
    assert torch.allclose(task.model[1].weight.grad, expected[1].weight.grad, atol=1e-6)


def test_thirty_percent_of_the_retain_set_are_used(digits):
    task = make_task(digits)
    asked, real = set(), task.logits
    task.logits = lambda index: asked.update(index.tolist()) or real(index)
    *_, last = steps_of("bad_teacher", task, epochs=3, batch_size=16)
    sample = bad_teacher.retain_sample(task, 0.3).tolist()
    assert len(set(sample)) == len(sample) == 48 and set(sample) < set(task.split.retain.tolist())  # .3 x 160
    assert asked == set(range(40)) | set(sample), "the same sample in every epoch"
    assert last.samples == 3 * (40 + 48)
    other = make_task(digits, seed=1)
    assert set(bad_teacher.retain_sample(other, 0.3).tolist()) != set(sample)


def test_teachers_stay_as_they_are_and_the_student_learns_from_them(digits):
    task = make_task(digits)
    teachers = []
    fresh, original = task.fresh, task.frozen_original
    task.fresh = lambda: teachers.append(fresh()) or teachers[-1]
    task.frozen_original = lambda: teachers.append(original()) or teachers[-1]
    before = weights(task.model)
    steps = list(steps_of("bad_teacher", task, epochs=20, learning_rate=1e-3))
    assert len(teachers) == 2 and not any(net.training for net in teachers)
    assert all(torch.equal(a, b) for a, b in zip(weights(teachers[1]), before))
    assert all(torch.equal(a, b) for a, b in zip(weights(teachers[0]), weights(fresh())))
    falls = [float(p.terms["forget_distillation"]) for p in (steps[0], steps[-1])]
    assert falls[1] < falls[0]


# --- NoT ------------------------------------------------------------------------------------


def test_the_first_convolution_alone_is_negated_before_the_first_step(digits):
    task = make_task(digits)
    before, seen = weights(task.model), []
    real = task.loss
    task.loss = lambda index: seen.append(weights(task.model)) or real(index)
    steps = steps_of("not_first", task, epochs=2)
    next(steps)
    assert torch.equal(seen[0][0], -before[0])
    assert all(torch.equal(a, b) for a, b in zip(seen[0][1:], before[1:], strict=True))
    next(steps)
    assert not torch.equal(seen[1][0], before[0]), "negated once, not in every epoch"
    assert task.model.training and int(task.model[1].num_batches_tracked) == 2


def test_which_weight_is_the_first():
    conv, linear, embedding = nn.Conv1d(2, 3, 1), nn.Linear(2, 2), nn.Embedding(5, 2)
    assert not_first.first_weight(nn.Sequential(linear, conv)) is conv.weight
    assert not_first.first_weight(nn.Sequential(nn.LayerNorm(2), embedding, linear)) is embedding.weight
    assert not_first.first_weight(nn.Sequential(nn.BatchNorm1d(2), linear)) is linear.weight


# --- cost and profiles ----------------------------------------------------------------------


@pytest.mark.parametrize("method, profile, epochs, plan", [
    # unions of 50,000 make 196 batches of 256, D_r 167 (166 x 256 + 4), D_f 30 (29 x 256 + 76)
    ("random_label", "paper", 10, Plan(1_960, 500_000)),
    ("random_label", "corrected", 5, Plan(980, 250_000)),       # 6 x 42,500 / 50,000 = 5.1
    ("salun", "paper", 10, Plan(30 + 1_960, 507_500)),
    ("salun", "corrected", 5, Plan(30 + 980, 257_500)),         # (255,000 - 7,500) / 50,000 = 4.95
    ("l1_sparse", "paper", 10, Plan(1_670, 425_000)),
    ("l1_sparse", "corrected", 6, Plan(1_002, 255_000)),
    ("bad_teacher", "paper", 1, Plan(80, 20_250)),              # 7,500 + .3 x 42,500; 79 x 256 + 26
    ("bad_teacher", "corrected", 13, Plan(1_040, 263_250)),     # 255,000 / 20,250 = 12.6
    ("not_first", "paper", 10, Plan(1_670, 425_000)),
    ("not_first", "corrected", 6, Plan(1_002, 255_000)),
])
def test_plans_on_cifar_10(method, profile, epochs, plan):
    resolved = resolve(Spec(dataset="cifar10", method=method, profile=profile), CIFAR_15)
    assert (resolved.effective["epochs"], resolved.plan) == (epochs, plan)


@pytest.mark.parametrize("method", NEW)
@pytest.mark.parametrize("forget", [30, 150, 300, 600])
def test_corrected_processes_the_samples_of_six_retain_passes(method, forget):
    """To the nearest epoch: of the union at most 1,000 samples on the digits."""
    sizes = Sizes(1_000, forget, 1_000 - forget, 398, 399)
    resolved = resolve(Spec(method=method), sizes)
    assert abs(resolved.plan.samples - 6 * sizes.retain) <= 1_000 / 2


def test_at_least_one_epoch_where_the_mask_alone_exceeds_the_budget():
    assert resolve(Spec(method="salun"), Sizes(1_000, 950, 50, 398, 399)).effective["epochs"] == 1


@pytest.mark.parametrize("method, expected", [
    ("random_label", {"learning_rate": 0.013, "momentum": 0.9, "weight_decay": 5e-4, "batch_size": 256}),
    ("salun", {"learning_rate": 0.013, "momentum": 0.9, "weight_decay": 5e-4, "batch_size": 256, "share": 0.5}),
    ("l1_sparse", {"learning_rate": 0.01, "momentum": 0.9, "weight_decay": 5e-4, "batch_size": 256, "gamma": 5e-4}),
    ("bad_teacher", {"learning_rate": 1e-4, "weight_decay": 0.0, "batch_size": 256, "retain_share": 0.3,
                     "temperature": 1.0}),
    ("not_first", {"learning_rate": 0.01, "momentum": 0.9, "weight_decay": 5e-4, "batch_size": 256}),
])
def test_published_constants(method, expected):
    effective = resolve(Spec(dataset="cifar10", method=method, profile="paper")).effective
    assert effective == expected | {"epochs": 1 if method == "bad_teacher" else 10}
    asked = resolve(Spec(dataset="cifar10", method=method, parameters={"epochs": 3})).effective
    assert asked["epochs"] == 3
