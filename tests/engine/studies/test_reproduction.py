"""``python -m engine reproduce``: computes only what is missing, one run after another, and prints what there is.

The paper's data sets are too large here, so ``execute`` is replaced by one that writes finished runs; one test
runs the same machinery on the digits for real.
"""

from __future__ import annotations

import json

import pytest
from comparing import finish, metrics_of

from engine.cli import computing, reproduce
from engine.cli.main import main
from engine.errors import OriginalMissing
from engine.spec import resolve
from engine.studies import reproduction
from engine.studies.comparison import Comparison, find_runs
from engine.studies.exports import JSON_FIELDS
from engine.studies.table import build_table


@pytest.fixture(autouse=True)
def nothing_recorded(monkeypatch):
    monkeypatch.setattr("engine.runs.library.recorded_runs", lambda: ())


@pytest.fixture
def executed(monkeypatch, store):
    """Replaces the work of a run; a list of (method, forget, seed) in the order in which they ran.

    ``executed.act[(method, seed)]`` is called instead of finishing the run.
    """
    class Log(list):
        act: dict = {}

    log = Log()

    def execute(run, store, checkpoints, cancel, on_progress):
        resolved = resolve(run.spec)
        spec = resolved.spec
        log.append((spec.method, spec.forget_fraction if spec.forget_class is None else spec.forget_class, spec.seed))
        on_progress({"stage": resolved.method.title, "fraction": 0.5, "step": 1, "total_steps": 2, "eta": 3.0})
        act = log.act.get((spec.method, spec.seed))
        if act:
            act(run, cancel)
        else:
            store.update(run.id, data="0123456789abcdef", device="cpu")
            retrained = {"run_id": "r", "retain_accuracy": 90.0}
            store.end(run.id, "finished", metrics=metrics_of(retrained=retrained, test_accuracy=80.0 + spec.seed),
                      seconds=5.0, steps=2, samples=600)
        return store.get(run.id)

    log.act = {}
    monkeypatch.setattr("engine.runs.execute.execute", execute)
    monkeypatch.setattr("engine.system.device.default_device", lambda: None)
    return log


@pytest.fixture
def say(capfd):
    def run(*words):
        status = main(["reproduce", *words])
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        if "--json" in words:
            assert out.count("\n") == 1 and out.endswith("\n")
            return status, json.loads(out), err
        return status, out, err

    return run


QUICK = ("table1", "--forget-fractions", "0.15", "--methods", "ssd", "finetune", "retrain", "--seeds", "0", "1")


# --- what is computed -----------------------------------------------------------------------


def test_all_of_a_table_by_default(say, executed, store):
    status, cells, err = say("table4", "--json")
    assert status == 0 and len(executed) == 2 * 4 * 3 == len(store.list(status=("finished",)))
    assert executed[:3] == [("retrain", 1, 0), ("retrain", 1, 1), ("retrain", 1, 2)], "retraining first per size"
    assert {forget for _, forget, _ in executed[:12]} == {1} and executed[12] == ("retrain", 5, 0)
    assert {run.spec.profile for run in store.list()} == {"paper"}
    assert len(cells) == 2 * 5 * 5 and all(set(cell) == set(JSON_FIELDS) for cell in cells)
    cell = next(c for c in cells if (c["method"], c["forget"], c["metric"]) == ("scrub", 5, "test_accuracy"))
    assert cell == {"dataset": "cifar10", "scenario": "class", "forget": 5, "method": "scrub",
                    "metric": "test_accuracy", "mean": 81.0, "std": 1.0, "seeds": [0, 1, 2], "paper_mean": 85.85,
                    "paper_std": 0.1, "difference": pytest.approx(-4.85)}
    original = next(c for c in cells if (c["method"], c["metric"]) == ("original", "test_accuracy"))
    assert (original["mean"], original["paper_mean"]) == (80.0, 84.56)
    assert "[1 of 24] Retraining, the class automobile, seed 0: Retraining" in err


