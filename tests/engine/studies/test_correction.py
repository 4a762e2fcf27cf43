"""The study of correction: which runs it asks for, what its rows say, and its texts."""

from __future__ import annotations

import gzip
import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from engine.cli.main import main
from engine.errors import BadSpec
from engine.registry import held_against, names
from engine.runs.here import run_here
from engine.runs.store import open_store
from engine.spec import resolve
from engine.studies import correction_kept
from engine.studies.comparison import REFERENCE, check
from engine.studies.correction import (
    CLEAN,
    MEASURES,
    SHARES,
    Correction,
    Row,
    correctable,
    manipulations,
    summary,
    to_compute,
)
from engine.studies.correction_kept import shipped, with_shipped
from engine.studies.correction_table import answer, to_markdown, to_text

ROOT = Path(__file__).resolve().parents[3]
TRIGGER = {"corruption": "trigger", "label_noise": 0.0}
ASKED = Correction("digits", ("finetune", REFERENCE), TRIGGER, found=(0.3, 1.0), seeds=(0, 1))


def values(success: dict[int, float], corrected: dict[int, float]) -> dict:
    told = {"attack_success": success, "corrected_accuracy": corrected}
    return {name: told.get(name, {0: 99.0}) for name in MEASURES}


ROWS = [Row("original", None, values({0: 96.0, 1: 98.0}, {0: 4.0, 1: 2.0})),
        Row(CLEAN, None, values({0: 0.0}, {0: 97.0}), {"reference": (0,)}),
        Row("finetune", 0.3, values({0: 90.0, 1: 80.0}, {0: 10.0, 1: 20.0}), {"not_forgotten": (0, 1)}),
        Row("finetune", 1.0, values({0: 1.0, 1: 2.0}, {0: 96.0, 1: 95.0}), {"forgotten": (0, 1)})]


def test_the_clean_trained_models_come_first():
    clean, *shares = ASKED.comparisons()
    assert clean.methods == (REFERENCE,) and [one.selection for one in shares] == [{"found": 0.3}, {"found": 1.0}]
    for one in shares:
        check(one)
        spec = resolve(one.spec("finetune", 1)).spec
        assert held_against(spec) == resolve(clean.spec("finetune", 1)).spec
    assert SHARES == (0.1, 0.3, 0.5, 0.8, 1.0)


def test_what_is_manipulated_is_said():
    assert summary(ASKED) == ("Digits (label_noise 0.0, corruption trigger): 30 of 1,000 training samples are "
                              "manipulated")
    assert "163 of 1,000" in summary(Correction("digits", ()))


def test_a_method_corrects_where_every_run_does():
    assert [row.corrects for row in ROWS] == [False, False, False, True]
    assert ROWS[2].mean("attack_success") == 85.0 and ROWS[2].std("attack_success") == pytest.approx(50**0.5)
    assert ROWS[1].std("attack_success") is None and ROWS[1].title == "Clean-trained" and ROWS[0].runs == 2


def test_rows_survive_json():
    assert [Row.from_json(json.loads(json.dumps(row.to_json()))) for row in ROWS] == ROWS


def test_a_map_has_methods_down_and_shares_across():
    text = to_markdown(ASKED, ROWS)
    assert text.startswith(f"{summary(ASKED)}. Mean ± standard deviation over seeds 0, 1.")
    assert "| Method | 30% | 100% |" in text
    assert "| Fine-tuning | 85.00 ± 7.07 | **1.50 ± 0.71** |" in text
    assert "| Original | 97.00 ± 1.41 | 97.00 ± 1.41 |" in text and "| Clean-trained | 0.00 | 0.00 |" in text
    said = "- 30% found: corrected in every run by no method.\n- 100% found: corrected in every run by Fine-tuning.\n"
    assert said in text
    assert "corrected 2 of 2" in text and "not corrected 2 of 2" in text


