"""Texts in the pages: models and readings to choose, what a method cannot do, and the samples of a run."""

from __future__ import annotations

import pytest

from engine.types import Spec
from tests.engine.texts import write_go_emotions
from tests.pages.test_pages import app, finish, opened, texts, unlearn_page
from ui.common import controls


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("UNLEARN_DATA_DIR", str(write_go_emotions(tmp_path / "data")))


def emotions(**more):
    at = opened(unlearn_page())
    return at.selectbox(key="dataset").set_value("go_emotions").run()


def test_the_form_offers_the_models_and_the_reading(jobs, folder):
    at = emotions()
    assert not at.exception and not at.error
    assert at.selectbox(key="model.go_emotions").options[:3] == ["Text conv net", "MiniLM", "RoBERTa base"]
    assert at.selectbox(key="option.go_emotions.labels.corrected").value == "single"
    shown = at.table[0].value.iloc[:, 0].to_dict()
    assert (shown["forget set"], shown["test set"]) == ("5,446 samples", "4,590 samples")
    assert shown["learning rate"] == "0.002"
    at.segmented_control(key="profile").set_value("paper").run()
    assert at.selectbox(key="option.go_emotions.labels.paper").value == "several"
    assert at.table[0].value.iloc[:, 0].to_dict()["forget set"] == "6,512 samples"


def test_how_large_an_emotion_is_in_each_reading(jobs, folder):
    at = emotions()
    at.selectbox(key="scenario").set_value("class").run()
    assert "2,710 of 36,308 training samples, 7.5%." in texts(at)
    at.selectbox(key="class.go_emotions").set_value(16).run()
    assert "39 of 36,308 training samples, 0.1%." in texts(at)
    at.segmented_control(key="profile").set_value("paper").run()
    assert "65 of 43,410 training samples, 0.1%." in texts(at)


def test_how_large_an_emotion_is_on_compare(jobs, folder):
    at = app()
    at.query_params |= {"data": "go_emotions", "scenario": "class", "forget": "16"}
    at.switch_page("pages/compare.py").run()
    assert "39 of 36,308 training samples, 0.1%." in texts(at)
    at.segmented_control(key="compare.profile").set_value("paper").run()
    assert "65 of 43,410 training samples, 0.1%." in texts(at)


def test_each_model_has_its_own_settings(jobs, folder):
    at = emotions()
    at.selectbox(key="model.go_emotions").set_value("roberta_base").run()
    assert at.table[0].value.iloc[:, 0].to_dict()["learning rate"] == "0.0003"
    assert "The weights of RoBERTa base are not on this machine" in texts(at)


def test_a_method_that_cannot_apply_says_why(jobs, folder):
    at = emotions()
    at.selectbox(key="method").set_value("scrub").run()
    at.segmented_control(key="profile").set_value("paper").run()
    assert [error.value for error in at.error] == [
        "SCRUB compares two models' answers as one distribution over all classes, but here a sample of GoEmotions can "
        "have several labels: choose single labels (labels=single, the default of "
        "profile corrected)."]
    assert at.button(key="launch").disabled
    at.selectbox(key="option.go_emotions.labels.paper").set_value("single").run()
    assert not at.error and not at.button(key="launch").disabled


def test_compare_leaves_out_what_cannot_apply(jobs, folder):
    at = app()
    at.query_params["data"], at.query_params["profile"] = "go_emotions", "paper"
    at = at.switch_page("pages/compare.py").run()
    assert not at.exception and not at.error
    assert "Left out here: SCRUB, Amnesiac, Bad teacher, " in " ".join(one.label for one in at.expander)
    assert "SCRUB compares two models' answers as one distribution over all classes, but here a sample" in texts(at)
    assert at.selectbox(key="compare.model.go_emotions").value == "text_cnn"
    assert "model" not in at.query_params
    at.selectbox(key="compare.model.go_emotions").set_value("minilm").run()
    assert at.query_params["model"] in ("minilm", ["minilm"])


def test_no_word_of_images(jobs, folder):
    said = texts(emotions()).lower()
    assert "image" not in said and "picture" not in said


def shown(at, run_id):
    return at.toggle(key=f"samples-{run_id}").set_value(True).run()


def rises(table) -> list[float]:
    """How much each loss rose, to a tenth: the table rounds both to two digits."""
    sides = [[float(side) for side in cell.split("\u00a0→\u00a0")] for cell in table["Loss"]]
    return [round(after - before, 1) for before, after in sides]


def test_the_texts_of_a_run_most_forgotten_first(jobs, folder):
    run_id = jobs.submit(Spec("go_emotions", parameters={"retain_epochs": 1}), train_original=True)
    finish(jobs, run_id)
    assert jobs.store.get(run_id).status == "finished", jobs.store.get(run_id).reason
    at = shown(unlearn_page(run=run_id), run_id)
    table = next(frame.value for frame in at.table if "Text" in frame.value)
    assert len(table) == 24 and list(table) == ["Text", "Label", "Said", "Loss", "Memorised"]
    assert rises(table) == sorted(rises(table), reverse=True)
    at.segmented_control(key=f"samples-order-{run_id}").set_value("least").run()
    assert rises(table) != sorted(rises(table))
    table = next(frame.value for frame in at.table if "Text" in frame.value)
    assert rises(table) == sorted(rises(table))
    at.segmented_control(key=f"samples-order-{run_id}").set_value("lost").run()
    found = [frame.value for frame in at.table if "Text" in frame.value]
    assert found or "None: the model did not say the label of any before that it does not say at the end." in texts(at)
    assert all(before.endswith(" ✓") and not after.endswith(" ✓")
               for frame in found for before, after in (said.split(" → ") for said in frame["Said"]))


def test_the_pictures_of_a_run(jobs):
    run_id = jobs.submit(Spec(parameters={"retain_epochs": 1}))
    finish(jobs, run_id)
    at = shown(unlearn_page(run=run_id), run_id)
    assert not at.exception
    assert sum(caption.value.count("→") == 2 for caption in at.caption) == 24


def test_a_recorded_run_without_its_samples_says_so(jobs):
    from engine.runs.recorded import recorded_runs

    run = next(run for run in recorded_runs() if run.spec.dataset == "digits" and run.spec.seed == 0)
    at = shown(unlearn_page(run=run.id), run.id)
    assert ("This recorded run ships without a table of its samples, to stay small: run it again to get one."
            ) in [info.value for info in at.info]
    assert not [one for one in at.segmented_control if one.key.startswith("samples-order")]


def test_widgets_of_another_model_are_others():
    from engine.registry import get

    record = get("dataset", "go_emotions")
    assert controls.scoped(record, "text_cnn") == "go_emotions" != controls.scoped(record, "minilm")
