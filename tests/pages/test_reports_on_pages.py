"""Every page with a result offers its report. What is in the file: tests/ui/report; that a browser gets it and
opens it without a network: tests/browser/test_report.py."""

from __future__ import annotations

import io
import zipfile

import pytest

from engine.runs import recorded
from engine.types import Spec
from tests.pages.test_pages import app, finish, put


def page(name: str, **query: str):
    at = app()
    for key, value in query.items():
        at.query_params[key] = value
    return at.switch_page(f"pages/{name}.py").run()


def reports(at) -> list[str]:
    return [button.proto.label for button in at.get("download_button") if "Report" in button.proto.label]


def a_recorded_run() -> str:
    return next(run.id for run in recorded.recorded_runs() if run.finished and run.spec.dataset == "digits")


@pytest.mark.parametrize(("name", "query"), [
    ("unlearn", {}),
    ("compare", {"data": "cifar10", "methods": "retrain nabla_tau", "seeds": "0", "profile": "paper"}),
    ("robustness", {"xs": "0.05 0.25", "ys": "0.15 0.3", "seeds": "0", "set": "max_forget_epochs=80"}),
    ("evidence", {"data": "digits"})])
def test_a_page_with_a_result_offers_its_report(jobs, name, query):
    at = page(name, **(query or {"run": a_recorded_run()}))
    assert not at.exception
    assert reports(at) == ["Report, one HTML file"]


def test_a_run_that_ended_before_it_was_measured_offers_none(jobs):
    at = page("unlearn", run=put(jobs, "failed", reason="It broke."))
    assert not at.exception
    assert reports(at) == []


def labels(at) -> list[str]:
    return [button.proto.label for button in at.get("download_button")]


CARD = "The unlearned weights with a model card, as a zip"


def test_a_run_that_kept_its_weights_hands_them_out_with_a_model_card(jobs):
    from safetensors.torch import load

    from ui.unlearn import weights

    run = finish(jobs, jobs.submit(Spec(method="finetune", forget_fraction=0.05,
                                  parameters={"retain_epochs": 1}), keep_weights=True))
    at = page("unlearn", run=run.id)
    assert not at.exception and CARD in labels(at)
    archive = zipfile.ZipFile(io.BytesIO(weights._packed(run)))
    assert archive.namelist() == [f"{run.id}/model.safetensors", f"{run.id}/README.md"] and archive.testzip() is None
    assert len(load(archive.read(f"{run.id}/model.safetensors"))) == 20
    card = archive.read(f"{run.id}/README.md").decode()
    assert "a random subset, 5%: 50 of 1,000 training samples" in card and "--method finetune" in card


def test_weights_without_their_original_here_come_without_a_card_and_none_that_were_not_kept(jobs, monkeypatch):
    run_id = a_recorded_run()
    at = page("unlearn", run=run_id)
    assert any(f"kept no weights: `python -m engine export-weights {run_id} DIR`" in one.value for one in at.caption)
    jobs.store.save_weights(run_id, b"w" * 234_567)
    assert CARD in labels(page("unlearn", run=run_id))
    monkeypatch.setattr(jobs.checkpoints, "find", lambda *_: None)
    at = page("unlearn", run=run_id)
    assert not at.exception and "The unlearned weights as safetensors (0.2 MB)" in labels(at) and CARD not in labels(at)


def test_the_json_of_a_run_holds_its_curves(jobs):
    from engine.runs.recorded import recorded_runs
    from ui.unlearn.report_card import _curves

    run = next(run for run in recorded_runs() if run.spec.dataset == "digits" and run.spec.seed == 1
               and run.spec.method == "nabla_tau" and not run.spec.parameters)
    found = _curves(run.id)
    assert (found[0]["step"], found[-1]["step"], len(found)) == (0, run.steps, len({one["step"] for one in found}))
    assert found[-1]["test"] == pytest.approx(run.metrics["test_accuracy"], abs=1e-3) and "mia_loss" in found[0]
