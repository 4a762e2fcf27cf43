"""Compare with many methods: groups of chips at one click, rows by what methods need, and the front over knobs."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from engine.spec import resolve
from engine.studies.comparison import Comparison
from engine.studies.front_runs import FrontAsked
from tests.engine.comparing import finish, metrics_of
from tests.pages.test_pages import at_address, texts

NAMES = ("retrain", "finetune", "gradient_ascent", "scrub")
HELD = Comparison("digits", methods=NAMES, seeds=(5, 6))


@pytest.fixture
def compared(jobs):
    for method in NAMES:
        for seed in HELD.seeds:
            finish(jobs.store, HELD, method, seed, mia_loss_auc=0.5)
    return jobs


def page(**query: str) -> AppTest:
    return at_address("compare", **{"data": "digits", "methods": " ".join(NAMES), "seeds": "5 6", **query})


def table(at: AppTest) -> str:
    """The main table; a second one of further measures follows it."""
    bodies = [str(getattr(one, "value", "") or getattr(one.proto, "body", "")) for one in at.get("html")]
    return next(body for body in bodies if "Worst measure" in body)


def test_whole_groups_of_methods_at_one_click(compared):
    at = page()
    at.button(key="compare.pick.Source-free").click().run()
    assert not at.exception
    assert str(at.query_params["methods"]).find("finetune") < 0 and "gradient_ascent" in str(at.query_params["methods"])
    at.button(key="compare.pick.None").click().run()
    assert not at.exception and "No runs are chosen." in texts(at)


def test_rows_by_need_and_their_address(compared):
    at = page(show="source_free", group="needs")
    assert not at.exception and not at.warning
    assert "Gradient ascent" in table(at) and "Fine-tuning" not in table(at)
    assert "the forget set alone" in table(at)
    at.selectbox(key="compare.shown").set_value("all").run()
    assert not at.exception and "show" not in at.query_params and "the retain set alone" in table(at)
    assert "The link's show: there is no choice of methods 'few'." in " ".join(
        one.value for one in page(show="few").warning)


def test_the_front_over_knobs_says_what_is_missing_and_draws_what_is_there(compared):
    asked = FrontAsked("digits", ("gradient_ascent",), (5, 6))
    for cell in asked.grids()["gradient_ascent"].cells():
        run_id = compared.store.begin(resolve(asked.grids()["gradient_ascent"].spec(*cell)))
        compared.store.end(run_id, "finished", metrics=metrics_of(mia_loss_auc=0.55), seconds=1.0)
    at = page(methods="retrain gradient_ascent")
    at.toggle(key="compare.front").set_value(True).run()
    assert not at.exception and not at.error
    assert "Measured apart" in texts(at) and "not computed yet" not in texts(at)
    at = page(methods="retrain finetune gradient_ascent")
    at.toggle(key="compare.front").set_value(True).run()
    assert "runs of these settings are not computed yet. All of them, resumable: `python -m engine front" in texts(at)
