"""How memorised a sample is stands beside it in stories, lists and the attacker's catch; or nothing stands there."""

from __future__ import annotations

import re

import pytest

from engine.runs.recorded import has_recorded_samples, recorded_runs
from tests.pages.test_excerpts_on_pages import drawn, opened, recorded
from tests.pages.test_exposed_page import exposed, sent
from tests.pages.test_pages import texts

SCORE, BRIEF = r"Memorised: [01]\.\d\d of 1 \(200 models\)", r"memorised [01]\.\d\d of 1"


@pytest.fixture
def demo():
    return next(run for run in recorded_runs() if run.spec.dataset == "digits" and run.spec.method == "nabla_tau"
                and has_recorded_samples(run.id))


def test_stories_and_list_of_digits_have_scores(jobs, demo):
    at = opened(demo.id)
    assert not at.exception
    assert len(re.findall(SCORE, texts(at))) == 5 and "What is meant by: <span" in drawn(at)
    at.toggle(key=f"samples-{demo.id}").set_value(True).run()
    assert not at.exception
    assert len(re.findall(BRIEF, texts(at))) == 24
    assert ">Memorised</span>: scores from 200 models." in drawn(at)


def test_where_nothing_is_known_nothing_stands(jobs, monkeypatch):
    monkeypatch.setattr("engine.datasets._hub.available", lambda *_: None)
    run = recorded("cifar10", "finetune", 0.15)
    at = opened(run.id)
    at.toggle(key=f"samples-{run.id}").set_value(True).run()
    assert not at.exception and "24 samples" in texts(at)
    assert "emorised" not in texts(at) + drawn(at)


def test_the_attackers_catch_has_scores_and_the_wrongly_accused_none(jobs, monkeypatch, demo):
    seen = sent(monkeypatch)
    at = exposed(run=demo.id)
    at.toggle(key="exposed.samples").set_value(True).run()
    for _ in range(2):
        if not seen[-1]["gallery"]:
            at.run()
    gallery = seen[-1]["gallery"]
    assert all(re.fullmatch(BRIEF, tile["memorised"]) for tile in gallery["forget"])
    assert {tile["memorised"] for tile in gallery["unseen"]} == {""}