def test_the_second_time_nothing_is_computed(say, executed, store):
    first = say(*QUICK, "--json")[1]
    assert executed == [("retrain", 0.15, 0), ("retrain", 0.15, 1), ("ssd", 0.15, 0), ("finetune", 0.15, 0),
                        ("ssd", 0.15, 1), ("finetune", 0.15, 1)]
    status, again, err = say(*QUICK, "--json")
    assert (status, again, err) == (0, first, "") and len(executed) == len(store.list()) == 6
    say(*QUICK[:-1], "1", "2", "--json")
    assert executed[6:] == [("retrain", 0.15, 2), ("ssd", 0.15, 2), ("finetune", 0.15, 2)], "only the new seed"


def test_recorded_only_computes_nothing(say, executed, store):
    status, cells, _ = say("table2", "--recorded-only", "--json")
    assert status == 0 and len(cells) == 3 * 7 * 5 and executed == [] == store.list()
    assert {(c["mean"], c["std"], c["difference"]) for c in cells} == {(None, None, None)}
    assert all(c["seeds"] == [] and c["paper_mean"] is not None for c in cells)


def test_a_run_that_fails_is_shown_and_the_rest_goes_on(say, executed, store):
    executed.act["ssd", 0] = lambda run, cancel: store.end(run.id, "failed", reason="A loss became infinite.")
    status, out, err = say(*QUICK)
    assert status == 0 and len(executed) == 6
    said = "Selective synaptic dampening (SSD), 15%, seed 0: failed: A loss became infinite."
    assert said in out and said in err
    assert say(*QUICK, "--json")[2].count(said) == 1, "told when it ended, and not once more at the end"
    executed.act.clear()
    say(*QUICK)
    assert executed[7:] == [("ssd", 0.15, 0)], "what failed is tried again"


def test_ctrl_c_keeps_what_has_finished(say, executed, store):
    def stop(run, cancel):
        cancel.set()
        store.end(run.id, "cancelled", reason="Stopped. What was measured until then is kept.")

    executed.act["ssd", 0] = stop
    status, cells, _ = say(*QUICK, "--json")
    assert status == 130 and len(executed) == 3
    assert [run.status for run in store.list()] == ["finished", "finished", "cancelled"]
    assert {c["method"]: c["mean"] for c in cells if c["metric"] == "test_accuracy"} == {
        "original": 80.0, "retrain": 80.5, "ssd": None, "finetune": None}
    executed.act.clear()
    assert say(*QUICK, "--json")[0] == 0 and len(executed) == 3 + 4


def test_a_queued_run_is_taken_over_and_a_running_one_left_alone(say, executed, store):
    comparison = Comparison("cifar10", methods=("ssd",), seeds=(0, 1), profile="paper")
    queued = store.submit(resolve(comparison.spec("ssd", 0)))
    running = store.begin(resolve(comparison.spec("ssd", 1)))
    status, out, _ = say("table1", "--forget-fractions", "0.15", "--methods", "ssd", "--seeds", "0", "1")
    assert status == 0 and executed == [("ssd", 0.15, 0)]
    assert [(run.id, run.status) for run in store.list()] == [(queued, "finished"), (running, "running")]
    assert "Selective synaptic dampening (SSD), 15%, seed 1: running." in out


def test_what_cannot_run_here_ends_it_with_the_engines_sentence(say, executed, store):
    def refuse(run, cancel):  # as execute does: it ends the run and raises
        store.end(run.id, "failed", reason="There is no Original.")
        raise OriginalMissing("cifar10", "no_such_model", 5, 30, 50_000)

    executed.act["retrain", 1] = refuse
    status, content, _ = say(*QUICK, "--json")
    assert status == 2 and content["problems"] == [
        "There is no Original for cifar10 with no_such_model and seed 5 yet. Training it takes an unknown time "
        "(nothing was measured yet) on this machine; allow it with --train-original, or in the app with the switch "
        "beside the button."]
    assert [run.status for run in store.list()] == ["finished"], "what had finished is kept, nothing else recorded"


def test_without_data_the_command_says_what_to_do(say, home, no_caches):
    status, content, _ = say("table1", "--json", "--methods", "ssd", "--forget-fractions", "0.15", "--seeds", "0")
    assert status == 2 and len(content["problems"]) == 1 and "cifar10" in content["problems"][0]


# --- what is read ---------------------------------------------------------------------------


