"""Boundary unlearning: which neighbour a sample goes to, by hand, the two updates restated, and who is refused."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from helping import class_split, make_task, parameters_of, problems_of, toy_task
from restating import distance, double_net, double_task
from torch import nn

from engine.errors import BadInput
from engine.methods import boundary_shrink
from engine.registry import get
from engine.types import Plan, Sizes, Spec


def two_classes():
    """Says class 1 where w . x > b; ||w_1 - w_0||_1 = 3."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(2, 2))
    net[1].weight.data = torch.tensor([[0.0, 0.0], [2.0, -1.0]])
    net[1].bias.data = torch.tensor([0.0, -0.5])
    return net


def neighbours(task, bound, missed="keep"):
    targets = task.data.train.labels.clone()
    p = parameters_of("boundary_shrink", task.split.sizes, bound=bound, missed=missed)
    steps = list(boundary_shrink.relabel(task, p, targets, 1))
    return targets.tolist(), float(steps[-1].terms["reached"])


# Margins 2 x - y - .5 of the five pictures: 1.1, .5, .1, -.3, -.5, in steps of 1/255.
PIXELS = [(0.8, 0.0), (0.6, 0.2), (0.4, 0.2), (0.2, 0.2), (0.2, 0.4)]


@pytest.mark.parametrize("bound, crossed", [(0.0, []), (0.05, [2]), (0.12, [2, 3]), (0.2, [1, 2, 3, 4])])
def test_exactly_the_samples_within_reach_of_the_boundary_change_sides(bound, crossed):
    """A step changes the margin by bound x 3, less where a value would leave the range from 0 to 1."""
    task = toy_task(two_classes(), [1, 1, 1, 0, 0], 5, pixels=PIXELS)
    wanted = [label if number not in crossed else 1 - label for number, label in enumerate([1, 1, 1, 0, 0])]
    assert neighbours(task, bound) == (wanted, 20.0 * len(crossed))


def test_where_the_step_reaches_no_class_the_likeliest_other_one_is_next():
    net = nn.Sequential(nn.Flatten(), nn.Linear(2, 3))
    net[1].weight.data, net[1].bias.data = torch.zeros(3, 2), torch.tensor([3.0, 1.0, 2.0])
    task = toy_task(net, [0, 1, 2], 3, pixels=[(0.0, 1.0)] * 3, classes=3)
    assert neighbours(task, 0.1, "keep")[0] == [0, 0, 0], "what the model says, right or wrong"
    assert neighbours(task, 0.1, "next")[0] == [2, 0, 0]


def test_pictures_stay_pictures_in_255_steps_and_points_are_free(digits):
    data = copy.copy(digits)
    object.__setattr__(data, "mean", (0.4,)), object.__setattr__(data, "std", (0.2,))
    pixels = torch.tensor([0.0, 0.1, 0.95, 1.0]).view(1, 1, 2, 2)
    up = boundary_shrink.moved(data, (pixels - 0.4) / 0.2, torch.ones_like(pixels), 0.1) * 0.2 + 0.4
    down = boundary_shrink.moved(data, (pixels - 0.4) / 0.2, -torch.ones_like(pixels), 0.1) * 0.2 + 0.4
    assert (up * 255).flatten().tolist() == pytest.approx([26, 51, 255, 255], abs=1e-3)
    assert (down * 255).flatten().tolist() == pytest.approx([0, 0, 217, 230], abs=1e-3)
    object.__setattr__(data, "mean", (0.0, 1.0)), object.__setattr__(data, "std", (1.0, 2.0))
    points = boundary_shrink.moved(data, torch.tensor([[2.0, 2.0]]), torch.tensor([[1.0, -3.0]]), 0.5)
    assert points.tolist() == [[2.5, 1.75]]


def test_labels_come_from_the_original_and_stay(digits, monkeypatch):
    """Although the network moves: the attack pass alone decides, and it moves nothing."""
    task = make_task(digits, class_split(digits))
    before = [weight.clone() for weight in task.model.parameters()]
    used, real = [], F.cross_entropy
    p = parameters_of("boundary_shrink", task.split.sizes, epochs=3, batch_size=200, learning_rate=0.1)
    steps = boundary_shrink.unlearn(task, p)
    next(steps)
    assert all(torch.equal(a, b) for a, b in zip(before, task.model.parameters(), strict=True))
    monkeypatch.setattr(F, "cross_entropy", lambda logits, labels, **more: used.append(sorted(labels.tolist()))
                        or real(logits, labels, **more))
    list(steps)
    assert used[0] == used[2] == used[4] and 3 not in used[0], "every second one is on the true labels"


