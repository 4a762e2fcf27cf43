"""A finished run beside retrained models: models made again, the second seed, and the command."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from engine.cli.main import main
from engine.errors import BadInput
from engine.evaluation.likeness.outputs import outputs
from engine.originals.checkpoints import Checkpoints
from engine.originals.workbench import prepare_bench
from engine.runs.compute import compute
from engine.runs.estimates import Span
from engine.runs.method import setting
from engine.runs.recording import record
from engine.runs.records import Run
from engine.runs.weights import weights_of
from engine.spec import resolve
from engine.studies import likeness as study
from engine.studies import likeness_asked as asked
from engine.studies.likeness import Models, likeness, measured, reference_of, with_next_seed
from engine.studies.likeness_retrained import kept_again, kept_retrained
from engine.types import Spec


@pytest.fixture
def checkpoints(with_original):
    return Checkpoints(with_original / "checkpoints")


@pytest.fixture
def bench(checkpoints):
    return prepare_bench(resolve(Spec()), checkpoints, torch.device("cpu"))


@pytest.fixture
def short(monkeypatch):
    """Retraining in three epochs instead of the recipe's."""
    def quick(resolved):
        return resolve(replace(resolved.spec, method="retrain", parameters={"epochs": 3}), resolved.sizes)

    monkeypatch.setattr(study, "reference_of", quick)
    return quick


def finished(store, bench, **more):
    resolved = resolve(Spec(method="finetune", parameters={"retain_epochs": 1}, **more))
    return record(store, [(resolved, store.begin(resolved), compute(resolved, bench))])[0]


def test_the_reference_is_the_recipe_and_the_second_one_differs_by_its_seed():
    run = resolve(Spec(method="ssd", seed=3, forget_seed=5))
    one = reference_of(run)
    again = with_next_seed(one)
    assert one.split_identity() == again.split_identity() == run.split_identity()
    assert (one.training_seed, again.training_seed) == (3, 4) and one.effective == again.effective
    paper = reference_of(resolve(Spec(method="ssd", seed=3, original_seed=2, profile="paper")))
    assert (paper.training_seed, with_next_seed(paper).training_seed) == (2, 3)
    assert paper.effective == with_next_seed(paper).effective


def test_a_model_is_its_own_likeness(bench):
    at = setting(bench, resolve(Spec()))
    net = bench.network
    found = measured(Models(net, net, net, net), bench, at.parts, at.resolved)
    assert set(found) == {"retain", "forget", "test"}
    for one in found.values():
        assert all(agreed.share == 100.0 for agreed in one.agreement.values())
        assert all(value == 0.0 for value in one.jsd.values())
        assert all(value == pytest.approx(1) for layers in one.cka.values() for value in layers.values())
    assert found["forget"].count == 150 and len(found["retain"].cka["attainable"]) == 13
    right = sum(one.right for one in found["test"].by_class["original"])
    assert 100 * right / 399 == pytest.approx(bench.readouts["heldout"][at.parts.test].accuracy)


@pytest.mark.long
def test_a_run_is_made_again_to_the_last_bit_and_compared(store, bench, checkpoints, short, capfd, monkeypatch):
    run, seen = finished(store, bench, evaluation_seed=1), []
    found = likeness(run, store, checkpoints, report=lambda text, fraction: seen.append(text))
    assert list(dict.fromkeys(seen)) == ["Computing Fine-tuning again", "Retraining",
                                        "Retraining with another seed", "Comparing the models"]
    assert found.notes[0] == (
        f"Run {run.id} (Fine-tuning) kept no weights: its model was computed again from its settings."), "equal"
    assert found.notes[1].startswith("The retrained model began from the first weights of the Original (both have seed")
    forget = found.sets["forget"]
    accuracy = 100 * sum(one.right for one in forget.by_class["unlearned"]) / 150
    assert accuracy == pytest.approx(run.metrics["forget_accuracy"])
    assert 0 < forget.agreement["attainable"].share < 100 and 0 < forget.jsd["attainable"] < 0.6931
    stayed = sum(row[number] for number, row in enumerate(forget.moved["original_to_unlearned"]))
    assert forget.agreement["unlearned_original"].share == pytest.approx(100 * stayed / 150)

    assert main(["compare-models", run.id, "--json"]) == 0
    out = json.loads(capfd.readouterr().out)
    assert out["sets"]["forget"]["agreement"]["attainable"]["share"] == forget.agreement["attainable"].share
    assert set(out["blind_spots"]) == {"agreement", "by_class", "jsd", "prediction_matrix", "cka"}
    assert main(["compare-models", run.id, "--no-attainable"]) == 0
    text = capfd.readouterr().out
    assert "unlearned and retrained: agreement" in text and "attainable:" not in text
    assert study.NOT_ATTAINABLE in text


