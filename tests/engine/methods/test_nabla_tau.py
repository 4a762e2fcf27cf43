"""nabla-tau and fine-tuning by hand: equation 2, schedules, budgets (docs/methods.md), on plain losses."""

from __future__ import annotations

import contextlib

import pytest
import torch
from helping import make_task, parameters_of, small_split, weights_hash
from torch import nn

from engine.data.batches import batch_sizes, drawn_by_cycle, steps_in
from engine.methods import _passes, finetune, nabla_tau
from engine.registry import get
from engine.spec import resolve
from engine.types import Plan, Sizes, Spec

CIFAR_15 = Sizes(50_000, 7_500, 42_500, 5_000, 5_000)
CIFAR_3 = Sizes(50_000, 1_500, 48_500, 5_000, 5_000)
CIFAR_30 = Sizes(50_000, 15_000, 35_000, 5_000, 5_000)


class Losses(nn.Module):
    """A "network" whose forget and retain losses are its two weights."""

    def __init__(self, forget: float, retain: float):
        super().__init__()
        self.forget, self.retain = nn.Parameter(torch.tensor(forget)), nn.Parameter(torch.tensor(retain))


class FakeTask:
    """A task of 6 forget and 12 retain samples, batches of 2; counts what is asked of it."""

    dropout, device = staticmethod(lambda step: contextlib.nullcontext()), torch.device("cpu")

    def __init__(self, forget: float = 1.2, retain: float = 0.3, target: float = 2.0):
        self.model, self.target, self.seed = Losses(forget, retain), target, 0
        self.split = small_split(6, 12, 4, 4)
        self.asked: list[torch.Tensor] = []
        self.measured = 0

    def loss(self, index: torch.Tensor) -> torch.Tensor:
        self.asked.append(index)
        return self.model.forget * 1 if int(index[0]) < 6 else self.model.retain * 1

    def validation_loss(self) -> float:
        self.measured += 1
        return self.target


def settings(**values):
    defaults = {"alpha": 0.25, "batch_size": 2, "learning_rate": 1e-6, "weight_decay": 0.0}
    return nabla_tau.Parameters(**(defaults | values))


def loss_by_hand(task, monkeypatch, epoch=0, epochs=None, **values):
    """The loss, samples and terms that nabla-tau makes of one pair of batches."""
    caught = {}
    monkeypatch.setattr(_passes, "over_forget_set", lambda t, p, e, objective, begin: caught.update(
        epochs=e, objective=objective, begin=begin) or iter(()))
    list(nabla_tau.unlearn(task, settings(**values)))
    caught["begin"](0)
    caught["begin"](epoch)
    return caught["objective"](torch.tensor([0, 1]), torch.tensor([6, 7]), epoch)


# --- equation 2 -----------------------------------------------------------------------------


def test_equation_2(monkeypatch):
    """0.25 (2 - 1.2)^2 + 0.75 x 0.3 = 0.16 + 0.225"""
    loss, samples, terms = loss_by_hand(FakeTask(), monkeypatch)
    assert loss.item() == pytest.approx(0.385, abs=1e-6) and samples == 4
    assert {name: round(float(value), 6) for name, value in terms.items()} == {
        "forget_loss": 1.2, "retain_loss": 0.3, "validation_loss": 2.0, "alpha": 0.25}


def test_equation_2_at_and_above_the_target_is_the_retain_loss_alone(monkeypatch):
    for forget in (2.0, 3.5):
        loss, _, _ = loss_by_hand(FakeTask(forget), monkeypatch)
        assert loss.item() == pytest.approx(0.75 * 0.3, abs=1e-6)


def test_square_inside_pulls_a_high_forget_loss_down(monkeypatch):
    """0.25 (2 - 3.5)^2 + 0.75 x 0.3 = 0.5625 + 0.225; below the target both forms agree."""
    loss, _, _ = loss_by_hand(FakeTask(3.5), monkeypatch, square_inside=True)
    assert loss.item() == pytest.approx(0.7875, abs=1e-6)
    below, _, _ = loss_by_hand(FakeTask(1.2), monkeypatch, square_inside=True)
    assert below.item() == pytest.approx(0.385, abs=1e-6)


