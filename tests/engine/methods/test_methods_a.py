"""SCRUB, SSD, Amnesiac, gradient ascent and NegGrad+: what defines each of them, on cases worked out by hand."""

from __future__ import annotations

import math
from itertools import chain

import pytest
import torch
from helping import class_split, make_task, parameters_of, small_split, toy_task
from torch import nn

from engine.methods import _objectives as objectives
from engine.methods import _passes as passes
from engine.methods import amnesiac, gradient_ascent, neggrad_plus, scrub, ssd
from engine.registry import get
from engine.training import loop as training

NO_DECAY = {"momentum": 0.0, "weight_decay": 0.0}


class Line(nn.Module):
    """Two classes; the logits are (weights x pixels, 0)."""

    def __init__(self, *weights: float):
        super().__init__()
        self.w = nn.Parameter(torch.tensor(weights))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        first = images.flatten(1) @ self.w
        return torch.stack([first, torch.zeros_like(first)], dim=1)


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def trace(method, task, **values):
    """Every Progress of a run, and the first weight after it."""
    return [(progress, task.model.w[0].item()) for progress in method.unlearn(task, method.Parameters(**values))]


# --- SCRUB ----------------------------------------------------------------------------------


def scrub_task(student: float = 1.0, teacher: float | None = None):
    """2 samples to forget, 4 to keep, one pixel each, all of class 0; a teacher other than the student, if asked."""
    task = toy_task(Line(student), [0] * 6, forget=2)
    if teacher is not None:
        task.frozen_original = lambda: Line(teacher).requires_grad_(False)
    return task


def slope(student: float, teacher: float, temperature: float = 4.0) -> float:
    """d/dw of T^2 KL(teacher || student) for the logits (w, 0): T (sigmoid(w/T) - sigmoid(teacher/T))."""
    return temperature * (sigmoid(student / temperature) - sigmoid(teacher / temperature))


def test_scrub_climbs_the_distance_on_the_forget_set_then_descends_on_the_retain_set():
    """From w = 1 under a teacher of 3: first away from it, then gamma CE + alpha d pulls back up."""
    run = trace(scrub, scrub_task(1.0, 3.0), epochs=1, learning_rate=0.1, gamma=0.7, alpha=0.3, **NO_DECAY)
    (first, after_forget), (second, after_retain) = run
    assert after_forget == pytest.approx(1 + 0.1 * slope(1, 3), abs=1e-6) and after_forget < 1
    down = 0.7 * (sigmoid(after_forget) - 1) + 0.3 * slope(after_forget, 3)
    assert after_retain == pytest.approx(after_forget - 0.1 * down, abs=1e-6) and after_retain > after_forget
    assert first.terms["forget_loss"].item() == pytest.approx(-math.log(sigmoid(1)), abs=1e-6)
    assert second.terms["retain_loss"].item() == pytest.approx(-math.log(sigmoid(after_forget)), abs=1e-6)
    assert second.terms["retain_distance"] > first.terms["forget_distance"], "the first pass has raised it"


def test_scrubs_teacher_is_the_original_and_does_not_learn():
    run = trace(scrub, scrub_task(1.0), epochs=2, maximise_epochs=0, alpha=0.0, learning_rate=0.1, **NO_DECAY)
    distances = [progress.terms["retain_distance"].item() for progress, _ in run]
    moved = run[0][1] / 4
    by_hand = sum(16 * p * math.log(p / q) for p, q in
                  ((sigmoid(0.25), sigmoid(moved)), (1 - sigmoid(0.25), 1 - sigmoid(moved))))
    assert distances == pytest.approx([0.0, by_hand], abs=1e-6) and distances[1] > 0


def test_scrubs_anchor_pulls_every_layer_with_a_force_of_its_own_weight():
    """The gradient of ||w - w_0|| is the unit vector from w_0 to w, however far; 0 where nothing has moved."""
    net = nn.Sequential(nn.Linear(2, 1, bias=False), nn.Linear(1, 1, bias=False))
    origin = nn.Sequential(nn.Linear(2, 1, bias=False), nn.Linear(1, 1, bias=False))
    for layer, now, before in zip((0, 1), ([[4.0, 5.0]], [[2.0]]), ([[1.0, 1.0]], [[2.0]])):
        net[layer].weight.data, origin[layer].weight.data = torch.tensor(now), torch.tensor(before)
    distance = scrub.drift(net, origin)
    distance.backward()
    assert distance.item() == 5.0
    assert net[0].weight.grad.tolist() == [[pytest.approx(0.6), pytest.approx(0.8)]]
    assert net[1].weight.grad.tolist() == [[0.0]]
    alone = {"epochs": 1, "learning_rate": 0.1, "gamma": 0.0, "alpha": 0.0, **NO_DECAY}
    run = trace(scrub, scrub_task(1.0, 3.0), anchor=0.5, **alone)
    assert run[0][1] == pytest.approx(1 + 0.1 * (slope(1, 3) + 0.5), abs=1e-6), "on forget steps too"
    assert run[1][1] == pytest.approx(run[0][1] + 0.1 * 0.5, abs=1e-6)


