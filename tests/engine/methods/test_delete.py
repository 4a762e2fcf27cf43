"""DELETE: its target by hand, its update against a restatement of the formula, and that it sees D_f alone."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from helping import make_task, parameters_of, small_split, weights_hash
from one_layer import error, exact_task, gradient
from torch import nn

from engine.methods import delete
from engine.registry import get
from engine.spec import resolve
from engine.types import Plan, Spec


def test_the_label_has_probability_zero_and_the_others_keep_their_proportions():
    """Probabilities .5, .3, .2 and label 0: 0, .6, .4."""
    logits = torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]], dtype=torch.float64).log()
    target = delete.without_label(logits, torch.tensor([0, 2]))
    assert target.tolist() == [pytest.approx([0.0, 0.6, 0.4]), pytest.approx([0.5, 0.5, 0.0])]
    assert target[0, 0] == target[1, 2] == 0.0


def test_a_certain_original_still_has_an_answer_without_the_label():
    target = delete.without_label(torch.tensor([[1e4, 0.0, 0.0]]), torch.tensor([0]))
    assert target.tolist() == [[0.0, 0.5, 0.5]]


def test_the_loss_at_the_original_is_that_of_the_labels_absence(digits):
    """-ln(1 - p_label), a mean over D_f, read in evaluation mode."""
    task = make_task(digits, small_split(20, 20))
    with torch.no_grad():
        p = task.model.eval()(task.batch(torch.arange(20))[0]).softmax(1)[torch.arange(20), digits.train.labels[:20]]
    first = next(delete.unlearn(task, parameters_of("delete", task.split.sizes)))
    assert float(first.terms["distillation"]) == pytest.approx(float(-(1 - p).log().mean()), rel=1e-5)
    assert float(first.terms["forget_loss"]) == pytest.approx(float(-p.log().mean()), rel=1e-5)


def test_a_student_that_answers_the_target_stays():
    """The gradient with respect to the logits is p - q."""
    target = delete.without_label(torch.tensor([[1.0, 2.0, 0.5]], dtype=torch.float64), torch.tensor([1]))
    logits = target.clamp_min(1e-300).log().requires_grad_()
    nn.functional.kl_div(logits.log_softmax(1), target, reduction="batchmean").backward()
    assert logits.grad.abs().max() < 1e-15


def test_the_update_equals_the_published_one(monkeypatch):
    """Four samples in one batch, five epochs: SGD with momentum on KL(q || p), whose gradient is that of CE to q."""
    task, weight, x, y = exact_task(monkeypatch, forget=4)
    x, y, speed = x[:4], y[:4], torch.zeros_like(weight)
    odds = (x @ weight.T).exp()
    odds[torch.arange(4), y] = 0
    target = odds / odds.sum(1, keepdim=True)
    for _ in range(5):
        speed = 0.9 * speed + gradient(weight, x, target)
        weight = weight - 0.3 * speed
    list(delete.unlearn(task, delete.Parameters(learning_rate=0.3, epochs=5, batch_size=4)))
    assert error(task.model.weight, weight) < 1e-10


def test_only_the_forget_set_is_read(digits):
    """With every sample of D_r replaced by noise and another label the weights are the same, bit for bit."""
    one, split = make_task(digits), small_split()
    scrambled = digits.train.images.clone()
    scrambled[split.retain] = 255 - scrambled[split.retain]
    labels = digits.train.labels.clone()
    labels[split.retain] = (labels[split.retain] + 1) % 10
    pool = dataclasses.replace(digits.train, images=scrambled, labels=labels)
    other = make_task(dataclasses.replace(digits, train=pool))
    for task in (one, other):
        list(delete.unlearn(task, parameters_of("delete", task.split.sizes, epochs=2)))
    assert weights_hash(one.model) == weights_hash(other.model)


@pytest.mark.parametrize("batch_norm, moves", [("eval", False), ("train", True)])
def test_batch_norm_sees_the_forget_set_only_where_it_is_asked(batch_norm, moves, digits):
    task = make_task(digits)
    before = {name: value.clone() for name, value in task.model.named_buffers()}
    list(delete.unlearn(task, parameters_of("delete", task.split.sizes, epochs=1, batch_norm=batch_norm)))
    assert any(not torch.equal(value, before[name]) for name, value in task.model.named_buffers()) is moves


def test_augmentation_changes_what_is_learned_and_repeats(digits):
    def trained(augment):
        task = make_task(digits)
        list(delete.unlearn(task, parameters_of("delete", task.split.sizes, epochs=2, augment=augment)))
        return weights_hash(task.model)

    assert trained(True) == trained(True) != trained(False)


def test_the_published_constants_and_cost():
    """CIFAR-10 at 15%: D_f 7,500 in 59 batches of 128, whatever the profile."""
    paper, corrected = (resolve(Spec("cifar10", "delete", profile=profile)) for profile in ("paper", "corrected"))
    assert paper.effective == {"learning_rate": 1e-4, "epochs": 20, "momentum": 0.9, "weight_decay": 0.0,
                               "batch_size": 128, "augment": True, "batch_norm": "train"}
    assert corrected.effective == paper.effective | {"augment": False, "batch_norm": "eval"}
    assert paper.plan == corrected.plan == Plan(20 * 59, 20 * 7_500)


def test_texts_with_several_labels_are_refused():
    method, texts = get("method", "delete"), get("dataset", "go_emotions")
    assert method.why_not(texts.at({"labels": "several"})).startswith(
        "DELETE takes each sample's one label out of the Original's answer, but here a sample of GoEmotions can have")
    assert method.why_not(texts.at({"labels": "single"})) is None and method.source_free
