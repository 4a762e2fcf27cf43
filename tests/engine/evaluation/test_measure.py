"""From read-outs to metrics: accuracies, ROC, over-forgetting and the empty metrics of tiny sets, by hand."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.stats import binomtest

from engine.errors import Diverged
from engine.evaluation.measure import Readings, measure
from engine.evaluation.metrics import against_retrained_metrics, all_metrics, by_name
from engine.evaluation.readout import Readout
from engine.registry import get

ATTACKED = {"mia_loss", "mia_loss_gap", "mia_loss_auc", "mia_entropy", "mia_entropy_gap", "mia_entropy_auc", "mia_auc",
            "tpr_at_1pct_fpr", "tpr_at_0_1pct_fpr", "mia_entropy_tpr_at_1pct_fpr", "mia_entropy_tpr_at_0_1pct_fpr"}
BESIDE = {f"{attack}{what}" for attack in ("rmia", "iam", "u_lira")
          for what in ("", "_gap", "_auc", "_tpr_at_1pct_fpr", "_tpr_at_0_1pct_fpr")}
NAMES = ATTACKED | {"retain_accuracy", "forget_accuracy", "test_accuracy", "accuracy_gap", "ks_test",
                    "wasserstein_test"}
OLD = {"mia_auc"}  # the loss attack's, by its first name
LOSS = get("attack", "mia_loss")
INTERVALS = {f"{attack}tpr_at_{share}pct_fpr_interval" for attack in ("", "mia_entropy_") for share in ("1", "0_1")}


def columns(losses, right=None, entropies=None):
    losses = torch.as_tensor(losses, dtype=torch.float32)
    right = len(losses) if right is None else right
    entropies = losses if entropies is None else torch.as_tensor(entropies, dtype=torch.float32)
    return Readout(losses, entropies, torch.arange(len(losses)) < right)


def metrics_of(forget, test, retain=None):
    return measure(Readings(retain or columns([0.0] * 4, right=3), forget, test))


def test_accuracies_in_percent():
    found = metrics_of(columns(range(10), right=8), columns(range(20), right=13))
    assert {name: found[name] for name in ("retain_accuracy", "forget_accuracy", "test_accuracy", "accuracy_gap")} == {
        "retain_accuracy": 75.0, "forget_accuracy": 80.0, "test_accuracy": 65.0, "accuracy_gap": 15.0}


def test_auc_and_tpr_by_hand():
    """Forget losses 0 ... 9, test losses 5.5 ... 14.5. AUC: 6 forget samples are below all 10 test samples, the others
    below 9, 8, 7 and 6: 90 of 100 pairs. With 10 test samples 1% false alarms means none: 6 forget losses are
    below 5.5."""
    found = metrics_of(columns(range(10)), columns([5.5 + i for i in range(10)]))
    assert found["mia_auc"] == pytest.approx(0.9) and found["tpr_at_1pct_fpr"] == pytest.approx(60.0)


def test_tpr_allows_one_false_alarm_in_a_hundred():
    """100 test samples: one false alarm is 1%. Test losses 1.5 and 3.5: losses 0 ... 3 are exposed."""
    found = metrics_of(columns(range(10)), columns([1.5, 3.5] + [50.0] * 98))
    assert found["tpr_at_1pct_fpr"] == pytest.approx(40.0)
    assert metrics_of(columns(range(10)), columns([1.5] + [3.5] * 98))["tpr_at_1pct_fpr"] == pytest.approx(20.0)


def test_tpr_counts_ties_at_the_threshold():
    """The same 200 losses on both sides: the two lowest test losses are 1%, and expose two of 200 forget samples."""
    same = [i / 10 for i in range(200)]
    found = metrics_of(columns(same), columns(same))
    assert found["mia_auc"] == pytest.approx(0.5) and found["tpr_at_1pct_fpr"] == pytest.approx(1.0)


def test_every_attack_has_the_area_of_its_own_feature():
    """Losses as in the first case: 0.9. Entropies the other way round: of 100 pairs, 10 forget samples are below."""
    found = metrics_of(columns(range(10), entropies=[5.5 + i for i in range(10)]),
                       columns([5.5 + i for i in range(10)], entropies=range(10)))
    assert found["mia_loss_auc"] == found["mia_auc"] == pytest.approx(0.9)
    assert found["mia_entropy_auc"] == pytest.approx(0.1)


def test_exposure_at_a_false_alarm_in_a_thousand():
    """1,000 test samples: one false alarm is 0.1%, ten are 1%. 13 of 20 forget samples are below the second lowest
    test loss and 18 below the eleventh. The intervals are Clopper and Pearson's for 13 and 18 of 20."""
    forget = columns([0.0] * 10 + [1.5] * 3 + [3.0] * 5 + [200.0] * 2)
    found = metrics_of(forget, columns([1.0] + [2.0] * 9 + [100.0] * 990))
    assert found["tpr_at_0_1pct_fpr"] == pytest.approx(65.0) and found["tpr_at_1pct_fpr"] == pytest.approx(90.0)
    for name, hits in (("tpr_at_0_1pct_fpr_interval", 13), ("tpr_at_1pct_fpr_interval", 18)):
        exact = binomtest(hits, 20).proportion_ci(method="exact")
        assert found[name] == pytest.approx([100 * exact.low, 100 * exact.high])


