"""The page Runs as a tool, through AppTest: filter, sort, group, tags, delete, import and export, damaged rows."""

from __future__ import annotations

import csv
import hashlib
import io
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "engine"))

from archiving import METRICS, finished_run, probe  # noqa: E402

from engine.errors import BadSpec  # noqa: E402
from engine.evaluation.verdict import verdict_of  # noqa: E402
from engine.runs.archive.transfer import export_runs  # noqa: E402
from engine.runs.recorded import recorded_runs  # noqa: E402
from engine.runs.store import Store  # noqa: E402
from tests.engine.appending import append  # noqa: E402
from tests.patience import patience  # noqa: E402
from ui.runs import annotate, rows, transfer, view  # noqa: E402
from ui.runs.columns import columns, verdict  # noqa: E402


@pytest.fixture(autouse=True)
def no_recorded(monkeypatch):
    """The runs of these tests only; what ships is looked at in a test of its own."""
    monkeypatch.setattr("engine.runs.library.recorded_runs", lambda: ())


def page(**query) -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=patience()).switch_page("pages/runs.py")
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def ids(at: AppTest) -> list[str]:
    return list(at.dataframe[-1].value["run"])


def tick(at: AppTest, *places: int) -> AppTest:
    """Ticks rows of the last table, as the browser would."""
    at.session_state[_key(at)] = {"selection": {"rows": list(places), "columns": [], "cells": []}}
    return at.run()


def _key(at: AppTest) -> str:
    """The key of the table of runs as this list of runs names it."""
    return "runs-" + hashlib.sha256(" ".join(ids(at)).encode()).hexdigest()[:12]


def captions(at: AppTest) -> str:
    return "\n".join(one.value for one in at.caption)


@pytest.fixture
def three(jobs):
    """∇τ with two alphas and SSD, of which the middle one is tagged."""
    made = [finished_run(jobs.store, parameters={"alpha": 0.1}, metrics=METRICS | {"mia_loss": 60.0}),
            finished_run(jobs.store, parameters={"alpha": 0.5}, metrics=METRICS | {"mia_loss": 50.0}),
            finished_run(jobs.store, method="ssd", metrics=METRICS | {"mia_loss": 70.0})]
    jobs.store.annotate(made[1], ["lecture"], "the good one")
    return made


def test_filters_by_words_lists_and_tags(three):
    at = page()
    assert ids(at) == three[::-1], "the newest come first"
    at.text_input(key="filter").set_value("good one").run()
    assert ids(at) == [three[1]], "notes are searched as well"
    at.text_input(key="filter").set_value("").run()
    at.multiselect(key="runs.method").set_value(["ssd"]).run()
    assert ids(at) == [three[2]]
    at.multiselect(key="runs.method").set_value([]).run()
    at.multiselect(key="runs.tags").set_value(["lecture"]).run()
    assert ids(at) == [three[1]] and at.query_params["tags"] == "lecture"


def test_the_address_holds_filter_order_group_and_columns(three):
    at = page(method="nabla_tau", sort="mia_loss", columns="method,mia_loss,note")
    assert ids(at) == [three[1], three[0]]
    assert list(at.dataframe[-1].value.columns)[:1] == ["open"]
    assert set(at.dataframe[-1].value.columns) == {"open", "method", "mia_loss", "note", "run"}
    at.toggle(key="runs.down").set_value(True).run()
    assert ids(at) == [three[0], three[1]] and at.query_params["sort"] == "-mia_loss"
    at = page(sort="nonsense", group="note", columns="method,zebra", spam="1")
    said = [one.value for one in at.warning]
    assert any("spam" in one for one in said) and any("'nonsense'" in one for one in said)
    assert any("'note'" in one for one in said) and any("zebra" in one for one in said)
    assert ids(at) == three[::-1]


def test_groups_say_how_many_and_the_mean(three):
    at = page(group="method")
    table = at.dataframe[0].value
    assert list(table["group"]) == ["∇τ", "SSD"] and list(table["runs"]) == [2, 1]
    assert list(table["mia_loss"]) == [55.0, 70.0]
    assert len(ids(at)) == 3


def test_tags_and_notes_are_written_on_the_ticked_runs(jobs, three):
    at = tick(page(), 1)
    at.button(key="annotate").click().run()
    assert at.text_input(key=annotate.TAGS).value == "lecture"
    assert at.text_area(key=annotate.NOTE).value == "the good one"
    at.text_input(key=annotate.TAGS).set_value("lecture, paper")
    at.text_area(key=annotate.NOTE).set_value("seen")
    at.button(key="annotate-save").click().run()
    assert not at.exception
    run = jobs.store.get(three[1])
    assert (run.tags, run.note) == (["lecture", "paper"], "seen")


