"""A run against its retrained model: by hand on small tables."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from not_tried import not_tried, of_ensemble

from engine.evaluation.distances import auc
from engine.evaluation.measured import Metrics
from engine.evaluation.metrics import against_retrained_metrics
from engine.evaluation.retrained import Beside, against_retrained, attacked, nonmember_set, references_of, tug_of_war
from engine.registry import get
from engine.runs.records import Run
from engine.runs.references import is_reference, newest_reference
from engine.types import Spec

NAMES = [metric.name for metric in against_retrained_metrics()]
RMIA = [name for name in NAMES if name.startswith("rmia")]
MINE = {"forget_accuracy": 80.0, "retain_accuracy": 99.0, "test_accuracy": 70.0, "mia_loss": 55.0,
        "over_forgotten": False, "notes": []}
THEIRS = {"forget_accuracy": 72.0, "retain_accuracy": 100.0, "test_accuracy": 73.0, "mia_loss": 51.0,
          "over_forgotten": False, "notes": ["theirs"], "verdict": "theirs", "original": {}, "null_band": {},
          "tow": 1.0}
UNKEPT = "It needs the losses of every sample, which were not kept."


def table(**sets):
    """A per-sample table from the losses of each set; samples are numbered from 0 unless told: ``{7: 0.5, ...}``."""
    rows = [(name, sample, loss) for name, losses in sets.items()
            for sample, loss in (losses if isinstance(losses, dict) else dict(enumerate(losses))).items()]
    return pd.DataFrame(rows, columns=["set", "sample", "loss"]).astype({"loss": "float32"})


def retraining(metrics=THEIRS, scenario="random", parameters=None, **more):
    spec = Spec(method="retrain", scenario=scenario, parameters=parameters or {})
    return Run(**{"id": "cafe", "status": "finished", "spec": spec, "metrics": metrics and Metrics(metrics)} | more)


def rmia_auc(samples, retrained, nonmembers):
    """The area of RMIA, or None, and why."""
    values, reason = attacked(get("attack", "rmia"), samples, Beside(references_of(samples, retrained)), nonmembers)
    return values["rmia_auc"], reason


# --- accuracies -----------------------------------------------------------------------------


def test_tow_and_average_gap_by_hand():
    """8 points off on forget, 1 on retain, 3 on test, and 4 in the attack."""
    found = tug_of_war(MINE, THEIRS)
    assert found["tow"] == pytest.approx(0.92 * 0.99 * 0.97) and found["average_gap"] == pytest.approx(4.0)


def test_a_retrained_model_is_all_there_is_to_reach():
    assert tug_of_war(THEIRS, THEIRS) == {"tow": 1.0, "tow_mia": 1.0, "average_gap": 0.0}


@pytest.mark.parametrize("without", [{"mia_loss": None}, {}])
def test_the_average_gap_without_an_attack_is_that_of_the_accuracies(without):
    """Fewer than ten samples, or a run of a version that had none: (8 + 1 + 3) / 3."""
    theirs = {name: value for name, value in THEIRS.items() if name != "mia_loss"} | without
    assert tug_of_war(MINE, theirs)["average_gap"] == pytest.approx(4.0)
    assert tug_of_war(MINE | {"retain_accuracy": 95.0}, theirs)["average_gap"] == pytest.approx(16 / 3)


def test_tow_mia_without_an_attack_is_empty_with_the_reason():
    theirs = {name: value for name, value in THEIRS.items() if name != "mia_loss"}
    assert tug_of_war(MINE, theirs)["tow_mia"] is None
    found = against_retrained(MINE, None, retraining(metrics=theirs), None, [])
    assert found["missing"]["tow_mia"] == "It needs the attacks on both models, of at least 10 samples per side."


# --- what is there and what is not ----------------------------------------------------------


def test_without_a_retrained_model_everything_is_empty_with_the_reason():
    found = against_retrained(MINE, table(forget=[1.0]), None, None, [])
    reason = "It needs a model retrained on the same split: run Retraining with the same forget set, seed and profile."
    intervals = dict.fromkeys(f"{name}_interval" for name in NAMES if "_tpr_" in name)
    counts = ["rmia_references", "iam_references", "u_lira_references"]
    assert found == MINE | dict.fromkeys([*NAMES, *counts]) | intervals | {
        "retrained": None, "missing": dict.fromkeys(NAMES, reason) | of_ensemble()}


@pytest.mark.parametrize("mine, theirs", [(None, table(forget=[1.0])), (table(forget=[1.0]), None), (None, None)])
def test_without_the_losses_of_every_sample_the_accuracies_still_count(mine, theirs):
    found = against_retrained(MINE, mine, retraining(), theirs, [])
    assert found["missing"] == dict.fromkeys(("ks_retrained", "wasserstein_retrained", *RMIA, *not_tried()), UNKEPT)
    assert [name for name in NAMES if found[name] is None] == list(found["missing"])
    assert found["tow"] == pytest.approx(0.92 * 0.99 * 0.97)


def test_the_retrained_models_own_numbers_are_kept_with_its_run():
    found = against_retrained(MINE, None, retraining(), None, [])["retrained"]
    assert found == {"forget_accuracy": 72.0, "retain_accuracy": 100.0, "test_accuracy": 73.0, "mia_loss": 51.0,
                     "run_id": "cafe"}


def test_distances_to_the_retrained_losses_by_hand():
    """Forget losses 1, 3, 5 against 2, 4, 9: they would move 1, 1 and 4; never more than a third is between them."""
    mine, theirs = table(forget=[5, 1, 3], test=[9] * 3), table(forget=[9, 2, 4], test=[1] * 3)
    found = against_retrained(MINE, mine, retraining(), theirs, [theirs])
    assert found["wasserstein_retrained"] == pytest.approx(2.0) and found["ks_retrained"] == pytest.approx(1 / 3)
    assert found["missing"] == not_tried() | dict.fromkeys(
        RMIA, "It needs the losses of the validation set, which this run did not keep.")


def test_a_table_against_itself():
    rng = np.random.default_rng(0)
    same = table(**{name: dict(enumerate(rng.exponential(size=30), start=first)) for name, first in (
        ("forget", 0), ("test", 0), ("validation", 30), ("retain", 30))})
    found = against_retrained(THEIRS, same, retraining(), same, [same])
    assert {name: found[name] for name in NAMES if name not in not_tried()} == {
        "tow": 1.0, "tow_mia": 1.0, "average_gap": 0.0, "ks_retrained": 0.0, "wasserstein_retrained": 0.0,
        "rmia": 50.0, "rmia_gap": 0.0, "rmia_auc": 0.5, "rmia_tpr_at_1pct_fpr": 0.0, "rmia_tpr_at_0_1pct_fpr": 0.0}
    assert found["missing"] == not_tried()


# --- which run is a reference ---------------------------------------------------------------


def test_a_reference_follows_the_recipe_and_has_its_metrics():
    assert is_reference(retraining()) and not is_reference(retraining(parameters={"epochs": 3}))
    assert not is_reference(Run("cafe", "finished", Spec(method="finetune")))
    runs = [retraining(parameters={"epochs": 3}), retraining(metrics=None), retraining(id="new"), retraining(id="old")]
    assert newest_reference(runs).id == "new" and newest_reference(runs[:2]) is None


# --- RMIA -----------------------------------------------------------------------------------


def losses(*probabilities):
    return [-math.log(p) for p in probabilities]


def by_number(first, probabilities):
    return dict(enumerate(losses(*probabilities), start=first))


VALIDATION = {f"validation{who}": losses(*p) for who, p in (("", (0.5, 0.5, 0.9)), ("_retrained", (0.5, 0.25, 0.3)))}
MODEL = table(forget=by_number(0, [0.8] * 10), test=by_number(3, [0.5] * 10), validation=VALIDATION["validation"])
ONE = table(forget=by_number(0, [0.2] * 10), test=by_number(3, [0.2] * 10),
            validation=VALIDATION["validation_retrained"])


def test_rmia_by_hand():
    """Population r: 1, 2, 3. Forget samples have r = .8 / .2 = 4, above all; test samples .5 / .2 = 2.5, above two."""
    assert rmia_auc(MODEL, [ONE], "test") == (1.0, None)
    rarer = table(forget=by_number(0, [0.3] * 10), test=by_number(3, [0.2] * 10),
                  validation=VALIDATION["validation_retrained"])  # r = 2.67: a tie with the test samples
    assert rmia_auc(MODEL, [rarer], "test") == (0.5, None)


def test_a_retrained_model_that_saw_a_sample_is_no_reference_for_it():
    """The other seed's model forgot samples 5 to 9 and trained on 0 to 4, of which it is certain.

    Forget samples: 0 to 4 have r = .8 / .2 = 4 and score 1, the others r = .8 / mean(.2, .4) = 2.67 and score 2/3. Test
    samples: r = .5 / .2 = 2.5, score 2/3. So five forget samples win and five draw: AUC 3/4. Had the model that saw
    them a say, 0 to 4 would have r = .8 / mean(.2, 1) = 1.33, score 1/3 and lose: AUC 1/4.
    """
    other = table(retain=by_number(0, [1.0] * 5), forget=by_number(5, [0.4] * 5),
                  test={number: loss for number, loss in by_number(0, [0.2] * 13).items() if number >= 3},
                  validation=VALIDATION["validation_retrained"])
    for references in ([ONE, other], [other, ONE]):
        assert rmia_auc(MODEL, references, "test") == (pytest.approx(0.75), None)


def test_held_out_samples_are_found_in_whichever_half_another_seed_put_them():
    """The other seed validates on this one's test samples and tests on its validation samples; numbers count."""
    model = table(forget=by_number(0, [0.8] * 10), test=by_number(3, [0.5] * 10), validation=by_number(20, [0.5, 0.9]))
    own = table(forget=by_number(0, [0.2] * 10), test=by_number(3, [0.2] * 10), validation=by_number(20, [0.25, 0.3]))
    swapped = table(forget=by_number(0, [0.2] * 10), validation=by_number(3, [0.2] * 10),
                    test=by_number(20, [0.25, 0.3]))
    assert rmia_auc(model, [own, swapped], "test") == rmia_auc(model, [own], "test") == (1.0, None)


