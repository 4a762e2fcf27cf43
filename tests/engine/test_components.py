"""What every method, model, data set and attack must do, over the registries (timm's habit)."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest
import torch
from helping import class_split, make_task, parameters_of, small_split, weights_hash

from engine.errors import BadInput
from engine.evaluation.measure import accuracy, scores
from engine.registry import all_of, get, models_for
from engine.training.networks import build_network
from engine.types import Model, Plan

CPU = torch.device("cpu")


def by_name(record):
    return record.name


def work(method, data, seed=0):
    """Runs a method to its end on a small class removal: the task, every Progress, the plan.

    A class, because methods that look for what is special about the forget set find nothing in a random one.
    """
    task = make_task(data, class_split(data), seed=seed)
    parameters = parameters_of(method.name, task.split.sizes)
    return task, list(method.unlearn(task, parameters)), method.plan(parameters, task.split.sizes)


@pytest.fixture(scope="module")
def once(digits):
    """``work`` with seed 0, once a method."""
    return functools.cache(lambda name: work(get("method", name), digits))


@pytest.mark.parametrize("method", all_of("method"), ids=by_name)
class TestMethod:
    def test_changes_the_weights_and_keeps_them_finite(self, method, once, digits):
        before, after = make_task(digits).model.state_dict(), once(method.name)[0].model.state_dict()
        assert any(not torch.equal(after[name], before[name]) for name in before)
        assert all(bool(value.isfinite().all()) for value in after.values())

    def test_repeats_bit_for_bit_under_one_seed(self, method, once, digits):
        one = once(method.name)[0]
        torch.rand(1_000), np.random.rand(100)  # whatever ran before in this process must not matter
        state, numpy_state = torch.random.get_rng_state(), np.random.get_state()[1].copy()
        other = work(method, digits)[0]
        assert weights_hash(one.model) == weights_hash(other.model)
        assert torch.equal(state, torch.random.get_rng_state()), "the global torch generator was drawn from"
        assert (numpy_state == np.random.get_state()[1]).all()

    def test_ends_where_its_plan_says(self, method, once):
        _, steps, plan = once(method.name)
        ended = (steps[-1].step, steps[-1].samples)
        assert ended <= (plan.steps, plan.samples) if plan.at_most else ended == (plan.steps, plan.samples)
        assert [progress.step for progress in steps] == list(range(1, steps[-1].step + 1))
        assert {progress.total_steps for progress in steps} == {plan.steps}
        assert all(a.samples < b.samples for a, b in itertools.pairwise(steps))
        assert all(torch.isfinite(torch.as_tensor(value)) for value in steps[-1].terms.values())

    def test_says_where_its_epochs_end(self, method, once):
        """What rewinding keeps one of; where there are none, the method says so."""
        steps = once(method.name)[1]
        ends = [progress.step for progress in steps if progress.ends_epoch]
        if not method.no_epochs:
            assert ends and (ends[-1] == steps[-1].step or steps[-1].step < steps[-1].total_steps)

    def test_works_on_one_sample(self, method, digits):
        split = small_split(forget=1, retain=65)
        task = make_task(digits, split)
        parameters = parameters_of(method.name, split.sizes)
        *_, last = method.unlearn(task, parameters)
        plan = method.plan(parameters, split.sizes)
        assert Plan(last.step, last.samples, plan.at_most) == plan or (plan.at_most and last.samples <= plan.samples)
        assert all(bool(value.isfinite().all()) for value in task.model.state_dict().values())


def seeded(model, inputs):
    """First weights come from the seed, and from nothing that was drawn before."""
    state = torch.random.get_rng_state()
    one = build_network(model, 7, inputs, 5, CPU)
    assert torch.equal(state, torch.random.get_rng_state())
    torch.rand(10)
    assert weights_hash(one) == weights_hash(build_network(model, 7, inputs, 5, CPU))
    assert weights_hash(one) != weights_hash(build_network(model, 7, inputs, 6, CPU))


@pytest.mark.parametrize("dataset, model", [(d, m) for d in all_of("dataset") for m in models_for(d)
                                            if d.kind == "image"], ids=by_name)
class TestModel:
    def test_first_weights_come_from_the_seed_alone(self, dataset, model):
        seeded(model, 3)

    def test_answers_one_row_of_logits_a_sample(self, dataset, model):
        net = build_network(model, len(dataset.classes), 3, 0, CPU).eval()
        with torch.no_grad():
            logits = net(torch.zeros(2, 3, dataset.input_size, dataset.input_size))
        assert logits.shape == (2, len(dataset.classes)) and bool(logits.isfinite().all())


@pytest.mark.parametrize("model", [m for m in all_of("model") if m.kind == "text" and not m.pretrained], ids=by_name)
class TestTextModelFromScratch:
    def test_first_weights_come_from_the_seed_alone(self, model):
        seeded(model, 50)

    def test_answers_one_row_of_logits_a_text(self, model):
        with torch.no_grad():
            logits = build_network(model, 7, 50, 0, CPU).eval()(torch.arange(1, 19).reshape(2, 9))
        assert logits.shape == (2, 7) and bool(logits.isfinite().all())


def model_of(layer):
    """A record of a network that is one layer."""
    return Model("layer", "Layer", "text", lambda classes, inputs: layer(), "", "", prepare=lambda data: data)


@pytest.mark.parametrize("layer, bound", [(lambda: torch.nn.GRU(4, 16), 0.25), (lambda: torch.nn.LSTM(4, 4), 0.5)])
def test_a_layer_without_a_rule_here_resets_itself_from_the_seed(layer, bound):
    """torch's recurrent layers draw uniformly within 1 / sqrt(hidden size)."""
    state = torch.random.get_rng_state()
    nets = [build_network(model_of(layer), 2, 1, seed, CPU) for seed in (5, 5, 6)]
    weights, again, others = (torch.cat([weight.flatten() for weight in net.parameters()]) for net in nets)
    assert torch.equal(state, torch.random.get_rng_state())
    assert torch.equal(weights, again) and not torch.equal(weights, others)
    assert 0.9 * bound < weights.abs().max() <= bound