def test_a_measure_that_no_run_has_has_no_column():
    bare = [Row("finetune", 1.0, {name: {0: 90.0} if name == "corrected_accuracy" else {} for name in MEASURES})]
    assert "Attack success" not in to_markdown(ASKED, bare) + to_text(ASKED, bare)


def test_an_answer_in_a_sentence():
    said = "Methods that correct the model in every run: 1 of 1 with 100% found; none with 30%."
    assert answer(ASKED, ROWS) == said
    assert answer(ASKED, ROWS[:3]) == "No method corrects the model in every run, whatever the share found."
    assert answer(ASKED, ROWS[:2]) == ""


def test_which_samples_of_which_data_can_be_manipulated():
    assert manipulations("digits") == [{}, *({"label_noise": 0.0, "corruption": one}
                                             for one in ("labels", "confusion", "trigger"))]
    assert manipulations("cifar10") == [{"corruption": one} for one in ("labels", "confusion", "trigger")]
    assert manipulations("go_emotions") == []
    assert correctable()[0] == "digits" and "go_emotions" not in correctable()


def test_only_what_lacks_runs_is_computed():
    parts = to_compute(ASKED, ROWS)
    assert [(one.selection["found"], one.methods) for one in parts] == [(1.0, (REFERENCE,))], "one seed of two is there"
    bare = [Row(row.method, row.found, values({}, {}) | {"rest_accuracy": {}}) for row in ROWS]
    assert [(one.selection["found"], one.methods) for one in to_compute(ASKED, bare)] == [
        (1.0, (REFERENCE,)), (0.3, ("finetune",)), (1.0, ("finetune",))]


# --- what ships -----------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path))


def empty(asked: Correction) -> list[Row]:
    return [Row(row.method, row.found, {name: {} for name in MEASURES}) for row in shipped()["trigger"].rows
            if row.method in (*asked.methods, CLEAN, "original") and row.found in (*asked.found, None)]


def test_numbers_that_ship_stand_in_for_runs_of_these_seeds():
    asked = Correction("digits", ("finetune",), TRIGGER, (0.8,), seeds=(1,))
    rows, some = with_shipped(asked, empty(asked))
    assert some and [row.runs for row in rows] == [1, 1, 1]
    whole = next(row for row in shipped()["trigger"].rows if (row.method, row.found) == ("finetune", 0.8))
    assert rows[-1].values["attack_success"] == {1: whole.values["attack_success"][1]}
    assert rows[-1].verdicts == {"not_forgotten": (1,)}


def test_own_runs_come_before_those_that_ship():
    asked = Correction("digits", ("finetune",), TRIGGER, (0.3,), seeds=(0, 1))
    own = [ROWS[2]]
    assert with_shipped(asked, own) == (own, False)


@pytest.mark.parametrize("other", [
    Correction("digits", ("finetune",), TRIGGER, (0.8,), seeds=(7,)),
    Correction("digits", ("finetune",), TRIGGER, (0.8,), model="image_mlp"),
    Correction("digits", ("finetune",), {"label_noise": 0.0, "corruption": "labels"}, (0.8,)),
    Correction("moons", ("finetune",), {}, (0.8,))])
def test_nothing_ships_for_another_study(other):
    rows = empty(other)
    assert with_shipped(other, rows) == (rows, False)


def test_numbers_of_other_code_stand_in_for_nothing(monkeypatch):
    monkeypatch.setattr(correction_kept, "_today", lambda name: "another")
    asked = Correction("digits", ("finetune",), TRIGGER, (0.8,))
    assert not with_shipped(asked, empty(asked))[1]


@pytest.mark.parametrize("content", [b"", b"no gzip", gzip.compress(b"[1]"), gzip.compress(b'{"trigger": {}}')])
def test_a_damaged_file_ships_nothing_and_is_logged(tmp_path, caplog, content):
    file = tmp_path / "digits.json.gz"
    assert shipped(file.with_name("absent.json.gz")) == {}
    file.write_bytes(content)
    assert shipped(file) == {} and f"{file} cannot be read and is left out" in caplog.text


