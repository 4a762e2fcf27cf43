"""Corrective measures by hand: docs/methods.md, "Corrective unlearning"."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.data.corruption import WRONG_LABELS, Corruption, Trigger
from engine.data.images import Data, Pool
from engine.errors import BadInput
from engine.evaluation.corrective import NO_REST, NO_TRIGGER, corrective, why_empty
from engine.evaluation.metrics import CORRECTIVE, CORRECTIVE_SIZES, metric_of, metrics_in
from engine.evaluation.retrained import CORRECTED_INSTEAD, against_retrained
from engine.evaluation.verdict import judge

STAMPED = Corruption(trigger=Trigger(side=2, target=0))
TRUE = torch.arange(20) % 10


def data(corruption: Corruption, true: torch.Tensor = TRUE, labels: torch.Tensor | None = None) -> Data:
    """Pictures of one bright pixel in the first row, whose column is the true class; the corner is dark."""
    images = torch.zeros(len(true), 10, 10, 1, dtype=torch.uint8)
    images[torch.arange(len(true)), 0, true] = 255
    pool = Pool(images, true if labels is None else labels, true)
    return Data("tiny", tuple("0123456789"), pool, pool, (0.0,), (1.0,), corruption=corruption)


class Rule(nn.Module):
    """Says the column of the bright pixel, changed by a rule of its own."""

    def __init__(self, rule):
        super().__init__()
        self.rule = rule

    def forward(self, images):
        said = self.rule(images[:, 0, 0].argmax(dim=1), images[:, 0, -1, -1] > 0.5)
        return torch.nn.functional.one_hot(said, 10).float() * 9


PERFECT = Rule(lambda true, bright: true)
POISONED = Rule(lambda true, bright: torch.where(bright, 0, true))
CONSTANT = Rule(lambda true, bright: torch.zeros_like(true))
SWAPPED = Rule(lambda true, bright: torch.where(true == 4, 9, torch.where(true == 9, 4, true)))
ALL = torch.arange(20)


def measures(model: nn.Module, of: Data, test: torch.Tensor = ALL) -> tuple[float | None, ...]:
    found = corrective(model, of, test)
    return tuple(found[metric.name] for metric in CORRECTIVE)


@pytest.mark.parametrize("model, expected", [
    (POISONED, (0.0, 100.0, 0.0, 100.0)),
    (PERFECT, (100.0, 0.0, 0.0, 100.0)),
    (CONSTANT, (0.0, 100.0, 100.0, 10.0))])
def test_a_trigger_by_hand(model, expected):
    """Corrected accuracy, attack success, its floor, accuracy elsewhere: the target's own images are not stamped."""
    of = data(STAMPED)
    assert measures(model, of) == expected
    assert corrective(model, of, ALL)[CORRECTIVE_SIZES] == {"affected": 18, "rest": 20}
    assert not of.heldout.images[:, -1].any(), "the test images themselves are not stamped"


@pytest.mark.parametrize("model, expected", [
    (SWAPPED, (0.0, 100.0)), (PERFECT, (100.0, 100.0)), (CONSTANT, (0.0, 12.5))])
def test_two_confused_classes_by_hand(model, expected):
    corrected, success, floor, rest = measures(model, data(Corruption(classes=(4, 9))))
    assert (corrected, rest) == expected and success is floor is None
    assert corrective(model, data(Corruption(classes=(4, 9))), ALL)[CORRECTIVE_SIZES] == {"affected": 4, "rest": 16}


def test_wrong_labels_are_measured_by_the_true_ones_on_all_of_the_test_set():
    of = data(WRONG_LABELS, labels=(TRUE + 1) % 10)
    assert measures(PERFECT, of) == (100.0, None, None, None)
    found = corrective(PERFECT, of, ALL)
    assert why_empty(found) == {
        "attack_success": NO_TRIGGER, "attack_success_floor": NO_TRIGGER, "rest_accuracy": NO_REST}