@pytest.mark.parametrize("forget, inside, gradient", [
    (1.2, False, -0.4),   # -2 x 0.25 x (2 - 1.2): descending it raises the forget loss
    (2.0, False, 0.0),
    (3.5, False, 0.0),    # at and above the target nothing pushes
    (1.2, True, -0.4),
    (3.5, True, 0.75),    # squared inside the ReLU: -2 x 0.25 x (2 - 3.5), pulled down again
])
def test_the_gradient_of_the_forget_loss(forget, inside, gradient):
    task = FakeTask(forget)
    next(nabla_tau.unlearn(task, settings(square_inside=inside)))
    assert task.model.forget.grad.item() == pytest.approx(gradient, abs=1e-6)
    assert task.model.retain.grad.item() == pytest.approx(0.75)


def test_the_forget_loss_rises_to_the_target_and_stays_there():
    task = FakeTask(forget=1.9)
    trace = [float(p.terms["forget_loss"]) for p in nabla_tau.unlearn(
        task, settings(learning_rate=0.01, final_lr_fraction=1.0, retain_epochs=40, alpha_decay=False))]
    assert trace[0] == pytest.approx(1.9)
    assert trace[-1] == pytest.approx(2.0, abs=0.1)  # AdamW's momentum carries it a little beyond
    assert trace == sorted(trace), "nothing pulls it down again"


# --- schedules ------------------------------------------------------------------------------


def test_alpha_falls_linearly_per_forget_epoch():
    """E = int(6 x 6 / (2 x 3)) = 6 epochs of 3 steps: a_i = a_0 (1 - i/6)."""
    steps = list(nabla_tau.unlearn(FakeTask(), settings()))
    assert len(steps) == 18
    assert [p.terms["alpha"] for p in steps] == pytest.approx([0.25 * (1 - i / 6) for i in range(6) for _ in range(3)])
    flat = list(nabla_tau.unlearn(FakeTask(), settings(alpha_decay=False)))
    assert {p.terms["alpha"] for p in flat} == {0.25}


def test_the_learning_rate_falls_linearly_from_1_to_a_tenth():
    steps = list(nabla_tau.unlearn(FakeTask(), settings(learning_rate=1e-3)))
    expected = [1e-3 * (1 - 0.9 * i / 6) for i in range(6) for _ in range(3)]
    assert [p.terms["learning_rate"] for p in steps] == pytest.approx(expected)
    constant = nabla_tau.unlearn(FakeTask(), settings(final_lr_fraction=1.0))
    assert {p.terms["learning_rate"] for p in constant} == {1e-6}


@pytest.mark.parametrize("every, times", [(5, 3), (1, 12), (6, 2), (100, 1)])
def test_the_target_is_measured_every_few_epochs(every, times):
    task = FakeTask()  # retain_epochs 12: E = 12 forget epochs, so c = 5 measures in epochs 0, 5 and 10
    list(nabla_tau.unlearn(task, settings(retain_epochs=12, validation_every=every)))
    assert task.measured == times


def test_the_target_follows_the_measurement():
    task = FakeTask()
    seen = []
    for progress in nabla_tau.unlearn(task, settings(retain_epochs=12)):
        task.target = 2.0 + progress.epoch
        seen.append(progress.terms["validation_loss"])
    assert seen == [2.0] * 15 + [6.0] * 15 + [11.0] * 6


def test_every_epoch_passes_the_forget_set_once_beside_cycled_retain_batches():
    task = FakeTask()
    steps = list(nabla_tau.unlearn(task, settings()))
    forget, retain = task.asked[0::2], task.asked[1::2]
    for epoch in range(6):
        assert sorted(torch.cat(forget[3 * epoch:3 * epoch + 3]).tolist()) == list(range(6))
    passes = [torch.cat(retain[6 * i:6 * i + 6]).tolist() for i in range(3)]
    assert all(sorted(one) == list(range(6, 18)) for one in passes)
    assert passes[0] != passes[1] != passes[2], "the retain set is reshuffled when it is exhausted"
    assert steps[-1].samples == 18 * 4