def test_studies_survive_their_file(tmp_path):
    correction_kept.keep(shipped(), tmp_path / "again.json.gz")
    assert shipped(tmp_path / "again.json.gz") == shipped()


@pytest.mark.long
def test_what_ships_is_what_a_run_shows_today(home, capsys, monkeypatch):
    """Of the method's run alone: the clean-trained model's takes far longer and is not looked at here."""
    share, = Correction("digits", ("finetune",), found=(0.3,)).comparisons()[1:]
    run_here(resolve(share.spec("finetune", 0)), open_store(), False, threading.Event(), lambda progress: None)
    monkeypatch.setattr(correction_kept, "_today", lambda name: "another")  # nothing that ships stands in for it
    assert main(["correct", "--methods", "finetune", "--found", "0.3", "--recorded-only", "--json"]) == 0
    today = json.loads(capsys.readouterr().out)["rows"][-1]
    kept = next(row for row in shipped()["noise"].rows if (row.method, row.found) == ("finetune", 0.3))
    two = 0.51  # of 399 samples
    assert today["corrected_accuracy"]["seeds"]["0"] == pytest.approx(kept.values["corrected_accuracy"][0], abs=two)


# --- the command ----------------------------------------------------------------------------


def correct(capsys, *more: str):
    status = main(["correct", "--dataset", "moons", "--methods", "finetune", REFERENCE, "--found", "0.5", "1", *more])
    return status, capsys.readouterr().out


@pytest.mark.long
def test_it_computes_what_is_missing_once(home, capsys):
    status, out = correct(capsys, "--json")
    found = json.loads(out)
    rows = {(row["method"], row["found"]): row for row in found["rows"]}
    assert status == 0 and set(rows) == {("original", None), (CLEAN, None), ("finetune", 0.5), ("finetune", 1.0),
                                         (REFERENCE, 0.5)}
    assert all(row["runs"] == 1 and row["corrected_accuracy"]["mean"] > 50 for row in rows.values())
    assert rows[CLEAN, None]["verdicts"] == {"reference": [0]} != rows[REFERENCE, 0.5]["verdicts"]
    status, again = correct(capsys, "--json", "--recorded-only")
    assert status == 0 and json.loads(again) == found
    assert "corrected_accuracy" not in correct(capsys, "--recorded-only")[1]
    assert "### Corrected accuracy" in correct(capsys, "--recorded-only", "--markdown")[1]


@pytest.mark.parametrize("words, said", [
    (["--dataset", "go_emotions"], "The scenario 'corrupted' needs manipulated samples, and go_emotions has none"),
    (["--found", "2"], "found is 2, but must be between 0.01 and 1"),
    (["--methods", "finetun"], "No method named 'finetun'. Did you mean 'finetune'?"),
    (["--option", "corruption=trigger"], "label_noise is 0.2, but corruption 'trigger' needs 0.0")])
def test_what_cannot_be_is_refused_before_anything_starts(home, capsys, words, said):
    assert main(["correct", *words]) == 2
    assert said in capsys.readouterr().err


# --- the page -------------------------------------------------------------------------------


def test_the_page_is_what_its_numbers_say(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import corrective

    page = corrective.PAGE.read_text(encoding="utf-8")
    assert corrective.renewed(page) == page
    kept = {name: one.rows for name, one in shipped().items()}
    every = tuple(names("method"))  # there may be newer ones than those of the study
    assert {name: replace(one.asked, methods=every) for name, one in shipped().items()} == corrective.studies()
    original, clean = kept["trigger"][:2]
    assert min(original.values["attack_success"].values()) > 90 > 10 > max(clean.values["attack_success"].values())
    at_30 = {row.method for row in kept["trigger"] if row.found == 0.3}
    assert at_30 == set(shipped()["trigger"].asked.methods) <= set(every)
    assert all(row.runs == 3 for row in kept["trigger"])
    for name, asked in corrective.studies().items():
        for comparison in asked.comparisons():
            try:
                check(comparison)
            except BadSpec as error:
                pytest.fail(f"{name}: {error}")
