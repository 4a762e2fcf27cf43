"""Phi by hand: one label, several labels, two classes, one class, and logits at the ends of float32."""

from __future__ import annotations

import math

import pandas as pd
import pytest
import torch
import torch.nn.functional as F

from engine import registry
from engine.data.splits import split
from engine.errors import BadInput
from engine.evaluation.phi import NOT_KEPT, phi_of
from engine.evaluation.probe import Watcher
from engine.evaluation.readout import read_out
from engine.registry import get
from engine.runs.afterwards import with_attacks
from engine.runs.exposure import Exposure, View, possible, sides, why_not
from engine.runs.readings import samples_frame
from engine.runs.records import Run
from engine.training.networks import build_network
from engine.types import Attack, Spec

LARGEST = torch.finfo(torch.float32).max


def test_phi_is_the_logit_of_the_probability() -> None:
    """p = (1/6, 2/6, 3/6) of the true classes: ln(p / (1 - p)) = ln(1/5), ln(1/2), ln(1)."""
    logits = torch.tensor([1.0, 2.0, 3.0]).log().expand(3, 3)
    found = phi_of(logits, torch.tensor([0, 1, 2]))
    assert found.dtype == torch.float32
    assert found.tolist() == pytest.approx([math.log(1 / 5), math.log(1 / 2), 0.0], abs=1e-7)


def test_a_constant_added_to_the_logits_changes_nothing() -> None:
    logits = torch.tensor([[1.0, -2.0, 4.0]], dtype=torch.float64)
    assert phi_of(logits, torch.tensor([2])) == phi_of(logits + 1000, torch.tensor([2]))


def test_two_classes_give_the_difference_of_their_logits() -> None:
    found = phi_of(torch.tensor([[3.0, 1.0], [3.0, 1.0], [0.0, 0.0]]), torch.tensor([0, 1, 1]))
    assert found.tolist() == [2.0, -2.0, 0.0]


def test_one_class_has_no_phi() -> None:
    with pytest.raises(BadInput, match="1 class: use data with at least 2"):
        phi_of(torch.tensor([[3.0]]), torch.tensor([0]))


def test_fitted_samples_whose_losses_are_0_are_told_apart() -> None:
    """In float32 both losses are 0, so that phi from the loss would be infinite."""
    logits, targets = torch.tensor([[200.0, 0.0, 0.0], [150.0, 0.0, 0.0]]), torch.tensor([0, 0])
    assert F.cross_entropy(logits, targets, reduction="none").tolist() == [0.0, 0.0]
    assert phi_of(logits, targets).tolist() == pytest.approx([200 - math.log(2), 150 - math.log(2)], rel=1e-7)


@pytest.mark.parametrize("labels", [torch.tensor([0, 0, 0]), torch.tensor([[1.0, 0.0]] * 3)], ids=["one", "many"])
def test_it_is_finite_at_the_ends_of_float32(labels: torch.Tensor) -> None:
    logits = torch.tensor([[LARGEST, -LARGEST], [-LARGEST, LARGEST], [0.0, 0.0]])
    found = phi_of(logits, labels)
    assert found[:2].tolist() == [LARGEST, -LARGEST]
    assert found.isfinite().all()


def test_a_broken_model_stays_visible() -> None:
    """Nothing is made up where there is nothing: the read-out's losses say so too and are refused."""
    assert phi_of(torch.tensor([[math.nan, 0.0]]), torch.tensor([0])).isnan().all()


def test_half_precision_is_read_exactly() -> None:
    assert phi_of(torch.tensor([[2.5, 0.0]], dtype=torch.float16), torch.tensor([0])).tolist() == [2.5]


def test_one_of_several_labels_by_hand() -> None:
    """Sigmoids 3/4 and 1/5 for the labels (1, 0): p = 3/4 x 4/5 = 3/5, so phi = ln(3/2)."""
    logits = torch.tensor([[math.log(3), math.log(1 / 4)]])
    assert phi_of(logits, torch.tensor([[1.0, 0.0]])).item() == pytest.approx(math.log(1.5), abs=1e-7)