def test_members_with_lower_losses_score_higher():
    """An attack's score is higher where member is likelier, everywhere."""
    assert metrics_of(columns([0.1] * 10), columns([5.0] * 10))["mia_auc"] == 1.0
    assert metrics_of(columns([5.0] * 10), columns([0.1] * 10))["mia_auc"] == 0.0


def test_the_attacks_gaps_are_distances_to_50():
    forget = columns(torch.linspace(0, 1, 40), entropies=[0.3] * 40)
    found = metrics_of(forget, columns(torch.linspace(20, 21, 40), entropies=[0.3] * 40))
    assert (found["mia_loss"], found["mia_loss_gap"]) == (100.0, 50.0)
    assert (found["mia_entropy"], found["mia_entropy_gap"]) == (50.0, 0.0)


def test_every_declared_metric_is_measured_and_the_other_way_round():
    found = metrics_of(columns(range(20)), columns(range(20)))
    assert set(found) - {"sizes", "notes"} - INTERVALS >= NAMES
    later = {metric.name for metric in against_retrained_metrics()}
    assert later == {"tow", "tow_mia", "average_gap", "ks_retrained", "wasserstein_retrained"} | BESIDE
    assert later == {metric.name for metric in all_metrics() if metric.needs_retrained}
    assert {metric.name for metric in all_metrics()} >= NAMES - OLD | later and set(by_name()) - later <= set(found)
    assert not later & set(found), "those need a retrained model: engine.runs.references"
    assert all(metric.help.endswith(".") for metric in all_metrics())


@pytest.mark.parametrize("name, ideal", [
    ("mia_loss", 50.0), ("mia_entropy", 50.0), ("mia_loss_gap", 0.0), ("mia_loss_auc", 0.5),
    ("mia_entropy_auc", 0.5), ("rmia_auc", 0.5), ("iam_auc", 0.5), ("u_lira_auc", 0.5),
    ("tpr_at_1pct_fpr", 1.0), ("tpr_at_0_1pct_fpr", 0.1),
    ("accuracy_gap", 0.0), ("ks_test", 0.0), ("wasserstein_test", 0.0), ("ks_retrained", 0.0),
    ("wasserstein_retrained", 0.0), ("tow", 1.0), ("tow_mia", 1.0), ("average_gap", 0.0), ("test_accuracy", "max"),
    ("retain_accuracy", "match_retrained"), ("forget_accuracy", "match_retrained")])
def test_every_metric_declares_its_ideal(name, ideal):
    assert by_name()[name].ideal == ideal


def test_fewer_than_ten_samples_leave_the_attack_metrics_empty_with_a_note():
    found = metrics_of(columns(range(9)), columns(range(100)))
    empty = {name for name, value in found.items() if value is None}
    assert empty == ATTACKED | INTERVALS
    assert (found["ks_test"], found["wasserstein_test"]) == (pytest.approx(0.91), pytest.approx(45.5))
    assert found["notes"] == ["Only 9 forget samples: an attack needs at least 10 per side, so the attack metrics "
                              "are empty."]
    assert found["forget_accuracy"] == 100.0 and found["sizes"] == {"forget": 9, "test": 100, "nonmembers": 100}
    assert metrics_of(columns(range(10)), columns(range(10)))["notes"] == []


@pytest.mark.parametrize("forget, test, few", [
    (9, 100, "9 forget"), (100, 3, "3 test"), (4, 3, "4 forget and 3 test")])
def test_the_note_names_the_side_that_is_short(forget, test, few):
    assert metrics_of(columns(range(forget)), columns(range(test)))["notes"] == [
        f"Only {few} samples: an attack needs at least 10 per side, so the attack metrics are empty."]


@pytest.mark.parametrize("name", ["forget", "test", "retain", "unseen"])
def test_losses_that_are_not_finite_are_refused(name):
    sets = {kind: columns(range(12)) for kind in ("forget", "test", "retain", "unseen")}
    sets[name] = columns([math.nan, math.inf] + [1.0] * 10)
    with pytest.raises(Diverged) as caught:
        measure(Readings(**sets))
    assert str(caught.value) == (f"2 of 12 losses on the {name} set are not finite: the method destroyed the model. "
                                 "A smaller learning rate or alpha may help.")
