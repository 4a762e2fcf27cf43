"""``python -m engine compare``: the table of the page Compare on the command line, computed where it lacks runs."""

from __future__ import annotations

import csv
import io
import json

import pytest
from comparing import finish

from engine import registry
from engine.cli.main import main
from engine.evaluation.metrics import all_metrics
from engine.studies import exports
from engine.studies.comparison import Comparison, find_runs
from engine.studies.exports import JSON_FIELDS
from engine.studies.table import build_table

PAIR = Comparison(methods=("ssd", "finetune"), seeds=(0, 1))
WORDS = ("--methods", "ssd,finetune", "--seeds", "0", "1")


@pytest.fixture(autouse=True)
def nothing_recorded(monkeypatch):
    monkeypatch.setattr("engine.runs.library.recorded_runs", lambda: ())


@pytest.fixture
def say(capfd):
    """Runs the command in this process: (exit status, stdout, stderr)."""
    def run(*words):
        status = main(["compare", *words])
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return status, out, err

    return run


@pytest.fixture
def finished(store):
    """Two methods with two seeds each, one of them 4 points better than the other."""
    for method, accuracy in (("ssd", 80.0), ("finetune", 84.0)):
        for seed in PAIR.seeds:
            finish(store, PAIR, method, seed, test_accuracy=accuracy + seed)
    return store


def test_missing_runs_are_computed_and_then_found(say, store, with_original, no_caches):
    words = ("--dataset", "digits", "--methods", "ssd", "original", "--seeds", "1", "--json")
    status, out, err = say(*words)
    run, = store.list()
    assert (status, run.status, run.spec.method, run.spec.seed) == (0, "finished", "ssd", 1)
    cells = {(cell["method"], cell["metric"]): cell for cell in json.loads(out)}
    assert cells["ssd", "test_accuracy"]["mean"] == run.metrics["test_accuracy"]
    assert cells["original", "test_accuracy"]["mean"] == run.metrics.original["test_accuracy"]
    assert "Selective synaptic dampening (SSD), 15%, seed 1: finished." in err
    assert say(*words) == (0, out, "") and len(store.list()) == 1


def test_json_holds_every_measure_and_seed(say, finished):
    status, out, err = say(*WORDS, "--json")
    cells = json.loads(out)
    assert (status, err, out.count("\n")) == (0, "", 1)
    assert len(cells) == 3 * len(all_metrics()) and all(set(JSON_FIELDS) <= set(cell) for cell in cells)
    cell = next(c for c in cells if (c["method"], c["metric"]) == ("finetune", "test_accuracy"))
    assert (cell["mean"], cell["values"], cell["profile"]) == (84.5, {"0": 84.0, "1": 85.0}, "corrected")


