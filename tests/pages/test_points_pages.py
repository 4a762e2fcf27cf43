"""Points on the pages that show samples: under a run, before launch, and in the attacker's seat."""

from __future__ import annotations

import pytest

from engine.types import Spec
from tests.pages.test_exposed_page import exposed, sent
from tests.pages.test_pages import app, finish, texts, unlearn_page


@pytest.fixture
def run(jobs):
    return finish(jobs, jobs.submit(Spec("moons", method="finetune", parameters={"retain_epochs": 2})))


def drawn(at) -> str:
    return "".join(str(one.proto.body) for one in at.get("html"))


def test_the_forgotten_points_are_plots_with_the_nearest_one_that_was_never_seen(run):
    at = app()
    at.query_params["run"] = run.id
    at = at.switch_page("pages/unlearn.py").run()
    assert not at.exception
    assert "“Like it, never seen” is the held-out point nearest to it." in texts(at)
    assert drawn(at).count('alt="like it, never seen"') == 5
    at.toggle(key=f"samples-{run.id}").set_value(True).run()
    assert not at.exception
    assert "24 samples, sorted by how much their loss rose." in texts(at)


def test_who_would_be_forgotten_is_drawn_before_launch(jobs):
    at = unlearn_page()
    at.selectbox(key="dataset").set_value("moons").run()
    at.toggle(key="who").set_value(True).run()
    assert not at.exception and drawn(at).count("data:image/png") >= 12


def test_the_attacker_sees_where_a_point_lies(run, monkeypatch):
    seen = sent(monkeypatch)
    at = exposed(run=run.id)
    at.toggle(key="exposed.samples").set_value(True).run()
    assert not at.exception
    for side in ("forget", "unseen"):
        tiles = seen[-1]["gallery"][side]
        assert len(tiles) >= 24 and all(tile["src"].startswith("data:image/png;base64,") for tile in tiles)