def test_fractions_and_methods_beyond_the_table(say, executed):
    status, cells, _ = say("table1", "--forget-fractions", "0.2,0.15", "--methods", "salun", "--seeds", "0", "--json")
    assert status == 0 and executed == [("salun", 0.2, 0), ("salun", 0.15, 0)]
    assert [(c["forget"], c["method"], c["paper_mean"]) for c in cells if c["metric"] == "test_accuracy"] == [
        (0.2, "original", None), (0.2, "salun", None), (0.15, "original", 85.29), (0.15, "salun", None)]


def test_a_class_by_name(say, executed):
    status, cells, _ = say("table4", "--classes", "dog", "--methods", "scrub,original", "--seeds", "0", "--json")
    assert status == 0 and executed == [("scrub", 5, 0)] and {c["forget"] for c in cells} == {5}


def test_the_original_and_the_retrained_are_known_from_other_methods(say, store):
    comparison = Comparison("cifar10", methods=("finetune",), seeds=(0,), profile="paper")
    finish(store, comparison, "finetune")
    _, cells, _ = say("table1", "--forget-fractions", "0.15", "--methods", "ssd", "--seeds", "0", "--json",
                      "--recorded-only")
    assert {c["method"]: c["mean"] for c in cells if c["metric"] == "test_accuracy"} == {"original": 80.0, "ssd": None}


def test_the_text_has_ours_beside_the_papers(say, executed):
    status, out, err = say("table1", "--forget-fractions", "0.15", "--methods", "ssd", "--seeds", "0", "1")
    lines = out.splitlines()
    assert status == 0 and lines[0] == "Table 1: CIFAR-10, a random subset"
    assert lines[2] == "cifar10, forgetting 15%, profile paper, seeds 0, 1"
    ours, paper = next((lines[at], lines[at + 1]) for at, line in enumerate(lines) if line.startswith("Selective"))
    assert ours.split()[4:] == ["ours", "99.00", "±", "0.00*", "4.00", "±", "0.00*", "80.50", "±", "0.71*",
                                "3.00", "±", "0.00*", "2.00", "±", "0.00*"], "nobody is the best of one"
    assert paper.split() == ["paper", "94.13", "±", "0.02", "9.07", "±", "0.17", "85.34", "±", "0.18", "4.88", "±",
                             "0.20", "3.76", "±", "0.65"]
    assert reproduce.LEGEND in lines and "not there yet" not in out
    assert "[2 of 2] Selective synaptic dampening (SSD), 15%, seed 1: " in err and "all: " in err


def test_markdown_is_one_table_a_size_and_nothing_else(say, executed):
    status, out, _ = say(*QUICK[:3], "0.3", *QUICK[3:], "--markdown")
    assert status == 0 and len(executed) == 2 * 3 * 2
    assert out.startswith("**cifar10, forgetting 15%, profile paper, seeds 0, 1**\n\n| Method | Retain accuracy (%) |")
    assert "\n\n**cifar10, forgetting 30%, profile paper, seeds 0, 1**\n" in out and "Table 1" not in out
    row = next(line for line in out.splitlines() if line.startswith("| Fine-tuning |")).split(" | ")
    assert row[3] == r"**80.50 ± 0.71** ✓ (85.55 ± 0.30\*)", "best in bold, then the paper's value"
    assert out.endswith(".\n") and not out.endswith("\n\n")


def test_markdown_lists_what_is_missing_and_excludes_json(say, capfd):
    _, out, _ = say("table4", "--classes", "dog", "--recorded-only", "--markdown")
    assert out.endswith("- ∇τ (nabla-tau), the class dog, seeds 0, 1, 2: not computed yet.\n")
    assert main(["reproduce", "table4", "--json", "--markdown"]) == 2
    assert "--markdown: not allowed with argument --json" in capfd.readouterr().err


def test_what_is_not_there_is_said_per_method(say):
    _, out, _ = say("table4", "--classes", "1", "--methods", "scrub", "--recorded-only")
    assert out.splitlines()[-1] == "SCRUB, the class automobile, seeds 0, 1, 2: not computed yet."


