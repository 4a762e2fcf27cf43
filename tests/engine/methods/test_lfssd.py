"""Loss-free SSD: its importance by hand, what it never looks at, and its update against a second writing."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from exactly import apart, double_task, perceptron, relabelled, run
from helping import make_task, small_split
from torch import nn

from engine.registry import get
from engine.spec import resolve
from engine.types import Plan, Spec


def linear(seed=0):
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 10, bias=False)).double()
    net[1].weight.data = torch.randn(10, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return net


def test_labels_change_nothing(digits):
    one, other = double_task(digits, perceptron()), relabelled(double_task(digits, perceptron()), slice(19))
    run("lfssd", one, selection=1.0, batch_size=4)
    run("lfssd", other, selection=1.0, batch_size=4)
    assert apart(one.model, other.model) == 0 < apart(one.model, perceptron())
    assert "forget_labels" not in get("method", "lfssd").needs


def test_a_linear_nets_importance_is_the_mean_of_2_z_x(digits):
    """z = W x: the gradient of mean ||z||^2 in W_ij is mean 2 z_i x_j; one batch a set, so I is its size."""
    task = double_task(digits, linear())
    *_, last = run("lfssd", task, selection=1.0, dampening=0.5, batch_size=100)
    weight = linear()[1].weight.detach()

    def importance(samples):
        x = task.inputs(torch.arange(samples)).flatten(1)
        return (2 * (x @ weight.T).T @ x / samples).abs()

    ours, usual = importance(7), importance(19)
    expected = torch.where(ours > usual, weight * (0.5 * usual / ours).clamp(max=1), weight)
    assert torch.allclose(task.model[1].weight, expected, rtol=1e-12, atol=0)
    assert last.terms["selected"] == pytest.approx(100 * float((ours > usual).double().mean()))


def test_a_forget_set_that_is_all_data_selects_nothing(digits):
    """I_f = I_D up to rounding, where a batch is all of it: not above alpha times itself, for any alpha over 1."""
    plain = double_task(digits, perceptron(), forget=19, retain=0)
    *_, last = run("lfssd", plain, selection=1 + 1e-9, batch_size=100)
    assert last.terms["selected"] == 0 and apart(plain.model, perceptron()) == 0


@pytest.mark.parametrize("dampening", [0.0, 0.3, 10.0])
def test_no_weight_changes_its_sign_or_grows(digits, dampening):
    task = double_task(digits, perceptron())
    run("lfssd", task, selection=0.5, dampening=dampening, batch_size=4)
    for now, before in zip(task.model.parameters(), perceptron().parameters(), strict=True):
        assert bool((now * before >= 0).all()) and bool((now.abs() <= before.abs()).all())


def test_the_update_is_that_of_the_formula_on_the_same_batches(digits):
    """D_f in batches of 4 and 3, D in 4, 4, 4, 4 and 3; gradients one sample at a time, in double precision."""
    task = double_task(digits, perceptron())
    steps = run("lfssd", task, selection=1.2, dampening=0.8, batch_size=4)
    net = perceptron().eval()
    weights, sizes = list(net.parameters()), [len(index) for index in task.asked]
    assert sizes == [4, 3, 4, 4, 4, 4, 3] and len(steps) == 7

    def importance(batches):
        found = [torch.zeros_like(weight) for weight in weights]
        for index in batches:
            rows = [torch.autograd.grad((net(task.inputs(index[at:at + 1]))[0] ** 2).sum(), weights)
                    for at in range(len(index))]
            for total, *each in zip(found, *rows):
                total += (sum(each) / len(index)).abs() / len(batches)
        return found

    for weight, ours, usual in zip(weights, importance(task.asked[:2]), importance(task.asked[2:])):
        weight.data = torch.where(ours > 1.2 * usual, weight * torch.clamp(0.8 * usual / ours, max=1.0), weight)
    assert apart(task.model, net) < 1e-12 < 1e-3 < apart(task.model, perceptron())
    assert steps[0].terms["forget_size"].item() == pytest.approx(
        (perceptron()(task.inputs(task.asked[0])) ** 2).sum(1).mean().item())


def test_it_stays_in_evaluation_mode_and_changes_only_at_its_last_step(digits):
    task = make_task(digits, small_split(40, 160))
    before = {name: value.clone() for name, value in task.model.state_dict().items()}
    parameters = dataclasses.replace(resolve(Spec(method="lfssd")).parameters, selection=1.0)
    *steps, last = get("method", "lfssd").unlearn(task, parameters)
    assert not task.model.training and int(task.model[1].num_batches_tracked) == 0
    assert "selected" in last.terms and not any("selected" in step.terms for step in steps)
    assert any(not torch.equal(value, before[name]) for name, value in task.model.state_dict().items())


@pytest.mark.parametrize("profile", ["paper", "corrected"])
def test_profiles(profile):
    """One pass over D_f and one over D: its cost is its own."""
    resolved = resolve(Spec("cifar10", "lfssd", profile=profile))
    assert resolved.effective == {"selection": 3.5, "dampening": 1.0, "batch_size": 128}
    assert resolved.plan == Plan(59 + 391, 57_500)


@pytest.mark.parametrize(("dataset", "model"), [("go_emotions", "text_cnn"), ("moons", "mlp")])
def test_it_works_without_convolutions_and_with_several_labels(dataset, model):
    assert get("method", "lfssd").why_not(get("dataset", dataset), get("model", model)) is None
