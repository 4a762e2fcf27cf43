"""The two profiles: which split they draw and how they read a model (docs/methods.md, top and last section)."""

from __future__ import annotations

import copy
import dataclasses

import pytest
import torch
from helping import weights_hash

from engine.data.criteria import ONE_LABEL
from engine.data.splits import split
from engine.evaluation.readout import read_out, read_out_as_trained
from engine.originals.workbench import Bench
from engine.registry import get
from engine.runs.readings import original_readings, read_sets
from engine.spec import resolve
from engine.system.device import prepare
from engine.training.networks import build_network
from engine.types import Spec

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def bench(digits):
    net = build_network(get("model", "small_cnn"), 10, 1, 0, CPU).eval()
    readouts = {"train": read_out(net, digits, digits.train), "heldout": read_out(net, digits, digits.heldout)}
    return Bench(digits, None, net, readouts, CPU, prepare(CPU, 1), None)


def parts_of(digits, **spec):
    return split(digits, Spec(**spec))


@pytest.mark.parametrize("profile", ["corrected", "paper"])
@pytest.mark.parametrize("fraction, forget", [(0.001, 1), (0.15, 150), (0.6, 600)])
def test_a_split_partitions_both_pools(digits, profile, fraction, forget):
    parts = parts_of(digits, forget_fraction=fraction, profile=profile)
    assert len(parts.forget) == forget
    assert sorted(torch.cat([parts.forget, parts.retain]).tolist()) == list(range(1_000))
    assert sorted(torch.cat([parts.validation, parts.test]).tolist()) == list(range(797))
    assert (len(parts.validation), len(parts.test)) == (398, 399)
    assert parts.sizes == resolve(Spec(forget_fraction=fraction)).sizes


def test_corrected_draws_a_fresh_forget_set_per_seed(digits):
    one, two = parts_of(digits, seed=0), parts_of(digits, seed=1)
    assert not torch.equal(one.forget, two.forget) and not torch.equal(one.test, two.test)
    assert torch.equal(one.forget, parts_of(digits, seed=0).forget)


def test_the_papers_seeds_vary_only_the_held_out_half(digits):
    one, two = (parts_of(digits, seed=seed, profile="paper") for seed in (0, 1))
    assert torch.equal(one.forget, two.forget) and not torch.equal(one.test, two.test)
    assert torch.equal(one.forget, parts_of(digits, seed=42).forget), "split seed 42"
    assert torch.equal(one.test, parts_of(digits, seed=0).test)


def test_the_split_depends_on_neither_method_nor_original(digits):
    one = parts_of(digits, method="nabla_tau", original_seed=0)
    other = parts_of(digits, method="retrain", original_seed=5, parameters={"epochs": 3})
    assert torch.equal(one.forget, other.forget) and torch.equal(one.test, other.test)


@pytest.mark.parametrize("method", ["nabla_tau", "retrain"])
def test_corrected_reads_the_retain_set_in_evaluation_mode(bench, digits, method):
    parts = parts_of(digits)
    readings, sets = read_sets(bench.network, bench, parts, resolve(Spec(method=method)))
    for name, pool in (("retain", digits.train), ("forget", digits.train), ("test", digits.heldout)):
        expected = read_out(bench.network, digits, pool, getattr(parts, name))
        assert torch.allclose(getattr(readings, name).loss, expected.loss, atol=1e-5), name
        assert torch.equal(sets[name][0], getattr(parts, name)) and len(sets[name][1]) == len(getattr(parts, name))
    assert len(readings.retain) == 850


def test_the_papers_retain_accuracy_is_on_all_of_d_where_the_data_say_so(bench, digits):
    parts, resolved = parts_of(digits, profile="paper"), resolve(Spec(profile="paper"))
    as_table_1 = dataclasses.replace(resolved.dataset, paper_reads_all_of_train=True)
    resolved = dataclasses.replace(resolved, dataset=as_table_1)
    readings, sets = read_sets(bench.network, bench, parts, resolved)
    assert len(readings.retain) == 1_000 and len(sets["retain"][1]) == 850
    assert readings.retain.accuracy == read_out(bench.network, digits, digits.train).accuracy
    original = original_readings(bench, parts, resolved)
    assert len(original.retain) == 1_000 and len(original.forget) == 150
    assert len(original_readings(bench, parts, resolve(Spec())).retain) == 850


def test_the_paper_reads_retraining_in_training_mode_on_its_training_pool(bench, digits):
    parts, resolved = parts_of(digits, profile="paper"), resolve(Spec(method="retrain", profile="paper"))
    before = weights_hash(bench.network)
    readings, _ = read_sets(bench.network, bench, parts, resolved)
    assert weights_hash(bench.network) == before, "running statistics are put back"
    assert len(readings.retain) == 850
    with torch.no_grad():
        inputs, labels = digits.batch(digits.train, parts.forget[:64])
        expected, _, _ = ONE_LABEL.columns(copy.deepcopy(bench.network).train()(inputs), labels)
    assert torch.allclose(readings.forget.loss[:64], expected, atol=1e-5), "batches of 64, as in training"
    evaluated = read_out(bench.network, digits, digits.train, parts.forget)
    assert not torch.allclose(readings.forget.loss, evaluated.loss, atol=1e-3)


def test_reading_as_trained_augments_where_the_recipe_does(bench, digits):
    index = torch.arange(128)
    plain, augmented, again = (read_out_as_trained(bench.network, digits, digits.train, index, 0, augment, 64)
                               for augment in (False, True, True))
    assert torch.equal(augmented.loss, again.loss) and not torch.allclose(plain.loss, augmented.loss, atol=1e-3)
