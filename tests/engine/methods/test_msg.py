"""MSG: which weights are drawn again, how the others are held back, and its update against a second writing."""

from __future__ import annotations

import math

import pytest
import torch
from exactly import apart, conv_net, cross_entropy, double_task, run
from helping import make_task, parameters_of, problems_of, small_split
from torch import nn

from engine.methods import msg
from engine.methods._schedules import up_and_down
from engine.registry import get
from engine.spec import resolve
from engine.types import Plan, Spec

CONVOLUTIONS = {"0.weight": 27, "3.weight": 108, "5.weight": 16}  # of conv_net, with their numbers of weights


@pytest.mark.parametrize(("epochs", "factors"), [
    (5, [1 / 3, 2 / 3, 1, 2 / 3, 1 / 3]), (6, [1 / 3, 2 / 3, 1, 3 / 4, 2 / 4, 1 / 4]), (1, [1]), (2, [1, 1 / 2])])
def test_the_rate_rises_and_falls(epochs, factors):
    """Rising over (E + 1) // 2 epochs, then down to 1 / (E + 1 - that); never 0."""
    assert [up_and_down(epoch, epochs) for epoch in range(epochs)] == pytest.approx(factors)


def test_the_smallest_gradients_are_chosen_exactly():
    gradient = torch.tensor([[0.5, -0.1, 0.2], [-0.2, 0.0, 3.0]])
    assert msg.smallest(gradient, 0.5).tolist() == [[False, True, True], [False, True, False]], "of equals the earlier"
    assert [int(msg.smallest(torch.zeros(27), share).sum()) for share in (0, 0.3, 0.5, 1)] == [0, 8, 14, 27]


def scored(digits, share=0.3, **more):
    """A task after its scores, its gradients, and after drawing."""
    task = double_task(digits, conv_net())
    list(msg.add_up_gradients(task, parameters_of("msg", task.split.sizes, **more)))
    gradients = {name: weight.grad.clone() for name, weight in task.model.named_parameters()}
    msg.draw_again(task.model, share, seed=3)
    return task, gradients


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 1.0])
def test_of_each_layer_exactly_the_share_is_drawn_again_and_the_largest_survives(digits, share):
    (task, gradients), before = scored(digits, share), conv_net().state_dict()
    for name, value in task.model.state_dict().items():
        changed = value != before[name]
        assert int(changed.sum()) == (round(share * CONVOLUTIONS[name]) if name in CONVOLUTIONS else 0)
        if name in CONVOLUTIONS and 0 < share < 1:
            sizes = gradients[name].abs()
            assert float(sizes[changed].max()) <= float(sizes[~changed].min())
            assert not changed.flatten()[sizes.flatten().argmax()]


def test_what_is_drawn_is_he_normal_over_the_fan_out():
    net = nn.Sequential(nn.Conv2d(4, 200, 3, bias=False))
    net[0].weight.grad = torch.ones_like(net[0].weight)
    msg.draw_again(net, 1.0, seed=0)
    assert float(net[0].weight.detach().std()) == pytest.approx(math.sqrt(2 / (200 * 9)), rel=0.03)
    first = net[0].weight.detach().clone()
    msg.draw_again(net, 1.0, seed=0)
    assert torch.equal(first, net[0].weight)


def test_a_layer_that_no_answer_passes_stays():
    net = nn.Sequential(nn.Conv2d(1, 2, 3))
    assert msg.draw_again(net, 0.5, seed=0) == []


