"""Rewinding by hand, around methods that yield what a test says, and SCRUB+R beside SCRUB."""

from __future__ import annotations

import copy
from dataclasses import replace
from fractions import Fraction

import pytest
import torch
from helping import make_task, parameters_of, small_split, toy_task, weights_hash
from torch import nn

from engine.errors import BadSpec, Problem
from engine.methods import last_k, scrub, scrub_r
from engine.registry import all_of, get
from engine.runs.method import unlearn_from
from engine.spec import resolve
from engine.terms import REWINDING
from engine.training import rewind
from engine.types import Progress, Spec


@pytest.mark.parametrize("errors, reference, epoch", [
    ({0: 0, 1: 40, 2: 12, 3: 9}, 10, 3), ({1: 40, 2: 12, 3: 8}, 10, 2), ({1: 8, 2: 12}, 10, 1), ({1: 0}, 90, 1)])
def test_the_nearest_epoch_wins_and_of_ties_the_earliest(errors, reference, epoch):
    assert rewind.nearest({n: Fraction(e, 100) for n, e in errors.items()}, Fraction(reference, 100)) == epoch


def scripted(errors, labels=(0,) * 10, classes=2, stops=None, marks=True):
    """A network of one bias and steps that make it wrong on so many of ten samples to forget, an epoch each.

    The samples' pixels are 0, .1 .. .9 and class 0 is said where the pixel is at least the bias.
    """
    net = nn.Sequential(nn.Flatten(), nn.Linear(1, classes))
    net[1].weight.data = torch.tensor([[1.0]] + [[0.0]] * (classes - 1))
    net[1].bias.data = torch.zeros(classes)
    task = toy_task(net, list(labels) * 2, 10, pixels=[(n / 10,) for n in range(10)] * 2, classes=classes)

    def steps():
        for step, wrong in enumerate(errors[:stops], start=1):
            net[1].bias.data[0] = 0.05 - wrong / 10
            yield Progress(step, len(errors), step, {"loss": 0.0}, step - 1, ends_epoch=marks)

    return task, steps()


def run(task, steps):
    """Each step's terms and bias as a person who looks on sees them, and the bias in the end."""
    seen = [(step.terms, task.model[1].bias[0].item()) for step in rewind.rewound(task, steps)]
    return [terms for terms, _ in seen], [bias for _, bias in seen], task.model[1].bias[0].item()


def biases(*wrong):
    return [pytest.approx(0.05 - n / 10) for n in wrong]


def test_the_reference_is_the_last_weights_error_and_is_met_by_an_earlier_epoch(monkeypatch):
    """D_v has the pixels .5 .. .9 alone, on which the last weights (wrong below .7) make 2 errors of 5: 4 of 10."""
    task, steps = scripted([0, 9, 4, 5, 7])
    task.split = replace(task.split, validation=torch.arange(15, 20))
    terms, seen, kept = run(task, steps)
    assert [round(term["forget_error"]) for term in terms] == [0, 90, 40, 50, 70]
    assert terms[-1] == {"loss": 0.0, "forget_error": 70.0, "reference_error": 40.0, "kept_epoch": 3.0}
    assert all(set(term) == {"loss", "forget_error"} for term in terms[:-1])
    assert seen == biases(0, 9, 4, 5, 4) and kept == seen[-1], "the last look is at what is kept"


def test_the_reference_is_taken_on_the_classes_to_forget():
    """D_v: five samples of class 0 with pixels 0 to .4, and of class 1, which is not forgotten, five more."""
    task, steps = scripted([9, 5, 3], labels=[0] * 10)
    labels = torch.tensor([0] * 10 + [0] * 5 + [1] * 5)
    task.data = replace(task.data, heldout=replace(task.data.heldout, labels=labels))
    task.split = replace(task.split, validation=torch.arange(10, 20))
    assert rewind.Epochs(task).alike().tolist() == [10, 11, 12, 13, 14]
    assert run(task, steps)[0][-1] == {"loss": 0.0, "forget_error": 30.0, "reference_error": 60.0, "kept_epoch": 2.0}
    task.data = replace(task.data, heldout=replace(task.data.heldout, labels=torch.ones_like(labels)))
    assert len(rewind.Epochs(task).alike()) == 10, "no sample of these classes: all of D_v"


