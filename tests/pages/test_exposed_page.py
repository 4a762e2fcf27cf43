"""The attacker's seat as a page: what it opens with, what it sends to the browser, and runs without a table."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from engine.evaluation.measured import Metrics
from engine.registry import get
from engine.runs import library
from engine.runs.recorded import recorded_runs
from engine.types import Spec
from tests.pages.test_pages import app, finish, texts
from ui.inspect.payload import counting


def exposed(**query: str) -> AppTest:
    at = app()
    at.query_params.clear()
    for name, value in query.items():
        at.query_params[name] = value
    return at.switch_page("pages/exposed.py").run()


def sent(monkeypatch) -> list[dict]:
    """What the component is handed, newest last."""
    found: list[dict] = []
    monkeypatch.setattr("ui.inspect.page.seat", lambda data, key: found.append(data))
    return found


def test_without_own_runs_a_recorded_one_is_open(jobs, monkeypatch):
    seen = sent(monkeypatch)
    at = exposed()
    assert not at.exception
    assert at.title[0].value == "Who is exposed?"
    assert at.selectbox(key="exposed.run").value == at.query_params["run"]
    assert at.selectbox(key="exposed.run").options[0].endswith("recorded")
    assert [line["name"] for line in seen[-1]["lines"]] == ["best", "few"]
    assert "All attacks catch" in texts(at)


def test_one_accuracy_counts_and_it_is_the_runs(jobs, monkeypatch):
    seen = sent(monkeypatch)
    at = exposed()
    run = library.get(at.query_params["run"], jobs.store).run
    assert seen[-1]["counts"]["value"] == f"{run.metrics['mia_loss']:.1f}%"
    low, high = run.metrics.null_band["mia_loss"]
    assert seen[-1]["counts"]["range"] == f"chance range {low:.1f} to {high:.1f}%"
    assert "can flatter" in seen[-1]["words"]["flatters"] and "another attacker" in seen[-1]["words"]["why"]
    assert "one half" in seen[-1]["lines"][0]["note"]
    at.segmented_control(key="exposed.attack").set_value("mia_entropy").run()
    assert seen[-1]["counts"]["value"] == f"{run.metrics['mia_entropy']:.1f}%"


def test_an_attack_without_a_button_or_a_number_says_why(jobs, monkeypatch):
    run = finish(jobs, jobs.submit(Spec(parameters={"retain_epochs": 1})))
    seen = sent(monkeypatch)
    at = exposed(run=run.id)
    assert "RMIA has no button here. The RMIA has no score for some of these samples." in texts(at)
    none = counting(Metrics(run.metrics.to_json()), "now", get("attack", "rmia"))
    assert none["value"] == "–" and none["text"] == run.metrics.missing["rmia"]
    assert seen[-1]["counts"]["text"].startswith("a fitted logistic curve")


def test_an_own_run_shows_before_and_those_who_are_caught(jobs, monkeypatch):
    run = finish(jobs, jobs.submit(Spec(parameters={"retain_epochs": 1})))
    seen = sent(monkeypatch)
    at = exposed(run=run.id)
    assert not at.exception
    now = seen[-1]
    assert now["main"]["sizes"] == [150, 399] and len(now["main"]["forget"]) == 150 and now["gallery"] is None

    at.toggle(key="exposed.samples").set_value(True).run()
    assert not at.exception
    gallery = seen[-1]["gallery"]
    assert 24 <= len(gallery["forget"]) <= 60 and gallery["forget"][0]["src"].startswith("data:image/png;base64,")
    assert gallery["forget"][0]["at"] == now["main"]["forget"][0]
    assert gallery["forget"][0]["said"].startswith("says ")

    at.segmented_control(key="exposed.view").set_value("before").run()
    assert not at.exception
    assert at.query_params["view"] == "before"
    before = seen[-1]["main"]
    assert sum(before["forget"]) < sum(now["main"]["forget"]), "the Original has learned them"


def test_a_second_run_brings_the_common_line(jobs, monkeypatch):
    seen = sent(monkeypatch)
    at = exposed()
    at.selectbox(key="exposed.with").set_value(_another(at)).run()
    assert not at.exception
    assert [line["name"] for line in seen[-1]["lines"]] == ["best", "few", "common"]
    assert seen[-1]["second"]["title"]


def _another(at: AppTest) -> str:
    shown = at.session_state["exposed.run"]
    return next(run.id for run in recorded_runs() if run.spec.dataset == "cifar10" and run.is_reference
                and run.id != shown and run.fingerprint)


def test_a_run_without_a_table_says_why_and_offers_another(jobs):
    bare = next(run for run in recorded_runs() if run.spec.dataset == "digits" and run.spec.seed == 0)
    at = exposed(run=bare.id)
    assert not at.exception
    assert "This recorded run ships without a table of its samples" in at.warning[0].value
    at.button(key="exposed.again").click().run()
    assert jobs.store.list()[0].spec == bare.spec


def test_a_wrong_link_is_answered(jobs):
    at = exposed(run="nothing", view="later", attack="guess")
    assert not at.exception
    said = texts(at)
    assert "There is no view 'later'" in said and "There is no attack 'guess'" in said and "There is no run" in said
