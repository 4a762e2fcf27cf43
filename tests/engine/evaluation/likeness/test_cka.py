"""Unbiased linear CKA: its invariances, independence, what it refuses, and features that are read with hooks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from engine.errors import BadInput
from engine.evaluation.likeness.cka import features, linear_cka
from engine.registry import get
from engine.training.networks import build_network


def normal(n, width=64, seed=0):
    return np.random.default_rng(seed).normal(size=(n, width))


def biased(x, y):
    """The usual form, for the size of its bias."""
    x, y = x - x.mean(0), y - y.mean(0)
    return np.linalg.norm(x.T @ y) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))


def test_a_turn_a_scale_and_a_shift_change_nothing():
    x = normal(60)
    turn, _ = np.linalg.qr(normal(64, seed=1))
    assert linear_cka(x, 3 * x @ turn) == pytest.approx(1)
    assert linear_cka(x, x + 100) == pytest.approx(1)
    assert linear_cka(x, normal(60, 5, seed=2)) == pytest.approx(linear_cka(normal(60, 5, seed=2), x))


def test_independent_features_are_at_zero_where_the_biased_form_is_not():
    small = [linear_cka(normal(50, seed=s), normal(50, seed=s + 1000)) for s in range(60)]
    large = [linear_cka(normal(200, seed=s), normal(200, seed=s + 1000)) for s in range(20)]
    assert abs(np.mean(small)) < 0.03 and abs(np.mean(large)) < 0.01
    assert min(small) < 0, "it is not clipped"
    assert np.mean([biased(normal(50, seed=s), normal(50, seed=s + 1000)) for s in range(20)]) > 0.5
    assert np.mean([biased(normal(200, seed=s), normal(200, seed=s + 1000)) for s in range(20)]) == pytest.approx(
        0.25, abs=0.03)


def test_the_estimator_by_its_formula():
    x, y = normal(7, 3), normal(7, 2, seed=5)
    k, m = x @ x.T, y @ y.T
    np.fill_diagonal(k, 0)
    np.fill_diagonal(m, 0)

    def h(k, m, n=7):
        ones = np.ones(n)
        return (np.trace(k @ m) + (ones @ k @ ones) * (ones @ m @ ones) / ((n - 1) * (n - 2))
                - 2 / (n - 2) * (ones @ k @ m @ ones)) / (n * (n - 3))

    assert linear_cka(x, y) == pytest.approx(h(k, m) / np.sqrt(h(k, k) * h(m, m)))


def test_batches_are_summed_before_the_ratio():
    x, y = normal(203, 4), normal(203, 4) + normal(203, 4, seed=9)
    assert linear_cka(x, y, batch=50) == pytest.approx(linear_cka(x, y), abs=0.05)
    assert linear_cka(x, x, batch=50) == pytest.approx(1)  # the rest of three joins the last batch
    assert linear_cka(x[:6], x[:6], batch=1) == pytest.approx(1)


def test_what_it_refuses_and_a_constant():
    with pytest.raises(BadInput, match="at least 4 samples, not 3"):
        linear_cka(normal(3), normal(3))
    with pytest.raises(BadInput, match="one side has 10 and the other 9"):
        linear_cka(normal(10), normal(9))
    assert linear_cka(np.ones((20, 3)), normal(20)) is None


def test_features_are_the_blocks_in_evaluation_mode_pooled():
    net = build_network(get("model", "small_cnn"), 10, 1, 0, torch.device("cpu")).train()
    batches = list(torch.randn(20, 1, 8, 8, generator=torch.Generator().manual_seed(0)).split(8))
    found = features(net, batches)
    names = list(found)
    assert (names[0], names[-1], len(names)) == ("0 Conv2d", "12 Linear", 13)
    assert found["0 Conv2d"].shape == (20, 24) and found["11 Flatten"].shape == (20, 768)
    assert net.training, "its mode is put back"
    net.eval()
    with torch.no_grad():
        whole = net(torch.cat(batches))
        first = net[0](torch.cat(batches)).mean(dim=(2, 3))
    assert np.allclose(found["12 Linear"], whole.double(), atol=1e-5)
    assert np.allclose(found["0 Conv2d"], first.double(), atol=1e-6), "a layer that works in place changes no copy"
    assert not net[0]._forward_hooks


def test_blocks_that_see_a_batch_in_parts_are_left_out():
    class ByParts(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder, self.head = nn.Linear(3, 4), nn.Linear(4, 2)

        def forward(self, x):
            return self.head(torch.cat([self.encoder(part) for part in x.flip(0).split(2)]).flip(0))

    assert list(features(ByParts(), [torch.randn(6, 3)])) == ["head"]


def test_two_trainings_of_one_recipe_are_more_alike_than_an_untrained_net():
    torch.manual_seed(0)
    x = torch.randn(300, 10)
    y = (x[:, 0] > 0).long()

    def net(seed, steps):
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 2))
        optimiser = torch.optim.Adam(model.parameters(), 0.02)
        for _ in range(steps):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimiser.step()
        return features(model, [x])["2 Linear"]

    assert linear_cka(net(1, 100), net(2, 100)) > 0.9 > linear_cka(net(1, 100), net(2, 0))