def test_of_several_runs_only_shared_tags_change(jobs, three):
    jobs.store.annotate(three[0], ["lecture", "own"], "stays")
    both = [jobs.store.get(run_id) for run_id in three[:2]]
    annotate.write(jobs, both, ["both"], ["lecture"], None)
    assert [jobs.store.get(run_id).tags for run_id in three[:2]] == [["both", "own"], ["both"]]
    assert [jobs.store.get(run_id).note for run_id in three[:2]] == ["stays", "the good one"]


def test_delete_names_what_goes_and_can_be_cancelled(jobs, three):
    at = tick(page(), 1, 2)
    at.button(key="delete_runs").click().run()
    said = [one.value for one in at.text]
    assert len(said) == 2 and "alpha 0.1" in said[1] and three[0] in said[1] and "alpha 0.5" in said[0]
    assert at.button(key="confirm-delete").label == "Delete 2 runs"
    at.button(key="cancel-delete").click().run()
    assert len(jobs.store.list()) == 3
    at = tick(page(), 1, 2)
    at.button(key="delete_runs").click().run()
    at.button(key="confirm-delete").click().run()
    assert [run.id for run in jobs.store.list()] == [three[2]]


def test_recorded_runs_are_among_them_marked_and_stay(jobs, three, monkeypatch):
    from engine.runs.recorded import recorded_runs as shipped

    some = shipped()[:2]
    monkeypatch.setattr("engine.runs.library.recorded_runs", lambda: some)
    at = page()
    assert ids(at)[:3] == three[::-1] and len(ids(at)) == 5
    assert list(at.dataframe[-1].value["whose"]) == ["own"] * 3 + ["recorded"] * 2
    at = tick(at, 3)
    assert at.button(key="delete_runs").disabled and at.button(key="annotate").disabled
    at.button(key="again").click().run()
    assert at.button(key="cancel-again"), "a recorded run is not started by one click"
    assert jobs.store.list(status=("queued", "running")) == []
    at = page(whose="recorded")
    assert len(ids(at)) == 2


def test_an_archive_goes_out_and_comes_in_with_its_checks(jobs, three, tmp_path):
    other = Store(tmp_path / "other")
    kind, said = transfer.take("mine.zip", transfer.archive(three[:2], jobs.store), other)
    assert (kind, said) == ("done", "2 runs imported, 0 already there, 0 skipped.")
    assert other.get(three[1]).note == "the good one"
    kind, said = transfer.take("../bad.zip", b"no zip", other)
    assert kind == "error" and said == ("bad.zip cannot be used: it is not a zip file, so it is not an archive of "
                                        "runs.")


def test_the_box_takes_an_archive(jobs, tmp_path):
    other = Store(tmp_path / "other")
    run_id = finished_run(other)
    export_runs(tmp_path / "a.zip", [run_id], other)
    at = page()
    at.file_uploader[0].set_value([("a.zip", (tmp_path / "a.zip").read_bytes(), "application/zip")]).run()
    at.button(key="runs-import").click().run()
    assert not at.exception
    assert "1 run imported" in at.success[0].value and ids(at) == [run_id]


def test_the_table_as_csv_has_what_is_shown_and_no_formula(jobs, three):
    jobs.store.annotate(three[0], ["a", "b"], "=1+1")
    found = rows.shown(rows.all_rows(jobs.store), view.View(sort="mia_loss"))
    read = list(csv.DictReader(io.StringIO(rows.to_csv(found, ("method", "mia_loss", "tags", "note")))))
    assert [row["run"] for row in read] == [three[1], three[0], three[2]]
    assert read[1] == {"run": three[0], "method": "∇τ", "mia_loss": "60.0", "tags": "a, b", "note": "'=1+1"}


def test_a_damaged_row_is_a_line_that_can_be_deleted(jobs, three):
    with jobs.store._engine.begin() as connection:
        connection.execute(sa.text("UPDATE runs SET spec = '[1]' WHERE id = :id"), {"id": three[0]})
    at = page()
    assert ids(at) == [three[2], three[1]]
    assert at.error[0].value.startswith(f"Run {three[0]} cannot be read")
    at.button(key=f"delete-damaged-{three[0]}").click().run()
    assert not at.exception and not at.error
    assert jobs.store.unreadable() == []


def test_a_run_that_cannot_be_shown_stays_in_its_row(jobs, three, monkeypatch):
    def broken(run):
        if run.id == three[1]:
            raise BadSpec(["No such thing."])
        return "fine"

    monkeypatch.setattr("ui.runs.columns.verdict", broken)
    found = {row.id: row for row in rows.all_rows(jobs.store)}
    assert found[three[1]].problem.startswith(f"Run {three[1]} cannot be shown (BadSpec")
    assert not found[three[0]].problem