def test_a_layer_norm_begins_with_ones_and_zeros():
    norm = build_network(model_of(lambda: torch.nn.LayerNorm(3)), 2, 1, 0, CPU)
    assert norm.weight.tolist() == [1, 1, 1] and norm.bias.tolist() == [0, 0, 0]


def test_weights_that_nobody_resets_are_refused():
    class Gate(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.gain = torch.nn.Parameter(torch.zeros(3))

    with pytest.raises(BadInput) as refused:
        build_network(model_of(Gate), 2, 1, 0, CPU)
    assert str(refused.value) == ("Gate holds weights of its own and has no method reset_parameters(): it has "
                                  "to initialise them.")


@pytest.mark.parametrize("model, weights", [("small_cnn", 28_850), ("resnet18", 11_181_642)])
def test_sizes_of_the_networks(model, weights):
    """ResNet18 with the ImageNet stem: torchvision's 11,689,512 less 990 classes of 513 weights each."""
    net = build_network(get("model", model), 10, 1 if model == "small_cnn" else 3, 0, CPU)
    assert sum(p.numel() for p in net.parameters()) == weights


@pytest.mark.parametrize("attack", all_of("attack"), ids=by_name)
class TestAttack:
    def test_a_coin_toss_on_one_distribution(self, attack):
        rng = np.random.default_rng(0)
        assert accuracy(attack, rng.exponential(size=1_000), rng.exponential(size=1_000)) == pytest.approx(50, abs=3)

    def test_sees_a_difference_in_location(self, attack):
        rng = np.random.default_rng(0)
        assert accuracy(attack, rng.normal(0, 1, 500), rng.normal(20, 1, 500)) == 100.0
        assert accuracy(attack, rng.normal(20, 1, 500), rng.normal(0, 1, 500)) == 100.0

    def test_needs_columns_of_a_read_out_or_tables(self, attack):
        from engine.evaluation.readout import Readout

        beside = {"samples", "population", "retrained", "shadows", "ensemble"}
        assert set(attack.needs) <= (beside if attack.needs_retrained else set(Readout.__dataclass_fields__))

    def test_a_score_does_not_depend_on_the_other_samples(self, attack):
        if attack.needs_retrained:
            pytest.skip("it is scored against a population")
        rng = np.random.default_rng(0)
        columns = {name: rng.exponential(size=20) for name in ("loss", "entropy")} | {"correct": rng.random(20) < 0.5}
        whole, part = scores(attack, columns, 20), {name: values[5:] for name, values in columns.items()}
        assert scores(attack, part, 15).tolist() == whole[5:].tolist()


def test_the_digits_are_as_declared(digits):
    declared = next(d for d in all_of("dataset") if d.name == "digits")
    assert (len(digits.train), len(digits.heldout)) == (declared.train_size, declared.heldout_size) == (1_000, 797)
    assert digits.train.images.shape == (1_000, 8, 8, 1) and digits.train.images.dtype == torch.uint8
    assert digits.heldout.images.shape == (797, 8, 8, 1) and digits.train.labels.dtype == torch.int64
    assert digits.classes == declared.classes and digits.inputs == 1
    assert int(digits.train.labels.min()) == 0 and int(digits.train.labels.max()) == 9