def test_only_the_test_set_is_read():
    assert measures(POISONED, data(STAMPED), torch.tensor([0, 1])) == (0.0, 100.0, 0.0, 100.0)
    assert corrective(POISONED, data(STAMPED), torch.tensor([0, 1]))[CORRECTIVE_SIZES] == {"affected": 1, "rest": 2}


def test_data_without_true_labels_are_refused():
    bare = Pool(data(STAMPED).heldout.images, TRUE)
    with pytest.raises(BadInput, match="The data set tiny keeps no true labels"):
        corrective(PERFECT, Data("tiny", tuple("0123456789"), bare, bare, (0.0,), (1.0,)), ALL)


def test_the_metrics_are_known_by_name_but_are_those_of_no_other_scenario():
    assert metric_of("attack_success").title == "Attack success rate"
    assert not {metric.name for metric in CORRECTIVE} & {metric.name for metric in metrics_in("random")}


# --- the verdict ----------------------------------------------------------------------------


def run(success: float | None = 0.0, corrected: float = 97.0, clean: bool = True, test: float = 98.0) -> dict:
    metrics = {"corrected_accuracy": corrected, "attack_success": success, "test_accuracy": test,
               "attack_success_floor": None if success is None else 0.5, "rest_accuracy": 98.0,
               CORRECTIVE_SIZES: {"affected": 360, "rest": 399}, "original": {"test_accuracy": 98.0},
               "mia_loss": 99.0, "null_band": {"mia_loss": (45.0, 55.0)}}
    theirs = {"corrected_accuracy": 97.0, "attack_success": None if success is None else 0.0}
    return metrics | ({"retrained": theirs} if clean else {})


@pytest.mark.parametrize("metrics, kind, said", [
    (run(), "forgotten", "The trigger no longer works: of unseen images with the trigger 0.0% are called its target "
     "(the clean-trained model: 0.0%). The accuracy is restored"),
    (run(success=40.0), "not_forgotten", "The trigger still works: of unseen images with the trigger 40.0%"),
    (run(corrected=80.0), "not_forgotten", "The accuracy is not restored: 80.0% of the affected unseen samples are "
     "classified by their true label (the clean-trained model: 97.0%)."),
    (run(clean=False), "undecided", "run Retraining with all manipulated samples found."),
    (run(success=40.0, clean=False), "not_forgotten", "(without the trigger: 0.5%)"),
    (run(success=None), "forgotten", "The accuracy is restored"),
    (run(success=None, clean=False), "undecided", "run Retraining with all manipulated samples found."),
    (run(test=80.0), "damaged", "The model is damaged")])
def test_a_correction_is_judged_by_its_measures_beside_the_clean_trained_model(metrics, kind, said):
    verdict = judge(metrics, "random", None)
    assert verdict.kind == kind and said in verdict.text
    assert verdict.over_forgotten is None and not any(item.name == "mia_loss" for item in verdict.evidence)
    assert kind == "damaged" or "Attacks on the found samples say nothing here" in verdict.text


def test_the_number_that_decides_and_the_reference_itself():
    found = judge(run(success=40.0), "random", None)
    assert found.decisive and (found.decisive.metric, found.decisive.value) == ("attack_success", 40.0)
    assert found.decisive.limit == pytest.approx(8.94, abs=0.01)  # 3 sqrt(.2 * .8 * 2 / 360)
    assert judge(run(), "random", None, reference=True).kind == "reference"


# --- beside the clean-trained model ---------------------------------------------------------


class Clean:
    id, spec, metrics = "cafe", None, {"corrected_accuracy": 97.0, "attack_success": 0.0, "notes": ["a note"]}


def test_the_clean_trained_model_takes_the_retrained_ones_place_and_distances_to_it_are_empty():
    mine = {name: value for name, value in run().items() if name != "retrained"}
    found = against_retrained(mine, None, Clean(), None, [])
    assert found["retrained"] == {"corrected_accuracy": 97.0, "attack_success": 0.0, "run_id": "cafe"}
    assert found["tow"] is None and found["missing"]["tow"] == CORRECTED_INSTEAD
    assert against_retrained(mine, None, None, None, [])["retrained"] is None