def test_a_running_run_says_how_far_it_is_and_its_last_values(jobs):
    from engine.spec import resolve
    from engine.types import Spec

    run_id = jobs.store.begin(resolve(Spec()))
    jobs.store.update(run_id, progress={"stage": "training", "fraction": 0.43, "eta": 7.0})
    append(jobs.store, run_id, probe(1))
    row = rows.row_of(jobs.store.get(run_id), jobs.store, columns())
    assert row.cells["status"] == "running 43%" and row.cells["percent"] == 43.0
    assert row.live and row.cells["mia_loss"] == 51.41000000000001 and row.cells["test_accuracy"] == 82.8
    append(jobs.store, run_id, probe(2) | {"reading": probe(2)["reading"] | {"attacks": {"mia_loss": 49.0}}})
    jobs.store.end(run_id, "cancelled", reason="Stopped.")
    at = page()
    assert list(at.dataframe[0].value["mia_loss"]) == [49.0] and list(at.dataframe[0].value["status"]) == [
        "cancelled 43%"]
    assert any("their last live reading" in one.value for one in at.caption)


def test_the_tray_says_in_one_line_how_far_a_run_is(jobs):
    from engine.spec import resolve
    from engine.types import Spec
    from ui.frame import tray

    run_id = jobs.store.begin(resolve(Spec(seed=3)))
    jobs.store.update(run_id, progress={"stage": "training", "fraction": 0.43, "eta": 7.0})
    assert tray._said(jobs.store.get(run_id)) == "∇τ, Digits · 43% · 0:07 left"
    assert tray._said(jobs.store.get(finished_run(jobs.store, status="failed"))) == "∇τ, Digits · starting"


def test_what_was_saved_is_confirmed_once(three):
    at = tick(page(), 1)
    at.button(key="annotate").click().run()
    at.text_input(key=annotate.TAGS).set_value("lecture, paper")
    at.button(key="annotate-save").click().run()
    assert [one.value for one in at.toast] == [f"Saved for run {three[1]}: 2 tags and a note."]
    assert [one.value for one in at.run().toast] == []


def test_a_forgotten_run_names_the_measure_that_came_nearest_to_being_found(jobs):
    band = {"mia_loss": [45.0, 55.0], "mia_entropy": [44.0, 56.0]}
    near = METRICS | {"forget_accuracy": 82.0, "mia_loss": 51.0, "mia_entropy": 54.5, "null_band": band}
    finished_run(jobs.store, metrics=near)
    finished_run(jobs.store, metrics=near | {"mia_loss": 61.0})
    found = page().dataframe[-1].value
    assert list(zip(found["verdict"], found["decided"])) == [
        ("not forgotten", "loss attack 61.0% > 55.0%"), ("forgotten", "entropy attack 54.5% < 56.0%")]


def test_too_few_samples_to_tell_are_not_called_forgotten():
    run = next(run for run in recorded_runs() if run.spec.forget_fraction == 0.03 and run.spec.dataset == "digits"
               and run.finished and (found := verdict_of(run)) and found.kind == "forgotten")
    assert verdict_of(run).title.startswith("Too few samples to tell") and verdict(run) == "too few to tell"


def test_alpha_stands_where_a_narrow_window_still_shows_it(three):
    shown = [column for column in columns().values() if column.usual]
    before = shown[:[column.name for column in shown].index("alpha")]
    assert [column.name for column in before] == ["method", "data", "mia_loss"], "a phone has room for these"


def test_more_runs_than_a_page_holds_are_on_pages_and_can_be_taken_at_once(three, monkeypatch):
    monkeypatch.setattr("ui.runs.paging.ROWS", 2)
    at = page()
    assert ids(at) == three[:0:-1] and "3 runs." in captions(at)
    at = tick(at, 0)
    assert at.button(key="annotate") and "1 ticked" in captions(at)
    at.toggle(key="runs-all").set_value(True).run()
    assert "3 ticked" in captions(at)


def test_an_archive_of_many_runs_says_how_far_it_is(jobs, three, monkeypatch):
    said = []
    monkeypatch.setattr(transfer, "MANY", 2)
    monkeypatch.setattr(transfer, "_progress", lambda now: said.append((now["stage"], now["fraction"])))
    at = tick(page(), 0, 1, 2)
    at.button(key="export").click().run()
    assert not at.exception
    assert said[:2] == [("Writing the courses", 0.0), ("Writing the samples", 0.0)] and len(said) == 4
    assert [one.label for one in at.get("download_button")][-1] == "Save the archive"


def test_a_second_look_makes_no_row_again(jobs, three, monkeypatch):
    made = []
    real = rows.row_of
    monkeypatch.setattr(rows, "row_of", lambda run, *rest: made.append(run.id) or real(run, *rest))
    first = rows.all_rows(jobs.store)
    made.clear()
    assert [one is other for one, other in zip(first, rows.all_rows(jobs.store), strict=True)] == [True] * 3
    assert made == []
    jobs.store.annotate(three[0], ["new"], "")
    assert [row.cells["tags"] for row in rows.all_rows(jobs.store)] == [["new"], ["lecture"], []] and made == [three[0]]
