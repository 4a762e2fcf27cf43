"""CF-k and EU-k: what trains, what stands still, and that EU with all layers is Retraining."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from helping import make_task, parameters_of, weights_hash
from restating import distance, double_net, double_task

from engine.methods import last_k, retrain
from engine.registry import get
from engine.training.networks import build_network

CPU = torch.device("cpu")
RECIPE = {"learning_rate": 0.05, "weight_decay": 5e-4, "momentum": 0.9, "batch_size": 64, "final_lr_fraction": 0.001}


def parts(net, k):
    """The names of the last k layers' modules, and the state of these and of all others."""
    names = tuple(last_k.last(net, k))
    state = {name: value.clone() for name, value in net.state_dict().items()}
    chosen = {name for name in state if name.rpartition(".")[0] in names}
    return names, {name: state[name] for name in chosen}, {name: state[name] for name in state.keys() - chosen}


@pytest.mark.parametrize("k, names", [
    (1, ("11",)), (2, ("11", "8", "7")), (3, ("11", "8", "7", "4", "3")),
    (4, ("11", "8", "7", "4", "3", "1", "0")), (9, ("11", "8", "7", "4", "3", "1", "0"))])
def test_layers_are_counted_from_the_end_with_their_norms(k, names):
    """The small conv net: convolutions 0, 3 (both followed by a norm), 7 with norm 8, and the head 11."""
    net = torch.nn.Sequential(*[torch.nn.Identity() for _ in range(12)])
    for place, layer in ((0, torch.nn.Conv2d(1, 2, 3)), (3, torch.nn.Conv2d(2, 2, 3)), (7, torch.nn.Conv2d(2, 2, 3)),
                         (1, torch.nn.BatchNorm2d(2)), (4, torch.nn.BatchNorm2d(2)), (8, torch.nn.BatchNorm2d(2)),
                         (11, torch.nn.Linear(2, 2))):
        net[place] = layer
    assert tuple(last_k.last(net, k)) == names


@pytest.mark.parametrize("model, layers", [("small_cnn", 4), ("text_cnn", 5), ("mlp", 4), ("resnet18_cifar", 21)])
def test_how_many_layers_networks_have(model, layers):
    """ResNet18: one first convolution, 16 in the blocks, three in shortcuts, and the head."""
    record = get("model", model)
    net = build_network(record, 4, {"text": 50, "points": 2}.get(record.kind, 3), 0, CPU)
    chosen = last_k.last(net, layers)
    assert set(net.state_dict()) == {key for key in net.state_dict() if key.rpartition(".")[0] in chosen}
    assert len(last_k.last(net, layers - 1)) < len(chosen) and sum(map(last_k.is_layer, chosen.values())) == layers


@pytest.mark.parametrize("reinitialise", [False, True])
@pytest.mark.parametrize("statistics", ["train", "eval"])
def test_frozen_weights_are_bit_identical_in_the_end(reinitialise, statistics, digits):
    task = make_task(digits)
    _, trained, frozen = parts(task.model, 2)
    list(last_k.unlearn(task, parameters_of("last_k", task.split.sizes, k=2, reinitialise=reinitialise, epochs=2,
                                            frozen_batch_norm=statistics)))
    after = task.model.state_dict()
    assert not any(torch.equal(after[name], value) for name, value in trained.items())
    moved = {name for name, value in frozen.items() if not torch.equal(after[name], value)}
    running = {name for name in frozen if "running" in name or "num_batches" in name}
    assert moved == (running if statistics == "train" else set()) and len(running) == 6
    assert all(weight.requires_grad for weight in task.model.parameters()), "as it was before"


def test_a_run_that_is_stopped_leaves_no_weight_frozen(digits):
    task = make_task(digits)
    steps = last_k.unlearn(task, parameters_of("last_k", task.split.sizes, k=1))
    next(steps)
    assert [weight.requires_grad for weight in task.model.parameters()] == [False] * 9 + [True] * 2
    steps.close()
    assert all(weight.requires_grad for weight in task.model.parameters())


@pytest.mark.parametrize("norms, as_before", [(True, set()), (False, {"8.weight", "8.bias", "8.running_mean",
                                                                    "8.running_var", "8.num_batches_tracked"})])
