"""The section of Compare by memorisation: folded, then the recorded digits, then a reason where nothing is known."""

from __future__ import annotations

from tests.engine.comparing import finish
from tests.pages.test_compare_page import compare_page
from tests.pages.test_compare_seeds import GRID
from tests.pages.test_excerpts_on_pages import drawn
from tests.pages.test_pages import texts

RECORDED = {"data": "digits", "methods": "retrain nabla_tau", "seeds": "1"}


def opened(**query: str):
    at = compare_page(**query)
    assert not at.exception and "Least memorised" not in drawn(at)
    return at.toggle(key="compare.strata").set_value(True).run()


def test_the_recorded_digits(jobs):
    at = opened(**RECORDED)
    assert not at.exception
    html = drawn(at)
    assert "Most memorised" in html and "50 samples, mean 0.78" in html
    assert "classes 6 (9), 3 (8), 1 (6), 8 (6), 2 (5)" in html
    assert "scores from 200 models" in html and "<b>0.99</b>" in html
    assert "The control holds: on the least memorised samples doing nothing" in texts(at)


def test_runs_without_tables_say_so(jobs):
    for one in GRID.of_each_original()[:1]:
        finish(jobs.store, one, "ssd", 0)
    at = opened(data="digits", forget="0.2", methods="ssd", seeds="0")
    assert not at.exception and any("has no table of its samples" in one.value for one in at.info)