def test_forget_and_held_out_samples_of_one_number_are_different_samples():
    """Sample 3 of D and sample 3 of the held-out pool: training on the one does not spoil the other."""
    other = table(retain=by_number(3, [1.0]), forget={**by_number(0, [0.2] * 3), **by_number(4, [0.2] * 6)},
                  test=by_number(3, [0.4] * 10), validation=VALIDATION["validation_retrained"])
    # Test samples: r = .5 / mean(.2, .4) = 1.67, above one; forget samples stay at 4, above all.
    assert rmia_auc(MODEL, [ONE, other], "test") == (1.0, None)


def test_more_references_for_one_side_do_not_tell_it_apart():
    """A model that forgot perfectly: all losses are the same noise. Forget samples have one reference, others five.

    Ratios to different references would not compare: against the mean of five, test samples would look unlikely.
    """
    rng, n = np.random.default_rng(1), 5_000

    def draw(first, n):
        return dict(enumerate(rng.normal(2.0, 0.8, n), start=first))

    def retrained(own):
        return table(**{"forget" if own else "retain": draw(0, n)}, test=draw(0, n), validation=draw(n, n))

    model = table(forget=draw(0, n), test=draw(0, n), validation=draw(n, n))
    references = [retrained(own=True), *(retrained(own=False) for _ in range(4))]
    assert rmia_auc(model, references, "test")[0] == pytest.approx(0.5, abs=0.02)
    of_model, of_own = (frame["loss"].to_numpy().reshape(3, n) for frame in (model, references[0]))
    mean = -np.log(np.mean([np.exp(-frame["loss"].to_numpy().reshape(3, n)[1]) for frame in references], axis=0))
    assert auc(of_own[0] - of_model[0], mean - of_model[1]) > 0.55


