"""What profile ``paper`` reads on which samples and in which mode: as the authors' scripts do, table by table."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import pytest
import torch

from engine.data.splits import split
from engine.datasets.digits import DATASET
from engine.evaluation.measure import measure
from engine.evaluation.protocol import original_on_all_of_train, retain_on_all_of_train
from engine.evaluation.readout import read_out, read_out_as_trained
from engine.originals import workbench
from engine.originals.checkpoints import Checkpoints
from engine.originals.workbench import Bench
from engine.registry import all_of, get
from engine.runs.readings import original_readings, read_sets
from engine.runs.recorded import recorded_runs
from engine.spec import resolve
from engine.studies.paper import paper_value
from engine.training.networks import build_network
from engine.types import Spec

CPU = torch.device("cpu")
RANDOM, CLASS = {"forget_fraction": 0.15}, {"scenario": "class", "forget_fraction": None, "forget_class": 5}


@pytest.fixture(scope="module")
def bench(digits):
    net = build_network(get("model", "small_cnn"), 10, 1, 0, CPU).eval()
    readouts = {"train": read_out(net, digits, digits.train), "heldout": read_out(net, digits, digits.heldout)}
    return Bench(digits, None, net, readouts, CPU, 1, None)


def resolved_on_digits(reads_all: bool, method: str = "nabla_tau", profile: str = "paper", forget=RANDOM):
    """A run on digits, which are declared to be read as CIFAR-10 is, or not."""
    resolved = resolve(Spec(method=method, profile=profile, **forget))
    return dataclasses.replace(resolved, dataset=dataclasses.replace(DATASET, paper_reads_all_of_train=reads_all))


@pytest.mark.parametrize("dataset, method, profile, forget, original, own", [
    ("cifar10", "nabla_tau", "paper", RANDOM, True, True),  # Table 1
    ("cifar10", "finetune", "paper", RANDOM, True, True),
    ("cifar10", "retrain", "paper", RANDOM, True, False),
    ("cifar10", "nabla_tau", "corrected", RANDOM, False, False),
    ("cifar10", "retrain", "corrected", RANDOM, False, False),
    ("cifar100", "nabla_tau", "paper", RANDOM, False, False),  # Table 2
    ("go_emotions", "nabla_tau", "paper", RANDOM, False, False),  # Table 3
    ("go_emotions", "retrain", "paper", RANDOM, False, False),
    ("cifar10", "nabla_tau", "paper", CLASS, False, False),  # Table 4
    ("cifar10", "retrain", "paper", CLASS, False, False),
    ("digits", "nabla_tau", "paper", RANDOM, False, False),  # not in the paper
])
def test_where_retain_accuracy_is_on_all_of_d(dataset, method, profile, forget, original, own):
    resolved = resolve(Spec(dataset, method, profile=profile, **forget))
    assert (original_on_all_of_train(resolved), retain_on_all_of_train(resolved)) == (original, own)


def test_only_the_data_of_table_1_are_declared_so():
    assert [record.name for record in all_of("dataset") if record.paper_reads_all_of_train] == ["cifar10"]


@pytest.mark.parametrize("reads_all, method, forget, own, original", [
    (True, "nabla_tau", RANDOM, 1_000, 1_000),
    (True, "retrain", RANDOM, 850, 1_000),
    (True, "nabla_tau", CLASS, 885, 885),
    (False, "nabla_tau", RANDOM, 850, 850),
    (False, "retrain", RANDOM, 850, 850),
])
def test_how_many_samples_retain_accuracy_is_read_on(bench, digits, reads_all, method, forget, own, original):
    resolved = resolved_on_digits(reads_all, method, forget=forget)
    parts = split(digits, resolved.spec)
    readings, sets = read_sets(bench.network, bench, parts, resolved)
    assert (len(readings.retain), len(original_readings(bench, parts, resolved).retain)) == (own, original)
    assert len(sets["retain"][1]) == len(parts.retain), "the per-sample table keeps the retain set in any case"


@pytest.mark.parametrize("number", [1, 5])
def test_the_papers_table_4_reads_the_originals_retain_set(number):
    """94.14% on D is 0.9 of the retain accuracy and 0.1 of that on the class: only D_r gives what is printed."""
    def printed(metric):
        return paper_value("cifar10", "class", number, "original", metric)[0]

    whole = paper_value("cifar10", "random", 0.15, "original", "retain_accuracy")[0]
    assert whole == 94.14
    assert (whole - 0.1 * printed("forget_accuracy")) / 0.9 == pytest.approx(printed("retain_accuracy"), abs=0.012)
    assert abs(whole - printed("retain_accuracy")) > 0.2


@pytest.mark.parametrize("forget", [RANDOM, CLASS])
def test_the_originals_retain_accuracy_by_the_same_identity(bench, digits, forget):
    resolved = resolved_on_digits(True, forget=CLASS) if forget is CLASS else resolved_on_digits(False)
    parts = split(digits, resolved.spec)
    found, f = measure(original_readings(bench, parts, resolved)), len(parts.forget) / 1_000
    whole = bench.readouts["train"].accuracy
    assert found["retain_accuracy"] == pytest.approx((whole - f * found["forget_accuracy"]) / (1 - f), abs=1e-9)
    assert found["retain_accuracy"] != pytest.approx(whole, abs=1e-6)


@pytest.mark.parametrize("forget", [RANDOM, CLASS])
def test_the_paper_reads_retrainings_held_out_sets_plain(bench, digits, forget):
    """In evaluation mode, without augmentation; the sets of its training pool in training mode with it."""
    resolved = resolved_on_digits(True, "retrain", forget=forget)
    resolved = dataclasses.replace(resolved, recipe=dataclasses.replace(resolved.recipe, augment=True))
    parts = split(digits, resolved.spec)
    readings, sets = read_sets(bench.network, bench, parts, resolved)
    for name in ("test", "validation", *(("unseen",) if parts.unseen is not None else ())):
        plain = bench.readouts["heldout"][getattr(parts, name)]
        assert torch.equal(sets[name][1].loss, plain.loss) and torch.equal(sets[name][1].correct, plain.correct), name
    assert readings.test is sets["test"][1] and readings.nonmembers is sets["unseen" if forget is CLASS else "test"][1]
    for name in ("retain", "forget"):
        augmented = read_out_as_trained(bench.network, digits, digits.train, getattr(parts, name), 0, True, 64)
        assert torch.equal(getattr(readings, name).loss, augmented.loss), name


def test_read_outs_kept_before_a_column_changed_its_meaning_are_made_anew(bench, digits, tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr(workbench, "read_out", lambda *what: made.append(what) or read_out(*what))
    for meaning in (1, 1, 2, 2):
        monkeypatch.setattr(workbench, "MEANING", meaning)
        workbench._original_readouts(SimpleNamespace(sha256="0" * 64), bench.network, digits, Checkpoints(tmp_path),
                                     "cpu, 1 thread")
    assert len(made) == 4, "both pools once per meaning"


# --- the runs that ship ---------------------------------------------------------------------


def shipped(model: str) -> list[dict]:
    return [run for run in recorded_runs() if run.spec.profile == "paper" and run.spec.model == model]


@pytest.mark.parametrize("model, count", [("text_cnn", 27), ("minilm", 3)])
def test_recorded_texts_have_their_retain_accuracy_on_the_retain_set(model, count):
    """Right samples of D_r are a whole number; with those of D_f they give the Original one accuracy on D."""
    runs, wholes = shipped(model), set()
    assert len(runs) == count
    for run in runs:
        sizes, metrics = run.resolved().sizes, run.metrics
        for found in (metrics, metrics["original"], metrics["retrained"]):
            right = found["retain_accuracy"] / 100 * sizes.retain
            assert right == pytest.approx(round(right), abs=1e-6), run.id
        before = metrics["original"]
        right = before["retain_accuracy"] * sizes.retain + before["forget_accuracy"] * sizes.forget
        wholes.add(round(right / 100))
        gaps = [abs(metrics[name] - metrics["retrained"][name])
                for name in ("retain_accuracy", "forget_accuracy", "test_accuracy", "mia_loss")]
        assert metrics["average_gap"] == pytest.approx(sum(gaps) / 4), run.id
    assert len(wholes) == 1


def test_recorded_runs_that_were_read_in_an_earlier_way_say_so():
    assert all("28 binary entropies" in run.notice for run in shipped("minilm"))
    assert not any(run.notice for run in shipped("text_cnn"))
    noticed = [run.spec.method for run in shipped("resnet18") if run.notice]
    assert noticed == ["retrain"] * 5
