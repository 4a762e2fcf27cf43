"""Random labelling, SalUn, l1-sparse, bad teacher and NoT by hand: what makes each of them that method."""

from __future__ import annotations

import dataclasses

import pytest
import torch
import torch.nn.functional as F
from helping import make_task, parameters_of, small_split
from torch import nn

from engine.methods import random_label, salun
from engine.methods._passes import Union
from engine.methods._relabelling import Relabelled
from engine.registry import get


def linear_net(weight: float | None = None) -> nn.Module:
    """One linear layer on the 64 pixels, without batch norm: the same in both modes."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 10, bias=False))
    values = torch.randn(10, 64, generator=torch.Generator().manual_seed(1)) / 8
    net[1].weight.data = values if weight is None else torch.full((10, 64), weight)
    return net


def linear_task(digits, split=None):
    task = make_task(digits, split or small_split())
    return dataclasses.replace(task, model=linear_net(), fresh=lambda: linear_net(0.0))


def first(method, task, **values):
    """The first Progress of a method under profile corrected."""
    return next(get("method", method).unlearn(task, parameters_of(method, task.split.sizes, **values)))


def weights(model):
    return [p.detach().clone() for p in model.parameters()]


# --- both sets as one -----------------------------------------------------------------------


def test_terms_of_a_union_are_means_by_set(digits):
    union = Union(make_task(digits, small_split(2, 3)), torch.tensor([2, 3, 4]))
    assert union.index.tolist() == union.positions.tolist() == [0, 1, 2, 3, 4] and union.forgets == 2

    def terms(at, values):
        column = torch.tensor(values)
        return {name: float(v) for name, v in union.terms(torch.tensor(at), {"f": column}, {"r": column}).items()}

    assert terms([0, 4, 1, 2], [1.0, 5.0, 2.0, 7.0]) == {"f": 1.5, "r": 6.0}
    assert terms([3, 2], [8.0, 9.0]) == {"r": 8.5}, "no forget sample in this batch, so nothing is known of them"
    assert terms([1], [4.0]) == {"f": 4.0}


@pytest.mark.parametrize("method, found", [("random_label", 3), ("salun", 3 + 1), ("bad_teacher", 3)])
def test_one_forget_sample_in_small_batches(method, found, digits):
    """Batches of 4: the forget sample is in one batch an epoch (and in the mask pass), and only there it has a loss."""
    task = make_task(digits, small_split(1, 65))
    parameters = parameters_of(method, task.split.sizes, batch_size=4, epochs=3)
    steps = list(get("method", method).unlearn(task, parameters))
    assert sum("forget_loss" in step.terms for step in steps) == found
    values = [torch.as_tensor(v) for step in steps for v in step.terms.values()]
    assert all(v.ndim == 0 and not v.requires_grad and bool(v.isfinite()) for v in values)


# --- random labelling -----------------------------------------------------------------------


def test_no_forget_sample_keeps_its_label_and_every_retain_sample_does(digits):
    task = make_task(digits, small_split(400, 100))
    relabelled, drawn = Relabelled(task), []
    for epoch in range(3):
        relabelled.draw(epoch)
        drawn.append(relabelled.labels)
        assert bool((relabelled.labels[:400] != digits.train.labels[:400]).all())
        assert torch.equal(relabelled.labels[400:], digits.train.labels[400:500])
        assert set(relabelled.labels[:400].tolist()) == set(range(10))
    assert not torch.equal(drawn[0], drawn[1]), "fresh in every epoch"
    again = Relabelled(task)
    assert torch.equal(again.labels, drawn[0]), "from the seed alone"


def test_training_uses_fresh_labels_in_every_epoch(digits, monkeypatch):
    """Two batches an epoch, three epochs: three draws, each used throughout its epoch."""
    used, real = [], Relabelled.measure
    monkeypatch.setattr(Relabelled, "measure", lambda self, at: used.append(self.labels) or real(self, at))
    task = make_task(digits)
    list(random_label.unlearn(task, parameters_of("random_label", task.split.sizes, batch_size=100, epochs=3)))
    drawn = [tuple(labels[:40].tolist()) for labels in used]
    assert len(drawn) == 6 and drawn[::2] == drawn[1::2] and len(set(drawn)) == 3
    assert all(own != wrong for wrongs in drawn for own, wrong in zip(digits.train.labels[:40].tolist(), wrongs))


def test_random_labels_of_one_class_are_never_that_class(digits):
    threes = (digits.train.labels == 3).nonzero().squeeze(1)
    rest = (digits.train.labels != 3).nonzero().squeeze(1)
    task = make_task(digits, dataclasses.replace(small_split(), forget=threes, retain=rest))
    labels = Relabelled(task).labels[:len(threes)].tolist()
    assert 3 not in labels and len(set(labels)) == 9


def test_random_labelling_descends_the_mean_loss_on_those_labels(digits):
    """One batch of all: w <- w - lr (gradient + weight decay x w); terms are means by set."""
    task = linear_task(digits, small_split(4, 6))
    relabelled, before = Relabelled(task), weights(task.model)[0]
    expected = linear_net()
    losses = F.cross_entropy(expected(task.batch(torch.arange(10))[0]), relabelled.labels, reduction="none")
    losses.mean().backward()
    own = F.cross_entropy(expected(task.batch(torch.arange(10))[0]), digits.train.labels[:10], reduction="none")
    terms = first("random_label", task, learning_rate=0.5, weight_decay=0.01, epochs=1).terms
    moved = before - 0.5 * (expected[1].weight.grad + 0.01 * before)
    assert torch.allclose(task.model[1].weight, moved, atol=1e-6)
    assert float(terms["relabelled_loss"]) == pytest.approx(losses[:4].mean().item(), abs=1e-5)
    assert float(terms["forget_loss"]) == pytest.approx(own[:4].mean().item(), abs=1e-5)
    assert float(terms["retain_loss"]) == pytest.approx(own[4:].mean().item(), abs=1e-5)


# --- SalUn ----------------------------------------------------------------------------------


def test_the_mask_picks_the_largest_gradients_over_all_layers():
    """|g| = 5, 1, 3, 0, 4 and 2, 6, one of ties: the top half of 7 (round 3.5 = 4) is 6, 5, 4, 3."""
    net = nn.ModuleList([nn.Linear(5, 1, bias=False), nn.Linear(2, 1, bias=False), nn.Linear(1, 1, bias=False)])
    net[0].weight.grad = torch.tensor([[5.0, -1.0, -3.0, 0.0, 4.0]])
    net[1].weight.grad = torch.tensor([[2.0, -6.0]])
    masks = salun.saliency(net, 0.5)  # the third layer has no gradient: it counts as 0 of 8 weights
    assert [mask.tolist() for mask in masks] == [[[True, False, True, False, True]], [[False, True]], [[False]]]
    assert [m.tolist() for m in salun.saliency(net, 0.25)] == [[[True, False, False, False, False]], [[False, True]],
                                                               [[False]]]


@pytest.mark.parametrize("share, count", [(0.5, 14_425), (0.1, 2_885), (0.33, 9_520), (1.0, 28_850)])
def test_the_share_of_the_mask_is_exact(share, count, digits):
    """Of 28,850 weights; also where all gradients are equal."""
    model = make_task(digits).model
    for value in (0.0, 1.0):
        for p in model.parameters():
            p.grad = torch.full_like(p, value)
        masks = salun.saliency(model, share)
        assert sum(int(mask.sum()) for mask in masks) == count
        assert [mask.shape for mask in masks] == [p.shape for p in model.parameters()]


def test_the_mask_pass_sums_the_gradient_over_the_forget_set_and_moves_nothing(digits):
    """Three batches of 32, 32 and 6 samples: the gradient of the summed loss, whatever the batches."""
    task = linear_task(digits, small_split(70, 90))
    before = weights(task.model)[0]
    steps = salun.unlearn(task, parameters_of("salun", task.split.sizes, batch_size=32, epochs=1))
    seen = [next(steps) for _ in range(3)]
    assert [(p.step, p.samples, p.terms["learning_rate"]) for p in seen] == [(1, 32, 0.0), (2, 64, 0.0), (3, 70, 0.0)]
    whole = linear_net()
    F.cross_entropy(whole(task.batch(torch.arange(70))[0]), digits.train.labels[:70], reduction="sum").backward()
    assert torch.allclose(task.model[1].weight.grad, whole[1].weight.grad, atol=1e-4)
    assert torch.equal(task.model[1].weight, before)
    assert next(steps).terms["learning_rate"] == 0.013 and not torch.equal(task.model[1].weight, before)


def test_weights_outside_the_mask_are_bit_identical_afterwards(digits, monkeypatch):
    """In spite of weight decay and momentum, over three epochs; all others move."""
    kept = {}
    real = salun.saliency
    monkeypatch.setattr(salun, "saliency", lambda model, share: kept.setdefault("masks", real(model, share)))
    task = make_task(digits)
    before = weights(task.model)
    list(salun.unlearn(task, parameters_of("salun", task.split.sizes, batch_size=32, epochs=3, weight_decay=0.1)))
    after = weights(task.model)
    for mask, old, new in zip(kept["masks"], before, after, strict=True):
        assert torch.equal(new[~mask], old[~mask])
    moved = sum(int((new[mask] != old[mask]).sum()) for mask, old, new in zip(kept["masks"], before, after))
    assert moved > 0.99 * 14_425


def test_momentum_outside_the_mask_is_cleared_every_step():
    w = nn.Parameter(torch.tensor([1.0, 2.0]))
    optimiser = torch.optim.SGD([w], lr=0.1, momentum=0.9, weight_decay=0.5, fused=True)
    salun.hold_still(optimiser, [w], [torch.tensor([True, False])])
    for _ in range(2):
        w.grad = torch.tensor([1.0, float("inf")])
        optimiser.step()
    # 1: g = 1 + .5 = 1.5, w = .85; 2: g = 1 + .425, momentum .9 x 1.5 + 1.425 = 2.775, w = .85 - .2775
    assert w.tolist() == pytest.approx([0.5725, 2.0], abs=1e-6) and w[1].item() == 2.0
    assert optimiser.state[w]["momentum_buffer"].tolist() == pytest.approx([2.775, 0.0])


def test_salun_on_all_weights_is_random_labelling(digits):
    one, other = (make_task(digits) for _ in range(2))
    list(salun.unlearn(one, parameters_of("salun", one.split.sizes, share=1.0, batch_size=32, epochs=2)))
    list(random_label.unlearn(other, parameters_of("random_label", other.split.sizes, batch_size=32, epochs=2)))
    assert all(torch.equal(a, b) for a, b in zip(weights(one.model), weights(other.model), strict=True))
