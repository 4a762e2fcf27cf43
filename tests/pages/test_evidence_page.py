"""The Evidence page as a person meets it: real engine, real store, no browser."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.evaluation.ensembles.draws import ORIGINAL
from engine.studies import ensemble_work
from engine.studies.ensemble import Ensemble
from engine.studies.ensemble_job import ensembles
from engine.studies.ensemble_shelves import at_hand_of
from tests.pages.test_pages import app, texts
from tests.patience import patience

sys.path.insert(0, str(Path(__file__).parents[1] / "engine" / "studies"))
from fake_ensemble import written

MOONS = Ensemble("moons", ("finetune", "random_label"), models=24, candidates="all")
QUERY = {"data": "moons", "methods": "finetune random_label", "models": "24", "candidates": "all"}
REPORT = "Report, one HTML file"


@pytest.fixture(autouse=True)
def in_process(monkeypatch):
    """No worker processes, whose start takes seconds."""
    monkeypatch.setattr(ensemble_work, "workers_for", lambda todo: 0)


def page(**query: str) -> AppTest:
    at = app()
    for name, value in query.items():
        at.query_params[name] = value
    return at.switch_page("pages/evidence.py").run()


def offers(at: AppTest) -> list[str]:
    return [button.proto.label for button in at.get("download_button")]


def test_at_first_the_shipped_ensemble_answers(jobs):
    at = page()
    assert not at.exception and not at.error
    assert at.title[0].value == "Is it really gone?"
    assert "## Of the 12 methods, only NoT hides what it forgot from an attacker who knows how" in texts(at)
    assert "**64 models, all done** (recorded)" in texts(at)
    assert "8 of 12 methods change places, most of all Selective synaptic dampening (SSD), from 8 to 4." in texts(at)
    assert at.button(key="ensemble").disabled
    assert REPORT in offers(at) and len(offers(at)) == 4
    assert [widget.label for widget in (*at.text_input, *at.selectbox, *at.number_input, *at.multiselect)
            if not widget.help] == []


def test_an_ensemble_of_ones_own_by_a_link(jobs):
    written(MOONS, {ORIGINAL: 2.0, "finetune": 1.0})
    at = page(**QUERY, method="random_label")
    assert not at.exception and not at.error and not at.warning
    assert "Of the 2 methods, only Random labelling hides what it forgot" in texts(at)
    assert "**24 models, all done**" in texts(at)
    assert at.selectbox(key="evidence.method").value == at.query_params["method"] == "random_label"
    assert "Moons: 24 models of each method; each forgets 50% of what its Original saw" in texts(at)
    assert "From 24 models: a score is known to about" in texts(at)


def test_another_method_from_near_is_in_the_address(jobs):
    written(MOONS, {ORIGINAL: 2.0})
    at = page(**QUERY)
    at.selectbox(key="evidence.method").set_value(ORIGINAL).run()
    assert at.query_params["method"] == ORIGINAL
    at.selectbox(key="evidence.method").set_value("finetune").run()
    assert "method" not in at.query_params, "the first method is what opens anyway"


def test_retrained_models_that_fail_their_own_test_say_so(jobs):
    written(MOONS, {ORIGINAL: 2.0, "retrain": 1.0, "finetune": 1.0})
    at = page(**QUERY)
    assert "## Cannot tell here: to the per-example attack the retrained models themselves do not look" in texts(at)


def test_where_nothing_was_computed_it_says_what_to_do_and_what_it_takes(jobs):
    at = page(data="moons", methods="finetune", models="9")
    assert not at.exception
    assert at.info[0].value.startswith("No model of this ensemble exists yet. Press **Start**")
    assert "**9 models**: 0 done, **9 to compute**" in texts(at)
    assert "9 models give each sample 3 a side: enough for a method's mean area with its (wide) interval" in texts(at)
    assert "on this machine." in texts(at)
    assert not at.button(key="ensemble").disabled


@pytest.mark.parametrize(("box", "value", "said"), [
    ("models", 3, "models is 3, but must be from 6 to 10,000: a sample needs two models in every state."),
    ("seed", -1, "seed is -1, but must be a number from 0 to 2,147,483,647."),
    ("candidates", "5", "candidates is 5, but must be from 30 to the 200 training samples: a third of them is a side."),
    ("candidates", "some", "candidates is 'some', but must be a number or all.")])
def test_a_bad_number_is_a_sentence_at_its_field_and_nothing_can_be_started(jobs, box, value, said):
    at = page(data="moons", methods="finetune", models="9")
    widget = at.text_input if box == "candidates" else at.number_input
    widget(key=f"evidence.{box}").set_value(value).run()
    assert not at.exception
    assert [one.value for one in at.error] == [said]
    assert at.button(key="ensemble").disabled


@pytest.mark.parametrize(("query", "said"), [
    ({"data": "moon"}, "The link's ensemble: No dataset named 'moon'"),
    ({"models": "many"}, "The link's ensemble: models is 'many', but must be a whole number. The one that ships"),
    ({"method": "nothing"}, "The link's method: 'nothing' is not in this ensemble. Valid: original, retrain,"),
    ({"zoom": "9"}, "The link's `zoom=9` could not be used: the page Evidence takes only data, methods, models")])
def test_nonsense_in_a_link_is_put_into_a_sentence(jobs, query, said):
    at = page(**query)
    assert not at.exception
    assert said in " ".join(one.value for one in at.warning)


@pytest.mark.long
def test_from_click_to_table_with_a_stop_and_a_second_tab(jobs, monkeypatch):
    """Every model is a real one; a second session sees the same job, and what was kept is not computed again."""
    at = page(data="moons", methods="finetune", models="6")
    at.button(key="ensemble").click().run()
    other = page(data="moons", methods="finetune", models="6")
    if ensembles().active:
        assert "of 6 models ended" in " ".join(texts_of_progress(other))
        other.button(key="ensemble-stop").click().run()
    assert ensembles().current.wait(patience())
    kept = at_hand_of(Ensemble("moons", ("finetune",), models=6))
    at.run()
    if not kept or len(kept.numbers) < 6:
        at.button(key="ensemble").click().run()
        assert ensembles().current.view().todo == 6 - (len(kept.numbers) if kept else 0)
        assert ensembles().current.wait(patience())
    at.run()
    assert not at.exception
    assert "**6 models, all done**" in texts(at)
    assert "KLoM has 2 models a side" in texts(at)


def texts_of_progress(at: AppTest) -> list[str]:
    return [one.proto.text for one in at.get("progress")]