def test_runs_of_another_profile_are_hinted_at(say, store):
    words = ("table1", "--forget-fractions", "0.15", "--methods", "ssd", "finetune", "--seeds", "0", "1",
             "--recorded-only")
    assert "profile corrected" not in say(*words)[2]
    other = Comparison("cifar10", methods=("ssd", "finetune"), seeds=(0, 1))
    finish(store, other, "ssd", 0)
    assert say(*words)[2] == (
        "1 run missing here exists with profile corrected: pass --profile corrected to see it.\n")
    finish(store, other, "finetune", 1)
    status, cells, err = say(*words, "--json")
    assert status == 0 and {c["mean"] for c in cells} == {None} and err.splitlines()[-1] == (
        "2 runs missing here exist with profile corrected: pass --profile corrected to see them.")
    for cell in (("ssd", 0), ("finetune", 1)):
        finish(store, Comparison("cifar10", methods=("ssd", "finetune"), seeds=(0, 1), profile="paper"), *cell)
    assert say(*words)[2] == "", "what is there with both profiles is not missing"


# --- text -----------------------------------------------------------------------------------


def test_table3_names_the_model_where_it_is_not_the_papers(say, executed, store):
    for seed in (0, 1):
        there = Comparison("go_emotions", methods=("nabla_tau",), seeds=(0, 1), profile="paper")
        finish(store, there, "nabla_tau", seed)
    words = ("table3", "--recorded-only", "--methods", "nabla_tau", "--forget-fractions", "0.15", "--seeds", "0", "1")
    status, cells, _ = say(*words, "--json")
    assert status == 0 and executed == []
    assert {c["paper_mean"] for c in cells if c["metric"] == "test_accuracy"} == {54.61, 52.17}
    assert ("The paper's values are of RoBERTa base, ours of Text conv net: with another model they "
            "give context, not a target for ours.") in say(*words)[1].replace("\n", " ")
    assert say("table3", "--recorded-only", "--json", "--seeds", "x")[0] == 2
    assert say(*words, "--model", "minilm")[0] == 0
    status, content, _ = say(*words, "--model", "resnet18", "--json")
    assert status == 2 and content["problems"] == [
        "No model for go_emotions named 'resnet18'. Valid: text_cnn, minilm, roberta_base."]


# --- bad input ------------------------------------------------------------------------------


@pytest.mark.parametrize("words, problems", [
    (["table9"], ["No table named 'table9'. Valid: table1, table2, table3, table4."]),
    (["table1", "--methods", "nabla_ta"], ["No method named 'nabla_ta'. Did you mean 'nabla_tau'?"]),
    (["table1", "--seeds", "0", "1", "0"], ["seed 0 is chosen twice: once is enough."]),
    (["table1", "--seeds", "1,1.0"], ["seed 1 is chosen twice: once is enough."]),
    (["table1", "--seeds", "one", "--forget-fractions", "0.9"],
     ["forget_fraction is 0.9, but must be between 0.001 and 0.6: the nearest valid value is 0.6.",
      "seed is 'one', but must be a number."]),
    (["table1", "--forget-fractions", "0.15", "0.150"], ["forget_fraction 0.15 is chosen twice: once is enough."]),
    (["table4", "--classes", "10"], ["forget_class is 10, but cifar10 has the classes 0 to 9 (airplane to truck)."]),
    (["table4", "--classes", "dgo"], ["No class of cifar10 named 'dgo'. Did you mean 'dog'?"]),
    (["table4", "--classes", "1", "automobile"], ["forget_class 1 is chosen twice: once is enough."]),
    (["table4", "--forget-fractions", "0.15"],
     ["--forget-fractions does not go with table4, which forgets an entire class: use --classes."]),
    (["table1", "--classes", "dog"],
     ["--classes does not go with table1, which forgets a random subset: use --forget-fractions."]),
    (["table1", "--methods", "original"], ["--methods names no method: the row 'original' is always shown."]),
    (["table1", "--profile", "papers"], ["No profile named 'papers'. Did you mean 'paper'?"]),
    ([], ["The following arguments are required: table1|table2|table3|table4. "
          "Help: python -m engine reproduce --help"]),
])
def test_bad_input_is_one_object_and_nothing_is_computed(say, executed, store, words, problems):
    status, content, err = say(*words, "--json")
    assert status == 2 and content == {"run_id": None, "status": "bad_input", "problems": problems}
    assert err == "\n".join(problems) + "\n" and executed == [] == store.list()


