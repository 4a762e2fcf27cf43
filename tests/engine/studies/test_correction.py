"""The study of correction: which runs it asks for, what its rows say, and its texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli.main import main
from engine.errors import BadSpec
from engine.registry import held_against, names
from engine.spec import resolve
from engine.studies.comparison import REFERENCE, check
from engine.studies.correction import CLEAN, MEASURES, SHARES, Correction, Row, summary
from engine.studies.correction_table import to_markdown, to_text

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


# --- the command ----------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path))


def correct(capsys, *more: str):
    status = main(["correct", "--dataset", "moons", "--methods", "finetune", REFERENCE, "--found", "0.5", "1", *more])
    return status, capsys.readouterr().out


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
    kept = {name: [Row.from_json(row) for row in rows]
            for name, rows in corrective.kept().items()}
    original, clean = kept["trigger"][:2]
    assert min(original.values["attack_success"].values()) > 90 > 10 > max(clean.values["attack_success"].values())
    at_30 = {row.method for row in kept["trigger"] if row.found == 0.3}
    assert at_30 == set(names("method")) and all(row.runs == 3 for row in kept["trigger"])
    for name, asked in corrective.studies().items():
        for comparison in asked.comparisons():
            try:
                check(comparison)
            except BadSpec as error:
                pytest.fail(f"{name}: {error}")
