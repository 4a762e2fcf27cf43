"""What a good value is, by what an attacker compares."""

from __future__ import annotations

import pytest

from engine.evaluation.metrics import ideal_in, metric_of


@pytest.mark.parametrize("scenario", ["hardest", "easiest", "memorised", "listed"])
def test_of_chosen_samples_a_coin_toss_is_no_aim(scenario):
    for name in ("mia_loss", "mia_loss_gap", "mia_loss_auc", "tpr_at_1pct_fpr", "ks_test"):
        assert ideal_in(metric_of(name), scenario) == "match_retrained", name
    assert ideal_in(metric_of("tow"), scenario) == 1.0, "held against the retrained model already"
    assert ideal_in(metric_of("test_accuracy"), scenario) == "max"


@pytest.mark.parametrize("scenario", ["random", "class", "matching"])
def test_where_an_attacker_compares_like_with_like_a_coin_toss_is_the_aim(scenario):
    assert ideal_in(metric_of("mia_loss"), scenario) == 50.0