@pytest.mark.parametrize("batch_norm", ["train", "eval"])
def test_shrinking_restated(batch_norm):
    net = double_net()
    task = double_task(net)
    original, plain = copy.deepcopy(net).eval(), copy.deepcopy(net).train(batch_norm == "train")
    begun = [weight.detach().clone() for weight in net.parameters()]
    p = parameters_of("boundary_shrink", task.split.sizes, epochs=3, batch_size=5, learning_rate=0.2, bound=0.3,
                      batch_norm=batch_norm)
    list(boundary_shrink.unlearn(task, p))
    velocity = [torch.zeros_like(weight) for weight in begun]
    for index in task.read:
        inputs, labels = task.batch(index)
        pixels = inputs.clone().requires_grad_(True)
        F.cross_entropy(original(pixels), labels, reduction="sum").backward()
        said = original(((inputs + 0.3 * pixels.grad.sign()) * 255).round().div(255).clamp(0, 1)).detach()
        said[range(len(index)), labels] = -torch.inf
        gradients = torch.autograd.grad(F.cross_entropy(plain(inputs), said.argmax(1)), list(plain.parameters()))
        for weight, gradient, v in zip(plain.parameters(), gradients, velocity):
            v.mul_(0.9).add_(gradient)
            weight.data -= 0.2 * v
    assert len(task.read) == 6 and distance(net, list(plain.parameters()), begun) < 1e-9


def test_expanding_restated(monkeypatch):
    """The network with an output more, in one piece; what is left has the classes that it had."""
    made, real = [], boundary_shrink.Extra.__init__

    def kept(self, *arguments):
        real(self, *arguments)
        self.weights = [nn.Parameter(weight.data.double()) for weight in self.weights]
        made.append([weight.detach().clone() for weight in self.weights])

    monkeypatch.setattr(boundary_shrink.Extra, "__init__", kept)
    net = double_net()
    task, plain = double_task(net), copy.deepcopy(net).eval()
    begun = [weight.detach().clone() for weight in net.parameters()]
    p = parameters_of("boundary_shrink", task.split.sizes, variant="expand", epochs=3, batch_size=5, learning_rate=0.2)
    steps = list(boundary_shrink.unlearn(task, p))
    (weight, bias), head = made[0], plain[4]
    wide = nn.Linear(7, 4).double()
    wide.weight.data, wide.bias.data = torch.cat([head.weight, weight[None]]), torch.cat([head.bias, bias[None]])
    plain[4] = wide
    optimiser = torch.optim.SGD(plain.parameters(), lr=0.2, momentum=0.9)
    for index in task.read:
        optimiser.zero_grad()
        F.cross_entropy(plain(task.batch(index)[0]), torch.full((len(index),), 3)).backward()
        optimiser.step()
    narrow = [*plain[:4].parameters(), wide.weight[:3], wide.bias[:3]]
    assert distance(net, narrow, begun) < 1e-9
    assert net(task.batch(torch.arange(4))[0]).shape == (4, 3) and not net[4]._forward_pre_hooks
    assert (steps[0].step, steps[-1].step, steps[-1].samples) == (1, 6, 24)


def test_the_added_output_begins_as_xaviers(digits):
    """Normal with variance 2 / (fan in + fan out): of 768 features and 11 outputs; its bias is 0."""
    extra = boundary_shrink.Extra(make_task(digits), 10)
    weight, bias = (value.detach() for value in extra.weights)
    assert weight.shape == (768,) and not bias.any()
    assert float(weight.std()) == pytest.approx((2 / 779) ** 0.5, rel=0.1) and abs(float(weight.mean())) < 0.006


def test_a_network_without_a_linear_head_cannot_be_expanded(digits):
    task = make_task(digits)
    task.model = nn.Sequential(nn.Conv2d(1, 10, 8), nn.Flatten())
    with pytest.raises(BadInput, match="no linear layer with 10 outputs, to which expand could add another one: "):
        list(boundary_shrink.unlearn(task, parameters_of("boundary_shrink", task.split.sizes, variant="expand")))


def test_texts_are_refused_in_a_sentence():
    said = problems_of(Spec("go_emotions", "boundary_shrink"))
    assert said == ["Boundary unlearning moves inputs a little towards another class, but the words of GoEmotions "
                    "cannot be moved: choose pictures or points."]
    assert get("method", "boundary_shrink").why_not(get("dataset", "moons")) is None


@pytest.mark.parametrize("variant, passes", [("shrink", 11), ("expand", 10)])
def test_what_it_costs(variant, passes):
    """A class of CIFAR-10, 5,000 pictures in 79 batches of 64; the same in both profiles."""
    sizes = Sizes(50_000, 5_000, 45_000, 5_000, 5_000)
    for profile in ("corrected", "paper"):
        p = get("method", "boundary_shrink").parameters(variant=variant, **get(
            "method", "boundary_shrink").profiles[profile])
        assert boundary_shrink.plan(p, sizes) == Plan(passes * 79, passes * 5_000)


def test_the_released_constants():
    p = get("method", "boundary_shrink").parameters(**get("method", "boundary_shrink").profiles["paper"])
    assert (p.bound, p.learning_rate, p.momentum, p.epochs, p.batch_size, p.batch_norm, p.missed) == (
        0.1, 1e-5, 0.9, 10, 64, "train", "keep")