def test_a_method_that_did_nothing_keeps_its_first_epoch():
    task, steps = scripted([0, 0, 0])
    epochs = rewind.Epochs(task)
    assert run(task, steps)[0][-1]["kept_epoch"] == 1
    assert [epochs.keep(), epochs.keep()] == [0, 0] and list(epochs.states) == [1], "one state an error"


@pytest.mark.parametrize("marks, kept", [(True, 2), (False, 6)])
def test_a_method_that_stops_by_itself_is_rewound_too(marks, kept):
    """After 3 of 5 epochs; D_v's pixels .2 .. .9 give 4 errors of 8. Without marks only its end is an epoch."""
    task, steps = scripted([9, 5, 6, 1, 1], stops=3, marks=marks)
    task.split = replace(task.split, validation=torch.arange(12, 20))
    assert run(task, steps)[2] == pytest.approx(0.05 - (5 if kept == 2 else 6) / 10)


def test_looking_changes_neither_the_training_nor_any_layers_mode(digits):
    """CF-k holds some norms in evaluation mode: they stay there, and each epoch's weights are those without looking."""
    plain, looked = (make_task(digits) for _ in range(2))
    p = parameters_of("last_k", plain.split.sizes, epochs=3)
    left = {}
    for step in last_k.unlearn(plain, p):
        if step.ends_epoch:
            left[step.epoch + 1] = weights_hash(plain.model)
    modes, hashes = [], []
    for step in rewind.rewound(looked, last_k.unlearn(looked, p)):
        modes.append([layer.training for layer in looked.model.modules()])
        hashes += [weights_hash(looked.model)] if step.ends_epoch else []
    assert modes[-1] == [layer.training for layer in plain.model.modules()] and not all(modes[0])
    assert hashes[:2] == [left[1], left[2]] and hashes[2] == left[int(step.terms["kept_epoch"])]


def scrubbed(digits, method, **values):
    task = make_task(digits, small_split(100, 200))
    values = {"learning_rate": 0.02, "forget_batch_size": 32, "retain_batch_size": 32, "epochs": 4} | values
    *_, last = method.unlearn(task, parameters_of(method.METHOD.name, task.split.sizes, **values))
    return task, last


@pytest.mark.parametrize("place", [0, 1])
def test_up_to_the_epoch_that_is_kept_it_is_scrub_bit_for_bit(place, digits, monkeypatch):
    """Whichever epoch the rule should choose: here the first or second one whose error differs from those before."""
    monkeypatch.setattr(rewind, "nearest", lambda errors, reference: sorted(errors)[place])
    rewound, last = scrubbed(digits, scrub_r)
    epoch = int(last.terms["kept_epoch"])
    alone, _ = scrubbed(digits, scrub, epochs=epoch)
    assert 1 <= epoch < 4 and weights_hash(rewound.model) == weights_hash(alone.model)


def test_the_kept_epoch_recomputed_from_scrub_alone(digits):
    """Errors counted here, sample by sample, from SCRUB's own weights after 1, 2, 3 and 4 epochs."""
    def wrong(task, pool, index):
        inputs, labels = task.data.batch(pool, index)
        with torch.no_grad():
            said = copy.deepcopy(task.model).eval()(inputs).argmax(1)
        return sum(int(a != b) for a, b in zip(said, labels, strict=True)) / len(index)

    alone = [scrubbed(digits, scrub, epochs=epoch)[0] for epoch in (1, 2, 3, 4)]
    errors = [wrong(task, digits.train, task.split.forget) for task in alone]
    reference = wrong(alone[-1], digits.heldout, alone[-1].split.validation)
    gaps = [abs(error - reference) for error in errors]
    _, last = scrubbed(digits, scrub_r)
    assert last.terms["kept_epoch"] == 1 + gaps.index(min(gaps))
    assert last.terms["reference_error"] == pytest.approx(100 * reference)
    assert last.terms["forget_error"] == pytest.approx(100 * errors[-1])