def test_the_unseen_samples_of_a_class_are_the_non_members():
    """In class removal; half of them are in the validation set too, and are looked up where they are attacked."""
    model = table(forget=by_number(0, [0.8] * 10), test=by_number(90, [0.01] * 20), unseen=by_number(3, [0.5] * 10),
                  validation=by_number(3, [0.5, 0.5, 0.9]))
    own = table(forget=by_number(0, [0.2] * 10), test=by_number(90, [0.9] * 20),
                validation=by_number(3, [0.5, 0.25, 0.3]), unseen=by_number(3, [0.2] * 10))
    # The population's references are .2 as well: r = 2.5, 2.5, 4.5; forget samples have 4 > 2.5, unseen ones 2.5.
    assert rmia_auc(model, [own], nonmember_set(Spec(scenario="class"))) == (1.0, None)
    assert nonmember_set(Spec()) == "test"


@pytest.mark.parametrize("references, model, reason", [
    ([], MODEL, "No retrained model has the losses of all these samples."),
    ([ONE[ONE["sample"] != 4]], MODEL, "No retrained model has the losses of all these samples."),
    ([ONE[ONE["set"] != "validation"]], MODEL, "No retrained model has the losses of all these samples."),
    ([ONE], MODEL[MODEL["set"] != "validation"],
     "It needs the losses of the validation set, which this run did not keep."),
    ([ONE], MODEL[(MODEL["set"] != "forget") | (MODEL["sample"] < 9)], "It needs at least 10 samples per side."),
    ([ONE], MODEL[(MODEL["set"] != "test")], "It needs at least 10 samples per side."),
])
def test_rmia_that_cannot_be_had(references, model, reason):
    assert rmia_auc(model, references, "test") == (None, reason)


def test_a_retrained_model_without_a_validation_set_is_passed_over():
    """A run of a version that kept no losses of it."""
    assert rmia_auc(MODEL, [ONE, ONE[ONE["set"] != "validation"].assign(loss=0.0)], "test") == (1.0, None)


# --- once and again -------------------------------------------------------------------------


def test_completing_a_run_twice_says_everything_once():
    samples = table(forget=[1.0] * 200, unseen=[1.0] * 20)
    reference = retraining(THEIRS | {"forget_accuracy": 50.0}, "class")
    once = against_retrained(MINE | {"forget_accuracy": 0.0}, samples, reference, samples, [samples])
    assert against_retrained(once, samples, reference, samples, [samples]) == once