# --- how long it takes ----------------------------------------------------------------------


def test_a_training_that_serves_all_seeds_is_reckoned_once(store, monkeypatch):
    monkeypatch.setattr("engine.runs.estimates.run_seconds", lambda resolved, checkpoints, finished: 100.0)
    comparison = Comparison("cifar10", methods=("retrain", "ssd"), seeds=(0, 1), profile="paper")
    todo = list(reproduction.missing([comparison], store))
    assert [(item.method, item.seed) for item in todo] == [("retrain", 0), ("retrain", 1), ("ssd", 0), ("ssd", 1)]
    assert reproduction.forecast(todo, store) == [100.0, 0.0, 100.0, 100.0]
    finish(store, comparison, "retrain", 0)
    assert reproduction.forecast(todo[1:], store) == [0.0, 100.0, 100.0]
    own = Comparison("cifar10", methods=("retrain",), seeds=(0, 1))
    assert reproduction.forecast(list(reproduction.missing([own], store)), store) == [100.0, 100.0]


def test_eta_over_all_runs(store, monkeypatch, capsys):
    times = iter([60.0, 120.0, 240.0])
    monkeypatch.setattr("engine.runs.estimates.run_seconds", lambda *rest: next(times))
    todo = list(reproduction.missing([Comparison(methods=("ssd", "finetune", "scrub"), seeds=(0,))], store))
    said = []
    tell = computing.teller(said.append, todo, 4, store)
    tell({"stage": "Loading", "fraction": None})
    tell({"stage": "SSD", "fraction": 0.5, "eta": 30.0})
    assert [(line["stage"], line["note"]) for line in said] == [
        ("[4 of 6] Selective synaptic dampening (SSD), 15%, seed 0: Loading", "all: about 7 min left"),
        ("[4 of 6] Selective synaptic dampening (SSD), 15%, seed 0: SSD", "all: about 6 min left")]


def test_an_unknown_time_is_said_so(store, monkeypatch):
    monkeypatch.setattr("engine.runs.estimates.run_seconds", lambda *rest: None)
    todo = list(reproduction.missing([Comparison(methods=("ssd", "finetune"), seeds=(0,))], store))
    said = []
    computing.teller(said.append, todo, 1, store)({"stage": "Loading", "fraction": None})
    assert said[0]["note"] == "all: an unknown time (nothing was measured yet) left"


# --- for real -------------------------------------------------------------------------------


@pytest.mark.long
def test_digits_for_real(brief, store, monkeypatch, no_caches, capfd):
    """Two methods and a retraining: run, completed by the retrained model, then found again."""
    comparison = Comparison(methods=("ssd", "gradient_ascent", "retrain"), seeds=(0,), profile="paper")
    assert computing.compute([comparison], store, False) == 0
    runs = find_runs(comparison, store)
    assert {cell: run.status for cell, run in runs.items()} == dict.fromkeys(comparison.grid(), "finished")
    assert [run.spec.method for run in store.list()] == ["retrain", "ssd", "gradient_ascent"]
    assert all(run.metrics["retrained"]["run_id"] == runs["retrain", 0].id for run in runs.values())
    assert computing.compute([comparison], store, False) == 0 and len(store.list()) == 3
    table = build_table(comparison, runs)
    assert table.missing == [] and table.cost["retrain"]["samples_ratio"] == 1.0
    for cell in table.cells:
        expected = (runs["ssd", 0].metrics["original"] if cell.method == "original"
                    else runs[cell.method, 0].metrics)[cell.metric]
        assert cell.values == {0: expected} and cell.mean == expected
    assert "[3 of 3] Gradient ascent, 15%, seed 0: " in capfd.readouterr().err

    metrics = runs["ssd", 0].metrics
    store.amend(runs["ssd", 0].id, {**metrics, "retrained": None, "tow": None})
    assert find_runs(comparison, store)["ssd", 0].metrics == metrics, "completed when it is looked for"