WITH, WITHOUT = ([method for method in all_of("method") if bool(method.no_epochs) == none] for none in (False, True))


def by_name(method):
    return method.name


@pytest.mark.parametrize("method", WITH, ids=by_name)
def test_every_method_with_epochs_takes_it_as_an_option(method):
    """Off it is in no identity: runs from before it keep theirs."""
    usual, off, on = (resolve(Spec(method=method.name, parameters=asked))
                      for asked in ({}, {"rewind": False}, {"rewind": "true"}))
    assert on.rewind is True and on.effective == {**usual.effective, "rewind": True}
    assert not usual.rewind and "rewind" not in usual.effective
    assert usual.fingerprint == off.fingerprint != on.fingerprint
    assert usual.identity("data", "weights") == off.identity("data", "weights") != on.identity("data", "weights")
    assert on.parameters == usual.parameters and on.plan == usual.plan


@pytest.mark.parametrize("method", WITHOUT, ids=by_name)
def test_a_method_without_epochs_refuses_it(method):
    with pytest.raises(BadSpec) as refused:
        resolve(Spec(method=method.name, parameters={"rewind": True}))
    said = f"{method.title} {method.no_epochs}: leave rewind out."
    assert refused.value.problems == [Problem("parameters.rewind", said)]


def test_which_methods_have_no_epochs():
    assert {method.name for method in WITHOUT} == {"ssd", "lfssd", "influence", "retrain", "scrub_r"}


def test_a_value_that_is_none_is_refused():
    with pytest.raises(BadSpec, match="rewind is 'maybe', but must be true or false"):
        resolve(Spec(parameters={"rewind": "maybe"}))


def test_a_run_with_it_ends_with_the_weights_of_one_of_its_epochs(digits, monkeypatch):
    """A run of three epochs whose second one is to be kept ends with the weights of a method that stops there."""
    monkeypatch.setattr(rewind, "nearest", lambda errors, reference: sorted(errors)[1])
    task = make_task(digits, small_split(100, 200))
    values = {"epochs": 3, "learning_rate": 0.05, "batch_size": 50}
    resolved = resolve(Spec(method="l1_sparse", parameters={**values, "rewind": True}), task.split.sizes)
    seen, ends = {}, []

    def look(model, progress, seconds):
        seen[progress.step] = weights_hash(model)
        ends.extend([progress] if progress.ends_epoch else [])

    done = unlearn_from(task.model, digits, resolved, task.split, look)
    kept = int(ends[-1].terms["kept_epoch"])
    assert len(ends) == 3 and kept < 3 and weights_hash(done.model) == seen[ends[kept - 1].step] == seen[done.steps]
    assert len(set(seen.values())) > 2, "it moved in between"
    assert all("forget_error" in progress.terms for progress in ends)
    declared = {term.name for term in get("method", "l1_sparse").terms + REWINDING}
    assert set().union(*(progress.terms for progress in ends)) - {"learning_rate"} == declared


def test_the_notebooks_constants():
    paper = get("method", "scrub_r").parameters(**get("method", "scrub_r").profiles["paper"])
    assert (paper.epochs, paper.maximise_epochs, paper.forget_batch_size, paper.retain_batch_size) == (5, 3, 16, 32)
    assert (paper.learning_rate, paper.momentum, paper.weight_decay, paper.temperature) == (5e-4, 0.9, 5e-4, 4.0)
    assert (paper.gamma, paper.alpha, paper.anchor, paper.first_decay, paper.decay_factor) == (1.0, 0.5, 0.0, 3, 0.1)
