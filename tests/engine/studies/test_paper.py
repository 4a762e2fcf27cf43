"""The paper's tables as data: what they span, and values looked up against the printed page."""

from __future__ import annotations

import csv

import pytest
from helping import ROOT

from engine.studies.paper import SOURCE, TABLES, paper_value
from engine.studies.table import columns_of


def test_what_the_four_tables_span():
    assert list(TABLES) == ["table1", "table2", "table3", "table4"]
    assert [(t.dataset, t.scenario, t.forgets) for t in TABLES.values()] == [
        ("cifar10", "random", (0.03, 0.15, 0.3)), ("cifar100", "random", (0.03, 0.15, 0.3)),
        ("go_emotions", "random", (0.03, 0.15, 0.3)), ("cifar10", "class", (1, 5))]
    every = ("original", "retrain", "finetune", "scrub", "ssd", "amnesiac", "nabla_tau")
    assert [t.methods for t in TABLES.values()] == [
        every, every, ("original", "retrain", "finetune", "nabla_tau"),
        ("original", "retrain", "finetune", "scrub", "nabla_tau")]
    assert [t.metrics for t in TABLES.values()] == [columns_of(t.scenario) for t in TABLES.values()]
    assert TABLES["table4"].title == "Table 4: CIFAR-10, an entire class"


@pytest.mark.parametrize("key, value", [
    (("cifar10", "random", 0.03, "original", "retain_accuracy"), (94.14, 0.0)),
    (("cifar10", "random", 0.15, "retrain", "test_accuracy"), (80.25, 0.55)),
    (("cifar10", "random", 0.3, "amnesiac", "mia_entropy_gap"), (6.91, 0.23)),
    (("cifar100", "random", 0.15, "finetune", "accuracy_gap"), (31.83, 0.32)),
    (("cifar10", "class", 1, "nabla_tau", "test_accuracy"), (76.41, 13.18)),
    (("cifar10", "class", 5, "original", "forget_accuracy"), (87.32, 0.0)),
])
def test_values_as_printed(key, value):
    assert paper_value(*key) == value


@pytest.mark.parametrize("key", [
    ("digits", "random", 0.15, "nabla_tau", "test_accuracy"), ("cifar10", "random", 0.2, "ssd", "test_accuracy"),
    ("cifar10", "class", 1, "ssd", "test_accuracy"), ("cifar10", "class", 3, "scrub", "test_accuracy"),
    ("cifar10", "random", 0.15, "salun", "test_accuracy"), ("cifar10", "random", 0.15, "ssd", "tow"),
    ("cifar10", "random", None, "ssd", "test_accuracy"), ("cifar10", "class", "dog", "scrub", "test_accuracy")])
def test_what_the_paper_does_not_print_is_none(key):
    assert paper_value(*key) is None


def test_a_fraction_is_found_however_it_was_reckoned():
    assert paper_value("cifar10", "random", 0.1 + 0.05, "ssd", "test_accuracy") == (85.34, 0.18)


def test_every_row_of_the_file_is_found():
    rows = list(csv.DictReader(SOURCE.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 320
    for row in rows:
        forget = float(row["forget"])
        assert paper_value(row["dataset"], row["scenario"], forget, row["method"], row["metric"]) == (
            float(row["mean"]), float(row["std"]))


def test_the_shipped_copy_is_the_teams_file():
    source = ROOT.parent / "shared" / "paper" / "tables.csv"
    if not source.is_file():
        pytest.skip("the team's copy is not on this machine")
    assert SOURCE.read_text(encoding="utf-8") == source.read_text(encoding="utf-8")
