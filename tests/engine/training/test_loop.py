"""The one training loop and the small parts that objectives are made of."""

from __future__ import annotations

import dataclasses

import pytest
import torch
import torch.nn.functional as F
from helping import make_task, parameters_of, small_split, weights_hash

from engine.errors import Diverged
from engine.evaluation.readout import read_logits
from engine.registry import get
from engine.system.rng import generator, permutation
from engine.training.loop import cycle, linear_factor, mean_loss, shuffled, train
from engine.training.stopwatch import Stopwatch
from engine.types import Progress


def test_generators_depend_on_seed_and_purpose_alone():
    def draw(seed, purpose):
        return torch.rand(4, generator=generator(seed, purpose)).tolist()

    assert draw(0, "a") == draw(0, "a")
    assert len({tuple(draw(seed, purpose)) for seed in (0, 1) for purpose in ("a", "b")}) == 4
    assert sorted(permutation(7, 3, "order").tolist()) == list(range(7))


def test_batches_of_a_shuffled_set():
    index = torch.arange(100, 107)
    batches = shuffled(index, 3, seed=0, purpose="x")
    assert [len(batch) for batch in batches] == [3, 4]
    assert sorted(torch.cat(batches).tolist()) == list(range(100, 107))
    endless = cycle(index, 3, seed=0, purpose="x")
    two = [torch.cat([next(endless), next(endless)]).tolist() for _ in range(2)]
    assert sorted(two[0]) == sorted(two[1]) and two[0] != two[1]


def test_the_learning_rate_of_the_recipe_falls_linearly_per_epoch(digits):
    """From 0.05 towards 0.001 of it over 4 epochs: 1, .75025, .5005, .25075."""
    assert [linear_factor(0.001, e, 4) for e in range(4)] == pytest.approx([1, 0.75025, 0.5005, 0.25075])
    recipe = dataclasses.replace(get("dataset", "digits").recipe, epochs=4)
    task = make_task(digits)
    steps = list(train(task.model, digits, torch.arange(128), recipe, seed=0))
    assert [p.terms["learning_rate"] for p in steps] == pytest.approx(
        [0.05 * f for f in (1, 1, 0.75025, 0.75025, 0.5005, 0.5005, 0.25075, 0.25075)])
    assert [(p.step, p.total_steps, p.samples, p.epoch) for p in steps][-1] == (8, 8, 512, 3)
    assert [p.state is not None for p in steps] == [False, True] * 4, "resumable after every epoch"


def test_a_loss_that_is_not_finite_ends_the_training(digits):
    task = make_task(digits)
    parameters = parameters_of("nabla_tau", task.split.sizes)
    with torch.no_grad():
        task.model[0].weight[0] = float("nan")
    with pytest.raises(Diverged) as caught:
        list(get("method", "nabla_tau").unlearn(task, parameters))
    assert str(caught.value) == "The loss became nan at step 1: a smaller learning rate may help."


def test_a_loss_that_explodes_is_noticed(digits):
    task = make_task(digits)
    recipe = dataclasses.replace(task.recipe, learning_rate=1e30, epochs=2)
    with pytest.raises(Diverged, match=r"^The loss became (nan|inf) at step \d+: a smaller learning rate may help\.$"):
        list(train(task.model, digits, torch.arange(128), recipe, seed=0))


def test_the_validation_loss_is_the_mean_over_all_of_it_in_evaluation_mode(digits):
    task = make_task(digits, small_split(validation=50))
    task.model.train()
    before = weights_hash(task.model)
    found = task.validation_loss()
    assert task.model.training and weights_hash(task.model) == before, "batch statistics must not move"
    inputs, labels = digits.batch(digits.heldout, task.split.validation)
    expected = F.cross_entropy(task.model.eval()(inputs), labels).item()
    assert found == pytest.approx(expected, rel=1e-5)
    parts = mean_loss(task.model, digits, digits.heldout, task.split.validation, batch_size=7)
    assert parts == pytest.approx(expected, rel=1e-5), "not a mean of the batches' means"


def test_the_loss_of_one_sample_is_read_with_frozen_batch_norm(digits):
    task = make_task(digits)
    task.model.train()
    inputs, labels = task.batch(torch.tensor([3]))
    loss = task.loss(torch.tensor([3]))
    assert task.model.training and int(task.model[1].num_batches_tracked) == 0
    assert loss.item() == pytest.approx(F.cross_entropy(task.model.eval()(inputs), labels).item())
    assert loss.requires_grad


def test_the_stopwatch_counts_the_method_alone(monkeypatch):
    """A clock of hand-set seconds: each step takes 2 s, what happens between two of them 100 s, and is not counted."""
    now = [0.0]
    monkeypatch.setattr("engine.training.stopwatch.time.perf_counter", lambda: now[0])

    def steps():
        for number in (1, 2, 3):
            now[0] += 2
            yield Progress(number, 3, number, {})

    watch, seen = Stopwatch(earlier=1.0), []
    for _ in watch.time(steps()):
        seen.append(watch.seconds)
        now[0] += 100
    assert seen == [3.0, 5.0, 7.0] and watch.seconds == 7.0


def test_pictures_are_read_in_parts_that_fit_the_cache(digits):
    """600 pictures on a CPU: 250, 250 and 100; the same logits as of one batch. In training mode the batch is one."""
    task, seen = make_task(digits), []
    inputs, _ = digits.batch(digits.train, torch.arange(600))
    task.model.eval().register_forward_pre_hook(lambda model, given: seen.append(len(given[0])))
    logits = read_logits(task.model, task.data, inputs)
    assert seen == [250, 250, 100]
    assert torch.equal(logits, task.model(inputs).detach()) and not logits.requires_grad
    seen.clear()
    read_logits(task.model.train(), task.data, inputs)
    assert seen == [600], "batch statistics are of the whole batch"