def test_csv_holds_every_measure_and_seed(say, finished):
    status, out, _ = say(*WORDS, "--csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert status == 0 and len(rows) == 3 * len(all_metrics())
    row = next(r for r in rows if (r["method"], r["metric"]) == ("ssd", "test_accuracy"))
    assert (float(row["mean"]), float(row["seed_0"]), float(row["seed_1"])) == (80.5, 80.0, 81.0)


@pytest.mark.parametrize(("flag", "export"), [("--markdown", exports.to_markdown), ("--latex", exports.to_latex)])
def test_a_table_to_paste_is_the_pages(say, finished, flag, export):
    expected = export(build_table(PAIR, find_runs(PAIR, finished)))
    assert say(*WORDS, flag) == (0, expected.rstrip() + "\n", "") and "84.50" in expected


def test_text_for_people(say, finished):
    status, out, _ = say("--methods", "ssd", "finetune", "scrub", "--seeds", "0,1", "--recorded-only")
    lines = out.splitlines()
    assert (status, lines[0]) == (0, "digits, forgetting 15%, profile corrected, seeds 0, 1")
    assert lines[-2:] == ["^ or ↑ best, ties within the chance range shared.",
                          "SCRUB, 15%, seeds 0, 1: not computed yet."]
    assert "  84.50 ± 0.71 ^  " in next(line for line in lines if line.startswith("Fine-tuning"))
    assert len(finished.list()) == 4, "nothing was computed"


def test_what_is_missing_goes_to_stderr_where_a_program_reads_stdout(say, finished):
    status, out, err = say("--methods", "ssd", "scrub", "--seeds", "0", "--recorded-only", "--json")
    assert status == 0 and json.loads(out) and err == "SCRUB, 15%, seed 0: not computed yet.\n"


def test_a_class_by_its_name(say, store):
    comparison = Comparison("cifar10", "class", 5, ("ssd",), (0,), "paper")
    finish(store, comparison, "ssd", test_accuracy=77.0)
    words = ("--dataset", "cifar10", "--methods", "ssd", "--forget-class", "dog", "--profile", "paper",
             "--recorded-only")
    status, out, _ = say(*words, "--json")
    cell = next(c for c in json.loads(out) if (c["method"], c["metric"]) == ("ssd", "test_accuracy"))
    assert (status, cell["scenario"], cell["forget"], cell["mean"]) == (0, "class", 5, 77.0)
    assert say(*words)[1].startswith("cifar10, forgetting the class dog, profile paper, seed 0\n")


def test_a_share_and_an_option_of_the_data(say, store):
    comparison = Comparison(forget=0.3, methods=("ssd",), seeds=(0,), options={"label_noise": 0.0})
    finish(store, comparison, "ssd", test_accuracy=99.0)
    _, out, err = say("--methods", "ssd", "--forget-fraction", "0.3", "--option", "label_noise=0", "--recorded-only",
                      "--markdown")
    assert "| 99.00" in out and "**99.00" not in out and err == ""  # nobody is the best of one


def test_a_former_name(say, finished, monkeypatch):
    from dataclasses import replace

    monkeypatch.setitem(registry.table("method"), "ssd", replace(registry.get("method", "ssd"), aliases=("dampening",)))
    assert say("--methods", "dampening,finetune", *WORDS[2:], "--csv")[1] == say(*WORDS, "--csv")[1]


@pytest.mark.parametrize(("words", "problems"), [
    (["--methods", "nabla"], ["No method named 'nabla'. Did you mean 'nabla_tau'?"]),
    (["--methods", "ssd", "--dataset", "digit"], ["No dataset named 'digit'. Did you mean 'digits'?"]),
    (["--methods", "ssd,ssd", "--seeds", "0", "0"],
     ["method ssd is chosen twice: once is enough.", "seed 0 is chosen twice: once is enough."]),
    (["--methods", "original"], ["--methods names no method: the row 'original' is always shown."]),
    (["--methods", "ssd", "--seeds", "x"], ["seed is 'x', but must be a number."]),
    (["--methods", "ssd", "--forget-fraction", "15%"],
     ["forget_fraction is 15%, but must be between 0.001 and 0.6: 15% is 0.15."]),
    (["--methods", "ssd", "--forget-class", "10"], ["forget_class is 10, but digits has the classes 0 to 9."]),
    (["--methods", "ssd", "--forget-class", "3", "--forget-fraction", "0.1"],
     ["--forget-fraction does not go with the scenario 'class': use --forget-class."]),
    (["--methods", "ssd", "--forget-class", "3", "--scenario", "random"],
     ["--forget-class does not go with the scenario 'random': use --forget-fraction."]),
    (["--methods", "ssd", "--option", "label_noise"], ["--option 'label_noise' is not of the form NAME=VALUE."]),
    (["--methods", "ssd", "--scenario", "clas", "--forget-fraction", "0.1"],
     ["No scenario named 'clas'. Did you mean 'class'?"]),
    (["--json"], ["The following arguments are required: --methods. Help: python -m engine compare --help"]),
    (["--methods", "ssd", "--csv", "--latex"],
     ["Argument --latex: not allowed with argument --csv. Help: python -m engine compare --help"]),
])
def test_bad_input_computes_nothing(say, store, words, problems):
    status, _, err = say(*words)
    assert (status, err.splitlines(), store.list()) == (2, problems, [])
