"""docs/results/scenarios.md: its tables are what the kept numbers say, and its places are the commands that ran."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli.main import build_parser
from engine.registry import names

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def scenarios(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import scenarios

    return scenarios


def test_the_page_is_what_its_numbers_say(scenarios):
    page = scenarios.PAGE.read_text(encoding="utf-8")
    assert scenarios.renewed(page, scenarios.numbers()) == page
    places = {"/".join(cell) for cell in scenarios.cells([*scenarios.COLUMNS], [*scenarios.METHODS])}
    assert set(scenarios.numbers()) <= places


def test_every_scenario_has_a_row_whose_command_is_understood(scenarios):
    asked = [build_parser().parse_args(scenarios.words(data, row, method))
             for data, row, method in scenarios.cells([*scenarios.COLUMNS], [*scenarios.METHODS])]
    chosen = {one.scenario or ("listed" if one.forget_list else "random") for one in asked}
    assert chosen == set(names("scenario"))


def test_every_cell_of_the_small_data_is_there(scenarios):
    found = scenarios.numbers()
    lacking = [cell for cell in map("/".join, scenarios.cells(["digits", "moons"], [*scenarios.METHODS]))
               if "refused" not in found[cell] and found[cell]["status"] != "finished"]
    assert lacking == []


def test_what_is_there_is_not_computed_again(scenarios, tmp_path, monkeypatch):
    asked = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(scenarios, "numbers", lambda: {"moons/random/finetune": {}})
    monkeypatch.setattr(scenarios, "outcome", lambda words: asked.append(words) or {"refused": "No."})
    (tmp_path / "moons.class.finetune.json").write_text(json.dumps({"refused": "No."}), encoding="utf-8")
    scenarios.compute(["moons"], ["finetune"], tmp_path)
    assert len(asked) == len(scenarios.ROWS) - 2
    assert (tmp_path / "every-tenth-moons.txt").read_text().split() == [str(n) for n in range(0, 200, 10)]
    scenarios.compute(["moons"], ["finetune"], tmp_path)
    assert len(asked) == len(scenarios.ROWS) - 2


def test_a_refusal_is_the_engines_own_sentence_of_today(scenarios):
    found = {cell: scenarios.numbers()[cell] for cell in ("moons/matching/finetune", "moons/class/finetune")}
    assert found == {cell: scenarios.outcome(scenarios.words(*cell.split("/"))) for cell in found}
    assert "looks for words, but Moons holds no texts" in found["moons/matching/finetune"]["refused"]
    assert "are all classes of Moons" in found["moons/class/finetune"]["refused"]