def test_scrubs_passes_and_learning_rates():
    run = trace(scrub, scrub_task(), epochs=6, forget_batch_size=2, retain_batch_size=2)
    kinds = ["forget" if "forget_loss" in progress.terms else "retain" for progress, _ in run]
    assert kinds == ["forget", "retain", "retain"] * 3 + ["retain", "retain"] * 3
    rates = {progress.epoch: progress.terms["learning_rate"] for progress, _ in run}
    assert list(rates.values()) == pytest.approx([5e-4] * 3 + [5e-5] * 2 + [5e-6])


def test_scrub_trains_its_student_in_training_mode(digits):
    task = make_task(digits)
    list(scrub.unlearn(task, parameters_of("scrub", task.split.sizes, epochs=1)))
    assert task.model.training and int(task.model[1].num_batches_tracked) == 2


# --- SSD ------------------------------------------------------------------------------------


def ssd_task():
    """w = (2, 3). The 2 samples to forget light only the first pixel, the 6 to keep only the second; all of class 0."""
    return toy_task(Line(2.0, 3.0), [0] * 8, forget=2, pixels=[(1.0, 0.0)] * 2 + [(0.0, 1.0)] * 6)


@pytest.mark.parametrize("values, first, selected", [
    ({}, 2 / 16, 50), ({"dampening": 4.0}, 2 * 4 / 16, 50), ({"dampening": 0.0}, 0.0, 50),
    ({"selection": 15.9}, 2 / 16, 50), ({"selection": 16.1}, 2.0, 0),
    ({"dampening": 10.0, "selection": 1.0}, 2 * 10 / 16, 50), ({"dampening": 32.0}, 2.0, 50)])
def test_ssd_dampens_by_the_ratio_of_importances(values, first, selected):
    """One batch each: I_f = g^2, I_D = (2/8 g)^2, so their ratio is 16 for the first weight and 0 for the second."""
    task = ssd_task()
    *_, last = ssd.unlearn(task, ssd.Parameters(**values))
    assert task.model.w.tolist() == pytest.approx([first, 3.0], abs=1e-6)
    assert last.terms["selected"] == selected
    assert (last.step, last.samples) == (2, 10)


def test_ssds_importance_is_the_mean_over_batches_of_the_squared_batch_mean():
    """4 alike to forget: I_f = g^2. A batch of 2 of D with k of them adds (k/2 g)^2; there are 4 such batches."""
    task = toy_task(Line(2.0, 3.0), [0] * 8, forget=4, pixels=[(1.0, 0.0)] * 4 + [(0.0, 1.0)] * 4)
    drawn = training.shuffled(torch.arange(8), 2, 0, "importance/train")
    ratio = sum(int((batch < 4).sum()) ** 2 / 4 for batch in drawn) / 4
    assert ratio < 1
    list(ssd.unlearn(task, ssd.Parameters(selection=1.0, batch_size=2)))
    assert task.model.w[0].item() == pytest.approx(2 * ratio, abs=1e-6)


def test_ssd_does_not_train(digits):
    """The weights move at the last step alone, batch norm's averages never; a class is told from a random subset."""
    task, selected = make_task(digits, class_split(digits)), {}
    before = {name: value.clone() for name, value in task.model.state_dict().items()}
    for progress in ssd.unlearn(task, parameters_of("ssd", task.split.sizes)):
        changed = {name for name, value in task.model.state_dict().items() if not torch.equal(value, before[name])}
        assert bool(changed) == (progress.step == progress.total_steps)
    assert changed <= {name for name, _ in task.model.named_parameters()}
    selected["class"] = progress.terms["selected"]
    *_, last = ssd.unlearn(make_task(digits, small_split()), parameters_of("ssd", small_split().sizes))
    assert last.terms["selected"] < selected["class"] / 2


# --- Amnesiac -------------------------------------------------------------------------------


def test_amnesiac_learns_another_label_for_every_forget_sample_and_no_other(digits):
    task = make_task(digits, small_split(forget=600, retain=300))
    labels, targets = digits.train.labels, amnesiac.relabelled(task)
    assert bool((targets[:600] != labels[:600]).all()) and torch.equal(targets[600:], labels[600:])
    shifts = ((targets - labels) % 10)[:600].bincount(minlength=10)
    assert shifts[0] == 0 and int(shifts[1:].min()) > 35, "uniform among the nine others: 67 each"
    assert torch.equal(targets, amnesiac.relabelled(task))
    assert not torch.equal(targets, amnesiac.relabelled(make_task(digits, task.split, seed=1)))


def test_amnesiac_never_draws_a_forgotten_class(digits):
    task = make_task(digits, class_split(digits, label=3))
    assert 3 not in amnesiac.relabelled(task)[task.split.forget]