def test_a_single_label_of_its_own_gives_its_logit() -> None:
    logits = torch.tensor([[-800.0], [-40.0], [-1e-7], [0.0], [2.0], [36.0], [800.0]])
    assert phi_of(logits, torch.ones(7, 1)).tolist() == pytest.approx(logits[:, 0].tolist(), rel=1e-6, abs=1e-12)
    assert phi_of(logits, torch.zeros(7, 1)).tolist() == pytest.approx((-logits[:, 0]).tolist(), rel=1e-6, abs=1e-12)


def test_several_labels_agree_with_the_summed_loss_that_read_outs_keep() -> None:
    torch.manual_seed(0)
    logits, targets = 4 * torch.randn(200, 28, dtype=torch.float64), (torch.rand(200, 28) < 0.1).double()
    loss = F.binary_cross_entropy_with_logits(logits, targets, reduction="none").sum(dim=1)
    torch.testing.assert_close(phi_of(logits, targets).double(), -torch.log(torch.expm1(loss)), rtol=1e-6, atol=1e-6)


def test_it_grows_with_the_true_logit_across_every_switch_of_formula() -> None:
    own = torch.linspace(-60, 60, 4801, dtype=torch.float64)
    for targets in (torch.zeros(4801, dtype=torch.int64), torch.tensor([[1.0, 0.0]]).expand(4801, 2)):
        logits = torch.stack([own, -60 * torch.ones_like(own)], dim=1)
        steps = phi_of(logits, targets).double().diff()
        assert (steps > 0).all()
        assert steps.max() < 0.03


# --- the column -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def net():
    return build_network(get("model", "small_cnn"), 10, 1, 0, torch.device("cpu")).eval()


def test_a_read_out_has_it_and_keeps_it_for_parts(net, digits):
    index = torch.tensor([5, 900, 3])
    inputs, targets = digits.batch(digits.train, index)
    found = read_out(net, digits, digits.train, index)
    with torch.no_grad():
        assert torch.equal(found.phi, phi_of(net(inputs), targets))
    assert torch.equal(found[torch.tensor([2])].phi, found.phi[2:])


def test_tables_have_it(net, digits):
    index = torch.arange(3)
    table = samples_frame({"forget": (index, read_out(net, digits, digits.train, index))})
    assert table["phi"].tolist() == read_out(net, digits, digits.train, index).phi.tolist()


@pytest.fixture
def by_phi():
    """An attack that needs the column, registered while a test runs."""
    attack = Attack("confidence", "Attack on phi", ("phi",), lambda phi: phi, "By phi.", "this test")
    registry.register(attack)
    yield attack
    registry.table.cache_clear()


def table(count: int, **more: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"set": "forget", "sample": range(count), "loss": 1.0, "entropy": 1.0, "correct": True} | more)


def test_an_attack_on_it_gives_older_runs_the_reason(by_phi):
    new, old = table(12, phi=[float(i) for i in range(12)]), table(12)
    run = Run("cafe", "finished", Spec())
    views = {"now": View(new, new, new, "cafe"), "retrained": View(old, old, old, "beef")}
    exposure = Exposure(run, "test", views)
    assert sides(exposure, "now", by_phi).members.tolist() == list(range(12))
    assert why_not(exposure, "retrained", by_phi) == NOT_KEPT
    assert by_phi not in possible(exposure, "retrained")
    both = pd.concat([old, old.assign(set="test")])
    assert with_attacks({}, [by_phi], both, Spec())["missing"]["confidence"] == NOT_KEPT


def test_a_retrained_models_older_table_gives_no_bands_to_such_an_attack(digits, by_phi):
    watcher = Watcher(digits, split(digits, Spec()), 0)
    rows = pd.concat([table(1_000).assign(set=name) for name, _ in watcher.chosen.items()])
    assert watcher.stored(rows) is None
    assert watcher.stored(rows.assign(phi=0.5)).forget.phi.tolist() == [0.5] * 150