def test_the_others_move_a_tenth_as_far(digits):
    """One step without momentum and decay from equal gradients."""
    weight = nn.Parameter(torch.zeros(4))
    optimiser = torch.optim.SGD([weight], lr=1.0)
    msg.hold_back(optimiser, [(weight, torch.tensor([True, False, True, False]))], 0.1)
    weight.grad = torch.full((4,), -2.0)
    optimiser.step()
    assert weight.tolist() == pytest.approx([2.0, 0.2, 2.0, 0.2])


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_the_update_is_that_of_the_formula_on_the_same_batches(digits, mode):
    """7 to forget against 7 of 12 to keep, in batches of 3 and 4; then two epochs of 3, 3, 3, 3. In double precision.

    The fresh weights are taken over from a run of nothing but the scores: which ones they are is worked out here.
    """
    values = {"batch_size": 3, "learning_rate": 0.05, "epochs": 2, "share": 0.3, "score_batch_norm": mode}
    task = double_task(digits, conv_net())
    run("msg", task, **values)
    net, labels, asked = conv_net().train(mode == "train"), digits.train.labels, iter(task.asked)
    weights = dict(net.named_parameters())
    g = {name: torch.zeros_like(weight) for name, weight in weights.items()}
    seen = []
    for sign in (1, 1, -1, -1):
        seen.append(index := next(asked))
        loss = cross_entropy(net(task.inputs(index)), labels[index])
        for name, gradient in zip(g, torch.autograd.grad(loss, list(weights.values()))):
            g[name] += sign * gradient
    assert sorted(torch.cat(seen[2:]).tolist()) == list(range(7)) and min(torch.cat(seen[:2])) >= 7
    assert len(set(torch.cat(seen[:2]).tolist())) == 7
    net.train()
    fresh = torch.Generator()
    fresh.set_state(msg_generator(task.seed).get_state())
    factor = {}
    for name, count in CONVOLUTIONS.items():
        weight, n = weights[name], round(0.3 * count)
        threshold = g[name].abs().flatten().sort().values[n - 1]
        chosen = g[name].abs() <= threshold
        normal = torch.randn(weight.shape, dtype=torch.float64, generator=fresh)
        std = math.sqrt(2 / (weight.shape[0] * weight.shape[2] * weight.shape[3]))
        weight.data = torch.where(chosen, normal * std, weight.data)
        factor[name] = torch.where(chosen, 1.0, 0.1)
    velocity = {name: torch.zeros_like(weight) for name, weight in weights.items()}
    for rate in (0.05, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025, 0.025):
        index = next(asked)
        loss = cross_entropy(net(task.inputs(index)), labels[index])
        gradients = torch.autograd.grad(loss, list(weights.values()))
        with torch.no_grad():
            for (name, weight), gradient in zip(weights.items(), gradients):
                velocity[name] = 0.9 * velocity[name] + factor.get(name, 1.0) * gradient + 5e-4 * weight
                weight -= rate * velocity[name]
    assert next(asked, None) is None
    assert apart(task.model, net) < 1e-10


def msg_generator(seed):
    """The fresh weights' own generator: what is drawn is chance, and not of interest here."""
    from engine.system.rng import generator

    return generator(seed, "weights drawn again")


def test_scores_leave_the_network_as_it_is_but_for_batch_norm_in_the_released_way(digits):
    for mode, moved in (("eval", 0), ("train", 4)):  # batches of 64: 40 of D_r in one, 40 of D_f in one
        task = make_task(digits, small_split(100, 100))
        before = {name: value.clone() for name, value in task.model.state_dict().items()}
        parameters = parameters_of("msg", task.split.sizes, score_batch_norm=mode)
        steps = list(msg.add_up_gradients(task, parameters))
        assert [step.terms["learning_rate"] for step in steps] == [0.0] * 4
        changed = {name for name, value in task.model.state_dict().items() if not torch.equal(value, before[name])}
        assert all("running" in name or "num_batches" in name for name in changed)
        assert int(task.model[1].num_batches_tracked) == moved


def test_a_forget_set_larger_than_the_rest(digits):
    task = double_task(digits, conv_net(), forget=12, retain=5)
    *_, last = run("msg", task, epochs=1)
    sizes = task.split.sizes
    assert Plan(last.step, last.samples) == msg.plan(parameters_of("msg", sizes, epochs=1), sizes)
    assert last.samples == 5 + 12 + 5


def test_texts_are_refused():
    problem, = problems_of(Spec("go_emotions", "msg", model="text_cnn"))
    assert problem == ("MSG draws again the weights of two-dimensional convolutions, and Text conv net is not made of "
                       "them: choose another model.")
    assert get("method", "msg").why_not(get("dataset", "digits"), get("model", "small_cnn")) is None


def test_profiles():
    paper = resolve(Spec("cifar10", "msg", profile="paper"))
    assert paper.effective == {"share": 0.3, "learning_rate": 0.001, "momentum": 0.9, "weight_decay": 5e-4,
                               "batch_size": 64, "damp": 0.1, "epochs": 5, "score_batch_norm": "train"}
    assert paper.plan == Plan(2 * 118 + 5 * 665, 2 * 7_500 + 5 * 42_500)
    corrected = resolve(Spec("cifar10", "msg"))
    assert corrected.effective == paper.effective | {"learning_rate": 0.01, "epochs": 6, "score_batch_norm": "eval"}