def test_eu_starts_from_first_weights_in_the_last_k_and_the_original_elsewhere(norms, as_before, digits):
    task = make_task(digits)
    first = task.fresh().state_dict()
    for value in task.model.state_dict().values():
        value += 1
    _, _, frozen = parts(task.model, 2)
    before = {name: value.clone() for name, value in task.model.state_dict().items()}
    last_k.restart(last_k.last(task.model, 2), task.fresh(), norms)
    for name, value in task.model.state_dict().items():
        wanted = before if name in frozen or name in as_before else first
        assert torch.equal(value, wanted[name]), name


def test_eu_with_all_layers_is_retraining_bit_for_bit(digits):
    tasks = [make_task(digits, seed=4) for _ in range(2)]
    sizes = tasks[0].split.sizes
    list(last_k.unlearn(tasks[0], parameters_of("last_k", sizes, k=1000, epochs=3, clip=0, **RECIPE)))
    list(retrain.unlearn(tasks[1], parameters_of("retrain", sizes, epochs=3)))
    assert weights_hash(tasks[0].model) == weights_hash(tasks[1].model)


def test_the_authors_rates_start_again():
    """T_0 = 1 and T_mult = 2 from .1 to .005: torch's own schedule, epoch by epoch, over the 62 of EU-k."""
    p = parameters_of("last_k", None, schedule="restarts", learning_rate=0.1, final_lr_fraction=0.05, epochs=62)
    weight = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([weight], lr=0.1)
    torchs = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimiser, T_0=1, T_mult=2, eta_min=0.005)
    for epoch in range(62):
        assert last_k.rate(p, epoch) == pytest.approx(optimiser.param_groups[0]["lr"], rel=1e-12)
        optimiser.step(), torchs.step()
    assert [epoch for epoch in range(62) if last_k.rate(p, epoch) == 0.1] == [0, 1, 3, 7, 15, 31]


@pytest.mark.parametrize("reinitialise", [False, True])
def test_the_published_update_restated(reinitialise):
    """Momentum, decay added to the gradient, gradients shortened to the norm, rates along restarting cosines."""
    net, first = double_net(), double_net(seed=7)
    task = double_task(net, fresh=lambda: first)
    start = [weight.detach().clone() for weight in net.parameters()]
    plain = copy.deepcopy(net).train()
    if reinitialise:
        plain[4].load_state_dict(first[4].state_dict())
    begun = [weight.detach().clone() for weight in plain.parameters()]
    p = parameters_of("last_k", task.split.sizes, k=1, reinitialise=reinitialise, schedule="restarts", clip=0.3,
                      learning_rate=0.4, weight_decay=0.01, momentum=0.9, batch_size=4, epochs=4,
                      frozen_batch_norm="train", final_lr_fraction=0.05)
    list(last_k.unlearn(task, p))
    rates = [0.4, 0.4, 0.4 * (0.05 + 0.95 * 0.5), 0.4]  # by hand: cycles of 1, 2, 4 epochs; cos(pi / 2) = 0
    velocity = [torch.zeros_like(weight) for weight in plain[4].parameters()]
    shortened = 0
    for number, index in enumerate(task.read):
        inputs, labels = task.batch(index)
        gradients = torch.autograd.grad(F.cross_entropy(plain(inputs), labels), list(plain[4].parameters()))
        norm = torch.cat([gradient.flatten() for gradient in gradients]).norm()
        shortened += bool(norm > 0.3)
        for weight, gradient, v in zip(plain[4].parameters(), gradients, velocity):
            v.mul_(0.9).add_(gradient * min(1.0, 0.3 / (float(norm) + 1e-6)) + 0.01 * weight.detach())
            weight.data -= rates[number // 4] * v
    assert len(task.read) == 16 and shortened > 0
    assert distance(net, list(plain.parameters()), begun) < 1e-9
    assert torch.equal(net[1].weight, start[0]) and torch.allclose(net[2].running_mean, plain[2].running_mean)


def test_the_released_constants():
    assert get("method", "last_k").profiles["paper"] == {
        "epochs": 62, "learning_rate": 0.1, "weight_decay": 5e-5, "schedule": "restarts", "reset_norms": False,
        "frozen_batch_norm": "train"}
    p = parameters_of("last_k", None, learning_rate=0.1)
    assert (p.batch_size, p.momentum, p.clip, p.final_lr_fraction) == (64, 0.9, 10.0, 0.05)
