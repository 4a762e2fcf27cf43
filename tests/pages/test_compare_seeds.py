"""Training seeds on the Compare page: from the address, the section with its components, the button, one Original."""

from __future__ import annotations

from dataclasses import replace

from engine.studies.comparison import Comparison
from engine.studies.training_seeds import find_runs, missing
from engine.studies.variance import ONE_TRAINING
from tests.engine.comparing import finish
from tests.pages.test_compare_page import compare_page
from tests.pages.test_pages import texts

GRID = Comparison(forget=0.2, methods=("retrain", "ssd"), seeds=(0, 1), training_seeds=(0, 1, 2))
ASKED = {"data": "digits", "forget": "0.2", "methods": "retrain ssd", "seeds": "0 1"}
HAND = [[50, 52], [54, 56], [58, 60]]


def filled(store, leave_out=()):
    for one, values in zip(GRID.of_each_original(), HAND):
        for seed, value in zip(GRID.seeds, values):
            for method in GRID.methods:
                if (method, one.training_seeds[0], seed) not in leave_out:
                    finish(store, one, method, seed, test_accuracy=float(value))


def test_one_original_says_for_what_it_holds(jobs):
    filled(jobs.store)
    at = compare_page(**ASKED)
    assert not at.exception and ONE_TRAINING in texts(at)
    assert "originals" not in at.query_params


def test_several_originals_have_their_components_and_the_address_keeps_them(jobs):
    filled(jobs.store)
    at = compare_page(**ASKED, originals="0 1 2")
    assert not at.exception and ONE_TRAINING not in texts(at)
    rows = at.table[-1].value
    ssd = rows[(rows["method"].str.contains("SSD")) & (rows["measure"] == "Test accuracy (%)")].iloc[0]
    assert ssd["mean ± 95%"] == "55.00 ± 9.94"
    assert (ssd["training"], ssd["unlearning"]) == ("SD 3.87, 88%", "SD 1.41, 12%")
    assert ssd["from retraining"] == "+0.00 ± 0.00"
    assert "I = 3 (training seeds 0, 1, 2), J = 2 (seeds 0, 1), K = 1." in texts(at)
    assert at.text_input(key="compare.originals").value == "0 1 2"
    assert at.query_params["originals"] in ("0 1 2", ["0 1 2"])


def test_what_is_missing_is_counted_and_queued(jobs):
    filled(jobs.store, leave_out={("ssd", 1, 0)})
    at = compare_page(**ASKED, originals="0 1 2")
    assert "5 of 6 runs have this value" in texts(at)
    at.button(key="compare.originals.start").click().run()
    assert not at.exception and missing(GRID, find_runs(GRID, jobs.store)) == []
    queued, = jobs.store.list(status=("queued", "running", "finished", "failed"), newest_first=True, limit=1)
    assert (queued.spec.original_seed, queued.spec.unlearning_seed, queued.train_original) == (1, 1000, True)


def test_nonsense_is_put_into_a_sentence(jobs):
    at = compare_page(**ASKED, originals="0 x")
    assert not at.exception and any("The link's originals: 'x' is not a seed" in one.value for one in at.warning)
    at = compare_page(**ASKED, originals="9999999")
    assert any("9999999 is not a training seed" in one.value for one in at.warning)


def test_several_unlearning_seeds_have_a_component_of_their_own(jobs):
    asked = replace(GRID, training_seeds=(0, 1), unlearning_seeds=2)
    for one in asked.of_each_seed():
        for seed in asked.seeds:
            for method in asked.methods:
                finish(jobs.store, one, method, seed, test_accuracy=float(50 + 8 * one.training_seeds[0] + 4 * seed +
                                                                          2 * one.repeat))
    at = compare_page(**ASKED, originals="0 1", unlearning="2")
    assert not at.exception and at.number_input(key="compare.unlearning").value == 2
    assert "I = 2 (training seeds 0, 1), J = 2 (seeds 0, 1), K = 2 unlearning seeds each." in texts(at)
    rows = at.table[-1].value
    ssd = rows[(rows["method"].str.contains("SSD")) & (rows["measure"] == "Test accuracy (%)")].iloc[0]
    assert (ssd["training"], ssd["forget set"], ssd["unlearning"]) == ("SD 5.29, 76%", "SD 2.65, 19%", "SD 1.41, 5%")
    assert at.query_params["unlearning"] in ("2", ["2"])
    wrong = compare_page(**ASKED, unlearning="99")
    assert any("The link's unlearning: '99' is not a number of unlearning seeds: choose from 1 to 10." in one.value
               for one in wrong.warning)