def test_finetuning_trains_on_the_retain_set_alone():
    task = FakeTask()
    steps = list(finetune.unlearn(task, finetune.Parameters(batch_size=2, learning_rate=1e-6)))
    assert len(steps) == 36 and steps[-1].samples == 72  # int(6 x 6 / 3) = 12 epochs of 3 steps
    assert min(int(index.min()) for index in task.asked) == 6
    assert task.model.forget.grad is None and task.model.retain.grad.item() == 1.0
    assert set(steps[0].terms) == {"retain_loss", "learning_rate"}


# --- budgets --------------------------------------------------------------------------------


@pytest.mark.parametrize("sizes, epochs, steps", [(CIFAR_3, 95, 570), (CIFAR_15, 16, 480), (CIFAR_30, 6, 354)])
def test_the_papers_budgets(sizes, epochs, steps):
    """CIFAR-10, batches of 256. R, F: 190, 6; 167, 30; 137, 59. E = int(6 R / 2 F)."""
    parameters = nabla_tau.Parameters(alpha=0.25)
    assert nabla_tau.forget_epochs(parameters, sizes) == epochs
    assert nabla_tau.plan(parameters, sizes).steps == steps


def test_finetuning_takes_twice_the_steps_for_the_same_samples():
    """int(6 x 167 / 30) = 33 epochs of 30 steps, of up to 256 retain samples each."""
    tuning, ours = finetune.plan(finetune.Parameters(), CIFAR_15), nabla_tau.plan(nabla_tau.Parameters(), CIFAR_15)
    assert tuning == Plan(990, 5 * 42_500 + 155 * 256)  # 990 = 5 x 167 + 155
    assert ours == Plan(480, 16 * 7_500 + 2 * 42_500 + 146 * 256)  # 480 = 2 x 167 + 146
    assert abs(tuning.samples / ours.samples - 1) < 0.05


def test_the_digits_budgets():
    assert resolve(Spec()).plan == Plan(80, 4_932)
    assert resolve(Spec(method="finetune")).plan == Plan(320, 5 * 850 + 50 * 16)  # 32 epochs of 10; 54 steps a pass
    assert resolve(Spec(method="retrain")).plan == Plan(60 * 14, 60 * 850)
    assert resolve(Spec(parameters={"retain_epochs": 30})).plan.steps == 405


def test_max_forget_epochs_caps():
    assert nabla_tau.plan(nabla_tau.Parameters(max_forget_epochs=80), CIFAR_3).steps == 80 * 6
    assert nabla_tau.plan(nabla_tau.Parameters(max_forget_epochs=80), CIFAR_15).steps == 480
    assert nabla_tau.plan(nabla_tau.Parameters(max_forget_epochs=0), CIFAR_3).steps == 570
    assert finetune.plan(finetune.Parameters(max_forget_epochs=10), CIFAR_15).steps == 300


def test_at_least_one_epoch():
    tiny = Sizes(1_000, 990, 10, 5, 5)
    assert nabla_tau.forget_epochs(nabla_tau.Parameters(batch_size=32), tiny) == 1
    assert finetune.forget_epochs(finetune.Parameters(batch_size=32, retain_epochs=1), tiny) == 1


def test_a_forget_set_larger_than_the_retain_set_cycles(digits):
    """f = .6 of 1,000, batches of 32: R = 13, F = 19, E = int(78 / 38) = 2, 38 steps: two passes and 12 batches."""
    resolved = resolve(Spec(forget_fraction=0.6))
    assert resolved.plan == Plan(38, 2 * 600 + 2 * 400 + 12 * 32)
    task = make_task(digits, small_split(600, 400))
    *_, last = nabla_tau.unlearn(task, resolved.parameters)
    assert (last.step, last.samples) == (38, 2_384)


