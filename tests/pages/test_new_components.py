"""One new component of each kind on the pages, found in the files of a folder."""

from __future__ import annotations

import pytest

from engine.studies.sweep_job import sweeps
from tests import added
from tests.pages.test_compare_page import compare_page, tables
from tests.pages.test_pages import app, finish, texts, unlearn_page
from tests.pages.test_robustness_page import page as robustness_page
from tests.patience import patience


@pytest.fixture(autouse=True)
def new(tmp_path, monkeypatch):
    """The new components, as after a restart with their folder in the environment."""
    added.write(tmp_path / "components")
    monkeypatch.setenv("UNLEARN_COMPONENTS", str(tmp_path / "components"))
    added.forget()
    yield
    added.forget()


def launched(jobs):
    """The page Unlearn after a run of the new method by the new scenario on the new data."""
    at = unlearn_page()
    at.selectbox(key="dataset").set_value("stripes").run()
    at.selectbox(key="scenario").set_value("newest").run()
    at.selectbox(key="method").set_value("tremble").run()
    assert not at.exception
    at.toggle[[toggle.key.startswith("train.") for toggle in at.toggle].index(True)].set_value(True).run()
    at.button(key="launch").click().run()
    run = jobs.store.list()[0]
    assert finish(jobs, run.id).status == "finished", run.reason
    return at.run()


def test_unlearn_compare_and_runs(jobs, unfolded):
    at = launched(jobs)
    spec = jobs.store.list()[0].spec
    assert not at.exception
    assert (spec.dataset, spec.model) == ("stripes", "flat")
    assert (spec.scenario, spec.method) == ("newest", "tremble")
    chips = ("Trembling weights", "Stripes", "forget 15% (the newest samples)", "spread 0.015")
    assert " ".join(f":gray-badge[{chip}]" for chip in chips) in texts(at)
    assert "Attack on the doubt" in [metric.label for metric in at.metric]
    assert "They should look unseen." in at.selectbox(key="scenario").help

    at = compare_page(data="stripes", scenario="newest", forget="0.15", methods="tremble")
    assert not at.exception
    assert "Attack on the doubt, from 50" in tables(at) and "Trembling weights" in tables(at)
    assert "Stripes, forget 15% (the newest samples)" in texts(at)

    at = app().switch_page("pages/runs.py").run()
    row = at.dataframe[0].value.iloc[0]
    assert not at.exception
    assert (row["method"], row["data"], row["forget"]) == ("Trembling weights", "Stripes", "15% (the newest samples)")
    assert row["spread"] == pytest.approx(0.015)


def test_robustness(jobs):
    launched(jobs)
    at = robustness_page(data="stripes", method="tremble", across="spread", xs="0.01 0.3", ys="0.1 0.2", seeds="0")
    at.button(key="sweep").click().run()
    assert sweeps().current.wait(patience())
    at.run()
    assert not at.exception
    at.segmented_control(key="robustness.metric").set_value("doubt_gap").run()
    assert not at.exception
    assert "### Best spread of each row: doubt attack" in texts(at)


def test_two_added_methods_have_two_colours():
    from ui.charts.colours import BY_METHOD, method_colour

    colours = [method_colour(name) for name in ("tremble", "trembel", *(f"more{i}" for i in range(20)))]
    assert len(set(colours)) == 22 and not set(colours) & set(BY_METHOD.values())
    assert method_colour("trembel") == colours[1]


def test_start_says_that_the_data_are_not_the_apps():
    at = app().run()
    assert not at.exception
    table = next(frame.value for frame in at.dataframe if "Status" in frame.value)
    status = dict(zip(table["Data"], table["Status"]))
    assert (status["Stripes"], status["Digits"]) == ("ready (your own component)", "ready (comes with the app)")