def test_what_has_no_model_to_compare(store, checkpoints, capfd):
    with pytest.raises(BadInput, match="Run cafe is failed: only a finished run has a model"):
        likeness(Run("cafe", "failed", Spec()), store, checkpoints)
    assert main(["compare-models", "nosuchrun"]) == 2
    assert "nosuchrun" in capfd.readouterr().err


@pytest.mark.long
def test_kept_weights_are_used_and_nothing_is_computed_again(brief, store, bench, checkpoints, monkeypatch):
    made = {}
    for method in ("retrain", "finetune"):
        resolved = resolve(Spec(method=method, parameters={} if method == "retrain" else {"retain_epochs": 1}))
        outcome = compute(resolved, bench, keep_weights=True)
        made[method] = record(store, [(resolved, store.begin(resolved), outcome)])[0]
    monkeypatch.setattr(study, "unlearn", lambda *rest: pytest.fail("computed again"))
    found = likeness(made["finetune"], store, checkpoints, attainable=False)
    assert found.notes[0] == study.NOT_ATTAINABLE and len(found.notes) == 2
    accuracy = {model: 100 * sum(one.right for one in rows) / 150
                for model, rows in found.sets["forget"].by_class.items()}
    assert accuracy == {name: pytest.approx(value) for name, value in {
        "original": made["finetune"].metrics.original["forget_accuracy"],
        "unlearned": made["finetune"].metrics["forget_accuracy"],
        "retrained": made["retrain"].metrics["forget_accuracy"]}.items()}


@pytest.mark.long
def test_retrained_models_that_are_there_are_neither_trained_nor_counted(brief, store, bench, checkpoints,
                                                                         monkeypatch):
    def kept(method, **more):
        resolved = resolve(Spec(method=method, parameters={"retain_epochs": 1} if method == "finetune" else {}, **more))
        return record(store, [(resolved, store.begin(resolved), compute(resolved, bench, keep_weights=True))])[0]

    run, retrained = kept("finetune"), kept("retrain")
    run, one = store.get(run.id), asked.span(store.get(run.id), store, checkpoints)
    with monkeypatch.context() as patch:
        patch.setattr(asked, "kept_retrained", lambda *rest: None)
        both = asked.span(run, store, checkpoints)
    assert both.high - one.high == pytest.approx(one.high - 2 * asked.START, rel=0.05), "one retraining less"
    other = kept("retrain", unlearning_seed=1)
    assert (kept_retrained(run, store), kept_again(run, store)) == (retrained.id, other.id)
    assert asked.span(run, store, checkpoints) == Span.around(asked.START)
    monkeypatch.setattr(study, "unlearn", lambda *rest: pytest.fail("trained again"))
    found = likeness(run, store, checkpoints).sets["forget"]
    agrees = (weights_of(made, store, checkpoints).network for made in (retrained, other))
    at = setting(bench, resolve(Spec()))
    said = [outputs(net, bench.data, "forget", at.parts.forget, 0).said for net in agrees]
    assert found.agreement["attainable"].share == pytest.approx(100 * (said[0] == said[1]).mean())
    store.delete(other.id)
    assert kept_again(run, store) is None