def test_one_forget_sample_works(digits):
    resolved = resolve(Spec(forget_fraction=0.001, parameters={"max_forget_epochs": 3}))
    assert resolved.sizes.forget == 1 and resolved.plan == Plan(3, 3 + 96)
    task = make_task(digits, small_split(1, 999))
    *_, last = nabla_tau.unlearn(task, resolved.parameters)
    assert last.samples == 99 and all(bool(v.isfinite().all()) for v in task.model.state_dict().values())


@pytest.mark.parametrize("samples, batch, sizes", [
    (6, 2, [2, 2, 2]), (7, 3, [3, 4]), (8, 3, [3, 3, 2]), (1, 32, [1]), (33, 32, [33]), (2, 32, [2])])
def test_no_batch_of_one_beside_others(samples, batch, sizes):
    assert batch_sizes(samples, batch) == sizes and steps_in(samples, batch) == len(sizes)


def test_samples_drawn_by_cycling():
    assert drawn_by_cycle(5, 7, 3) == 7 + 7 + 3  # batches of 3, 4 | 3, 4 | 3


# --- alpha and the profiles -----------------------------------------------------------------


@pytest.mark.parametrize("fraction, alpha", [(0.03, 0.05), (0.15, 0.25), (0.30, 0.5), (0.6, 1.0)])
def test_auto_alpha_is_five_thirds_of_the_fraction(fraction, alpha):
    for dataset in ("digits", "cifar10"):
        assert resolve(Spec(dataset=dataset, forget_fraction=fraction)).effective["alpha"] == pytest.approx(alpha)


def test_auto_alpha_for_one_class_of_ten():
    sizes = Sizes(50_000, 5_000, 45_000, 5_000, 5_000)
    assert resolve(Spec(dataset="cifar10"), sizes).effective["alpha"] == pytest.approx(1 / 6)


@pytest.mark.parametrize("method, tuned", [("nabla_tau", (2e-3, 32)), ("finetune", (8e-3, 16))])
def test_defaults_and_profiles(method, tuned):
    cifar = resolve(Spec(dataset="cifar10", method=method)).effective
    expected = {"learning_rate": 1e-3, "weight_decay": 0.01, "batch_size": 256, "final_lr_fraction": 0.1,
                "retain_epochs": 6, "max_forget_epochs": 0, "batch_norm": "train"}
    assert {name: cifar[name] for name in expected} == expected
    assert resolve(Spec(dataset="cifar10", method=method, profile="paper")).effective["batch_norm"] == "eval"
    digits = resolve(Spec(method=method)).effective
    assert (digits["learning_rate"], digits["batch_size"]) == tuned
    asked = resolve(Spec(method=method, profile="paper", parameters={"batch_norm": "train", "learning_rate": 0.5}))
    assert (asked.effective["batch_norm"], asked.effective["learning_rate"]) == ("train", 0.5)


def test_batch_norm_is_frozen_in_evaluation_mode_and_moves_in_training_mode(digits):
    for mode, counted in (("eval", 0), ("train", 16)):  # 8 steps of two forward passes each
        task = make_task(digits)
        parameters = parameters_of("nabla_tau", task.split.sizes, batch_norm=mode, max_forget_epochs=4)
        steps = list(get("method", "nabla_tau").unlearn(task, parameters))
        assert len(steps) == 8
        assert int(task.model[1].num_batches_tracked) == counted
        assert bool((task.model[1].running_mean == 0).all()) == (mode == "eval")


def test_seeds_change_the_order_of_the_batches(digits):
    hashes = set()
    for seed in (0, 1):
        task = make_task(digits, seed=seed)
        list(nabla_tau.unlearn(task, parameters_of("nabla_tau", task.split.sizes, max_forget_epochs=1)))
        hashes.add(weights_hash(task.model))
    assert len(hashes) == 2
