"""Correcting manipulated samples, from the widgets to the finished page."""

from __future__ import annotations

import threading

import pytest

from engine.evaluation.metrics import CORRECTIVE
from engine.runs.here import run_here
from engine.spec import resolve
from engine.types import Spec
from tests.pages.test_pages import finish, opened, texts, unlearn_page
from ui.common import measures, words


def corrupted_page(dataset: str = "moons"):
    at = opened(unlearn_page())
    at.selectbox(key="dataset").set_value(dataset).run()
    return at.selectbox(key="scenario").set_value("corrupted").run()


def test_the_form_says_how_many_were_found(jobs):
    at = corrupted_page("digits")
    assert not at.exception
    assert at.table[0].value.iloc[:, 0].to_dict()["forget set"].endswith("163 samples")


def test_data_without_manipulated_samples_say_what_to_do(jobs):
    at = corrupted_page("cifar10")
    assert not at.exception and "cifar10 has none as it is: set corruption." in texts(at)
    at = opened(at.selectbox(key="option.cifar10.corruption").set_value("trigger").run())
    assert not at.exception and at.table[0].value.iloc[:, 0].to_dict()["forget set"].endswith("500 samples")


@pytest.mark.long
def test_a_run_is_shown_beside_the_clean_trained_model_and_without_attacks(jobs, unfolded):
    found = resolve(Spec("moons", "retrain", scenario="corrupted"))
    clean = run_here(found, jobs.store, True, threading.Event(), lambda progress: None)
    at = corrupted_page()
    at.selectbox(key="method").set_value("finetune").run()
    at.button(key="launch").click().run()
    run = finish(jobs, next(run.id for run in jobs.store.list() if run.spec.method == "finetune"))
    at = at.run()
    assert not at.exception and run.finished, run.reason
    assert run.metrics.retrained.run_id == clean.id
    said = texts(at)
    assert "of the affected unseen samples are classified by their true label (the clean-trained model:" in said
    assert "Attacks on the found samples say nothing here" in said
    assert [card.label for card in at.metric] == ["Corrected accuracy", "Retain accuracy", "Forget accuracy",
                                                  "Test accuracy"]
    rows = {row["measure"].split("**")[1]: row for row in measures.rows(run.metrics, "corrupted")}
    assert list(rows)[:len(CORRECTIVE)] == [metric.title for metric in CORRECTIVE]
    assert rows["Corrected accuracy"]["ideal"] == "as\u00a0clean-trained"
    assert rows["Corrected accuracy"]["clean-trained"].endswith("%")
    assert "No trigger was stamped" in rows["Attack success rate"]["measure"]


def test_the_model_beside_it_has_a_name():
    assert (words.reference("corrupted"), words.reference("random")) == ("clean-trained", "retrained")