def test_amnesiac_draws_its_labels_once(digits, monkeypatch):
    calls, draw = [], objectives.other_labels
    monkeypatch.setattr(objectives, "other_labels", lambda *given: calls.append(given) or draw(*given))
    task = make_task(digits)
    list(amnesiac.unlearn(task, parameters_of("amnesiac", task.split.sizes, epochs=3)))
    assert len(calls) == 1 and task.model.training


def test_amnesiacs_first_step():
    """2 of 3 samples of class 0 become class 1: dL/dw = 1/2 - 1/3 > 0, and Adam's first step is one learning rate."""
    task = toy_task(Line(0.0), [0, 0, 0], forget=2)
    (progress, weight), = trace(amnesiac, task, epochs=1, learning_rate=0.01)
    assert weight == pytest.approx(-0.01, abs=1e-6)
    assert progress.samples == 3 and progress.terms == {
        **dict.fromkeys(("forget_loss", "relabelled_loss", "retain_loss"), pytest.approx(math.log(2))),
        "learning_rate": 0.01}


# --- gradient ascent ------------------------------------------------------------------------


def test_gradient_ascents_first_steps():
    """From w = 1: SGD on -CE. w' = w - lr ((1 - sigmoid(w)) + decay w); the next step adds 0.9 of the first."""
    task = toy_task(Line(1.0), [0] * 5, forget=2)
    run = trace(gradient_ascent, task, epochs=2, learning_rate=0.1, weight_decay=0.01)
    force = (1 - sigmoid(1.0)) + 0.01
    second = 1 - 0.1 * force
    again = 0.9 * force + (1 - sigmoid(second)) + 0.01 * second
    assert [weight for _, weight in run] == pytest.approx([second, second - 0.1 * again], abs=1e-6)
    assert [progress.samples for progress, _ in run] == [2, 4]


def test_gradient_ascent_raises_the_loss_of_the_forget_set(digits):
    task = make_task(digits)
    task.model.eval()
    before = task.loss(task.split.forget).item()
    steps = list(gradient_ascent.unlearn(task, parameters_of("gradient_ascent", task.split.sizes, learning_rate=0.01)))
    losses = [progress.terms["forget_loss"].item() for progress in steps]
    assert losses == sorted(losses) and losses[-1] > losses[0] and task.model.training
    task.model.eval()
    assert task.loss(task.split.forget).item() > before


# --- NegGrad+ -------------------------------------------------------------------------------


def negative_task(forget: int = 2, retain: int = 6):
    """w = (1, 2). Forget samples light the first pixel, the others the second; all of class 0."""
    pixels = [(1.0, 0.0)] * forget + [(0.0, 1.0)] * retain
    return toy_task(Line(1.0, 2.0), [0] * (forget + retain), forget=forget, pixels=pixels)


def test_neggrad_plus_objective(monkeypatch):
    """0.95 x 0.126928 - 0.05 x 0.313262 = 0.104919"""
    caught = {}
    monkeypatch.setattr(passes, "loop", lambda optimiser, **given: caught.update(given) or iter(()))
    task = negative_task()
    list(neggrad_plus.unlearn(task, neggrad_plus.Parameters(epochs=1)))
    loss, samples, terms = caught["objective"](task.split.retain, 0)
    assert loss.item() == pytest.approx(0.104919, abs=1e-6) and samples == 8
    assert terms["retain_loss"].item() == pytest.approx(0.126928, abs=1e-6)
    assert terms["forget_loss"].item() == pytest.approx(0.313262, abs=1e-6)


def test_neggrad_plus_climbs_on_one_set_and_descends_on_the_other():
    task = negative_task()
    (progress, forget), = trace(neggrad_plus, task, epochs=1, beta=0.8, learning_rate=0.1, **NO_DECAY)
    assert forget == pytest.approx(1 - 0.1 * 0.2 * (1 - sigmoid(1.0)), abs=1e-6)
    assert task.model.w[1].item() == pytest.approx(2 + 0.1 * 0.8 * (1 - sigmoid(2.0)), abs=1e-6)
    assert progress.samples == 8


def test_neggrad_plus_passes_the_retain_set_and_cycles_the_forget_set(monkeypatch):
    """7 to keep in batches of 2, 2, 3; 4 to forget in batches of 2: in two epochs 14 of the one, 12 of the other."""
    task, asked = negative_task(forget=4, retain=7), []
    monkeypatch.setattr(training.Task, "loss", lambda task, index, loss=training.Task.loss: asked.append(
        index.tolist()) or loss(task, index))
    *_, (last, _) = trace(neggrad_plus, task, epochs=2, batch_size=2)
    retain, forget = asked[0::2], asked[1::2]
    assert all(sorted(chain(*retain[i:i + 3])) == list(range(4, 11)) for i in (0, 3))
    assert all(sorted(chain(*forget[i:i + 2])) == [0, 1, 2, 3] for i in (0, 2, 4))
    assert (last.step, last.samples) == (6, 14 + 12)
    assert get("method", "neggrad_plus").plan(neggrad_plus.Parameters(epochs=2, batch_size=2),
                                              task.split.sizes).samples == 26
