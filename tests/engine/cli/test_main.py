"""``python -m engine``: what is printed where, and with which exit status. Nothing here needs an Original."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import pytest
from helping import ROOT, copied, python

from engine.cli import streams
from engine.cli.main import main
from engine.cli.terminal import ProgressLine
from engine.runs.store import open_store
from engine.spec import resolve
from engine.types import Spec
from tests.engine.appending import append


@pytest.fixture
def say(capfd):
    """Runs a command in this process: (exit status, stdout's one JSON value or text, stderr)."""

    def run(*words):
        status = main(words)
        out, err = capfd.readouterr()
        if "--json" in words:
            assert out.count("\n") == 1 and out.endswith("\n"), f"more than one JSON value: {out!r}"
            return status, json.loads(out), err
        return status, out, err

    return run


def refused(say, *words):
    status, content, err = say(*words, "--json")
    assert status == 2 and err.endswith("\n".join(content["problems"]) + "\n") and "Traceback" not in err
    assert content == {"run_id": None, "status": "bad_input", "problems": content["problems"]}
    assert open_store().list() == [], "nothing was recorded"
    return content["problems"]


# --- bad input ------------------------------------------------------------------------------


def test_all_problems_at_once_each_with_the_nearest_valid_value(say):
    assert refused(say, "run", "--forget-fraction", "0.9", "--seed", "-3", "--alpha", "high", "--set", "batch_size=1",
                   "--set", "alfa=1", "--option", "label_noise=0.5", "--profile", "corrected") == [
        "label_noise is 0.5, but must be one of 0.2, 0.0.",
        "forget_fraction is 0.9, but must be between 0.001 and 0.6: the nearest valid value is 0.6.",
        "seed is -3, but must be a whole number from 0 to 2,147,483,647: the nearest valid value is 0.",
        "batch_size is 1, but must be a whole number from 2 to 4,096: the nearest valid value is 2.",
        "No hyperparameter of nabla_tau named 'alfa'. Did you mean 'alpha'?",
        "alpha is 'high', but must be a number or auto."]


@pytest.mark.parametrize("words, problems", [
    (["--method", "nabla"], ["No method named 'nabla'. Did you mean 'nabla_tau'?"]),
    (["--dataset", "digit", "--method", "scrab", "--profile", "x"],
     ["No dataset named 'digit'. Did you mean 'digits'?", None, "No profile named 'x'. Valid: corrected, paper."]),
    (["--method", "nabla", "--alpha", "0.3", "--set", "x=1", "--seed", "-1"],
     ["No method named 'nabla'. Did you mean 'nabla_tau'?",
      "seed is -1, but must be a whole number from 0 to 2,147,483,647: the nearest valid value is 0."]),
    (["--method", "nabla", "--alpha", "3"],
     ["alpha is 3, but must be between 0 and 1: the nearest valid value is 1.",
      "No method named 'nabla'. Did you mean 'nabla_tau'?"]),
    (["--forget-fraction", "15%"], ["forget_fraction is 15%, but must be between 0.001 and 0.6: 15% is 0.15."]),
    (["--scenario", "class", "--forget-class", "10"], ["forget_class is 10, but digits has the classes 0 to 9."]),
    (["--model", "resnet18"],
     ["model is 'resnet18', which reads pictures from 32 pixels a side, but those of digits have 8: choose "
      "small_cnn, resnet18_cifar, resnet34, vit_small, mobilenet_v3, image_mlp."]),
    (["--method", "finetune", "--alpha", "0.3"], ["--alpha belongs to nabla_tau, not to finetune."]),
    (["--method", "retrain", "--alpha", "auto", "--seed", "x"],
     ["--alpha belongs to nabla_tau, not to retrain.", "seed is 'x', but must be a number."]),
    (["--set", "nothing", "--forget-fraction", "0"],
     ["--set 'nothing' is not of the form NAME=VALUE.",
      "forget_fraction is 0, but must be between 0.001 and 0.6: the nearest valid value is 0.001."]),
    (["--set", "=3"], ["--set '=3' is not of the form NAME=VALUE."]),
    (["--method", "finetune", "--set", "alpha=0.3"], [None]),
    (["--option", "noise=0"], ["No option of digits named 'noise'. Did you mean 'label_noise'?"]),
    (["--forget-fraction", "few"], ["forget_fraction is 'few', but must be a number."]),
    (["--frobnicate"], ["Unrecognized arguments: --frobnicate. Help: python -m engine --help"]),
    (["--seed"], ["Argument --seed: expected one argument. Help: python -m engine run --help"]),
])
def test_bad_input(say, words, problems):
    found = refused(say, "run", *words)
    assert len(found) == len(problems)
    assert all(expected in (None, problem) for problem, expected in zip(found, problems))


@pytest.mark.parametrize("words", [[], ["frobnicate"], ["list"], ["list", "pages"], ["show"], ["run", "digits"]])
def test_commands_that_are_none(say, words):
    assert len(refused(say, *words)) == 1


def test_problems_without_json_go_to_stderr_alone(say):
    status, out, err = say("run", "--method", "nabla")
    assert (status, out, err) == (2, "", "No method named 'nabla'. Did you mean 'nabla_tau'?\n")


def test_bad_input_of_pretrain(say):
    assert refused(say, "pretrain", "--dataset", "digts", "--seed", "-1") == [
        "No dataset named 'digts'. Did you mean 'digits'?",
        "seed is -1, but must be a whole number from 0 to 2,147,483,647: the nearest valid value is 0."]
    assert refused(say, "pretrain", "--option", "x") == ["--option 'x' is not of the form NAME=VALUE."]


def test_absent_data_is_bad_input_and_leaves_no_run(say):
    for command, name in (("run", "cifar10"), ("run", "cifar100"), ("pretrain", "cifar10")):
        problem, = refused(say, command, "--dataset", name)
        assert problem.startswith(f"The data set {name} is not on this machine and the Hugging Face hub cannot be ")


def test_absent_data_in_a_process_of_its_own():
    """One sentence, no traceback, exit 2; and a run of another living process (this one) is not interrupted."""
    store = open_store()
    mine = store.begin(resolve(Spec()))
    done = copied("-m", "engine", "run", "--dataset", "cifar10", "--json")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    problem, = json.loads(done.stdout)["problems"]
    assert problem.endswith("put them into a folder <dir>/cifar10 and set UNLEARN_DATA_DIR=<dir>.")
    assert [(run.id, run.status) for run in store.list()] == [(mine, "running")]


def test_a_missing_original_wants_permission(say, no_caches):
    problem, = refused(say, "run", "--original-seed", "77")
    assert problem.startswith("There is no Original for digits with small_cnn and seed 77 yet. Training it takes ")
    assert "allow it with --train-original" in problem


def test_a_device_that_is_none(say, monkeypatch):
    monkeypatch.setenv("UNLEARN_DEVICE", "abacus")
    assert refused(say, "run") == ["UNLEARN_DEVICE='abacus' is not a device. Valid: cpu, cuda, cuda:0, ..."]
    assert refused(say, "pretrain") == ["UNLEARN_DEVICE='abacus' is not a device. Valid: cpu, cuda, cuda:0, ..."]


def test_a_home_that_cannot_be_used_is_bad_input(say, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path / "file"))
    status, content, _ = say("list", "runs", "--json")
    assert status == 2 and content == {"run_id": None, "status": "bad_input", "problems": content["problems"]}
    assert content["problems"][0].startswith(f"UNLEARN_HOME={tmp_path}/file cannot be used (")


# --- list and show --------------------------------------------------------------------------


def test_a_working_folder_that_was_removed(say, monkeypatch, tmp_path):
    """Libraries of torch end a process that has none, with words of their own and no JSON."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert refused(say, "run") == [
        "The folder that this command was started in was removed: change to another one."]


CLOSED = """
import sys
from engine.cli.main import main
place, sys.argv[1:] = sys.argv[1], ["list", "runs", "--json"]
status = main()
file = open(place, "w")
file.write(f"{status} {file.fileno() > 2}")
"""


def test_standard_streams_that_are_closed(tmp_path):
    """No traceback, and no file has the number of one of them: the store would hold what libraries print."""
    done = subprocess.run(["sh", "-c", 'exec "$0" -c "$1" "$2" <&- >&- 2>&-', sys.executable, CLOSED,
                           str(tmp_path / "said")], cwd=ROOT, env=dict(os.environ), check=False)
    assert (done.returncode, (tmp_path / "said").read_text()) == (0, "0 True")


def test_standard_output_on_a_full_disk(home):
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, "-m", "engine", "list", "runs", "--json"], cwd=ROOT, stdout=full,
                              env=dict(os.environ), stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "The result cannot be written to standard output (No space left on "
                                                 "device): write it elsewhere.\n")


def test_progress_that_cannot_be_printed_fails_no_work(monkeypatch):
    class Full(io.StringIO):
        def write(self, text=""):
            raise OSError(28, "No space left on device")

        flush = write

    monkeypatch.setattr("sys.stderr", streams.Lenient(Full()))
    ProgressLine()({"stage": "Loading Digits", "fraction": None})
    assert sys.stderr.write("Evaluating") == 10


def test_there_are_no_runs_yet(say):
    assert say("list", "runs", "--json") == (0, [], "")
    assert say("list", "runs") == (0, "None yet.\n", "")


@pytest.mark.parametrize("kind, first, keys", [
    ("datasets", "digits", {"name", "title", "classes", "train", "heldout", "available", "models", "options"}),
    ("models", "small_cnn", {"name", "title", "kind", "summary", "source"}),
    ("methods", "nabla_tau", {"name", "title", "summary", "source", "parameters", "profiles"}),
    ("attacks", "mia_loss", {"name", "title", "needs", "summary", "source"})])
def test_lists_are_whole_arrays(say, kind, first, keys):
    from engine.registry import names

    status, found, err = say("list", kind, "--json")
    assert (status, err) == (0, "") and found[0]["name"] == first and all(keys <= set(item) for item in found)
    assert [item["name"] for item in found] == list(names(kind[:-1]))
    assert say("list", kind)[1].startswith(f"{first:<14} ")


def test_the_list_of_methods_declares_their_hyperparameters(say):
    _, methods, _ = say("list", "methods", "--json")
    alpha = next(p for p in methods[0]["parameters"] if p["name"] == "alpha")
    assert {name: alpha[name] for name in ("auto", "low", "high", "default")} == {
        "auto": "5/3 of the forget fraction", "low": 0.0, "high": 1.0, "default": None}


def test_lists_import_no_torch():
    code = "import sys; from engine.cli.main import main; main(['list', 'methods', '--json']); "
    done = python("-c", code + "assert 'torch' not in sys.modules")
    assert done.returncode == 0 and isinstance(json.loads(done.stdout), list), done.stderr


def test_list_and_show_tell_a_run(say):
    store = open_store()
    run_id = store.begin(resolve(Spec()))
    append(store, run_id, {"kind": "start"})
    store.end(run_id, "failed", reason="Because.")
    status, found, _ = say("list", "runs", "--json")
    assert status == 0 and [run["run_id"] for run in found] == [run_id]
    status, run, _ = say("show", run_id, "--json")
    assert status == 0 and run | {"events": None} == found[0] | {"events": None}
    assert run["events"] == [{"seq": 0, "kind": "start"}]
    assert (run["status"], run["reason"], run["metrics"]) == ("failed", "Because.", None)
    assert say("show", run_id)[1] == f"run {run_id}: failed - Because.\n"
    assert say("list", "runs")[1].split()[:3] == [run_id, "failed", "nabla_tau"]


def test_a_model_that_is_not_the_usual_one_is_told(say):
    store = open_store()
    for model in ("text_cnn", "minilm"):
        store.begin(resolve(Spec("go_emotions", model=model)))
    assert sorted(line.split(maxsplit=2)[2] for line in say("list", "runs")[1].splitlines()) == [
        "nabla_tau       go_emotions f=0.15  seed=0", "nabla_tau       go_emotions f=0.15  seed=0  model=minilm"]


def test_a_run_that_is_older_than_an_attack_is_shown(say):
    store = open_store()
    run_id = store.begin(resolve(Spec()))
    store.end(run_id, "finished", metrics={"mia_loss": 50.0, "original": {"mia_loss": 60.0}}, seconds=1.0, steps=1,
              samples=2)
    said = say("show", run_id)[1].splitlines()
    assert "  mia_loss             60.0 ->   50.0" in said and "  mia_entropy             - ->      -" in said


def test_a_class_is_listed_by_its_name(say):
    store = open_store()
    for spec in (Spec(dataset="cifar10", scenario="class", forget_class=5, profile="paper"), Spec(seed=2)):
        store.begin(resolve(spec))
    dog, random = say("list", "runs")[1].splitlines()
    assert dog.split()[2:] == ["nabla_tau", "cifar10", "class=dog", "seed=0", "profile=paper"]
    assert random.split()[2:] == ["nabla_tau", "digits", "f=0.15", "seed=2"]


def test_an_unknown_run(say, home):
    assert refused(say, "show", "nosuchrun") == [f"There is no run 'nosuchrun' in {home}."]


def test_recorded_runs_only_on_request(say):
    """The issue: ``list runs`` covers ``$UNLEARN_HOME`` only, recorded runs with ``--recorded``."""
    status, found, _ = say("list", "runs", "--recorded", "--json")
    assert status == 0 and isinstance(found, list) and all(run["recorded"] for run in found)
    assert say("list", "runs", "--json")[1] == []


def test_a_run_that_was_imported_and_ships_as_well_is_listed_once(say):
    from engine.runs.archive.transfer import import_runs
    from engine.runs.recorded import FOLDER

    imported = import_runs(FOLDER / "cifar10-table1.zip", open_store())["imported"]
    listed = [run["run_id"] for run in say("list", "runs", "--recorded", "--json")[1]]
    assert set(listed[:len(imported)]) == set(imported) and len(listed) == len(set(listed)) > len(imported) > 5


def test_help_is_for_people():
    done = python("-m", "engine", "run", "--help")
    assert done.returncode == 0 and "--forget-fraction F" in done.stdout and os.linesep in done.stdout


def test_a_class_says_by_itself_that_a_class_is_forgotten(tmp_path):
    from engine.cli.main import build_parser
    from engine.cli.options import who_of

    asked = build_parser().parse_args(["run", "--forget-class", "3"])
    assert who_of(asked).fields["scenario"] == "class" and who_of(asked).problems == []
    asked = build_parser().parse_args(["run", "--forget-class", "3", "--scenario", "random"])
    assert who_of(asked).fields["scenario"] == "random"


def test_last_is_the_newest_finished_run_everywhere(home, capsys):
    assert main(["show", "last"]) == 2
    assert capsys.readouterr().err.strip() == ("'last' is the newest finished run, but no run has finished yet: start "
                                               "one first.")


def test_a_run_without_a_reference_says_how_to_retrain():
    from dataclasses import replace

    from engine.cli.run import to_compare
    from engine.evaluation.measured import Metrics
    from engine.runs.records import Run
    from engine.types import Spec

    run = Run("run", "finished", Spec("digits", "ssd"), metrics=Metrics({"test_accuracy": 70.0}))
    assert to_compare(run) == ["Next, to see what a model that never saw the forget set does: python -m engine run "
                               "--dataset digits --method retrain --forget-fraction 0.15 --seed 0 --profile corrected "
                               "--train-original"]
    assert to_compare(replace(run, metrics=Metrics({"retrained": {"test_accuracy": 70.0}}))) == []
    assert to_compare(replace(run, spec=Spec("digits", "retrain"))) == []


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_console_that_lacks_our_signs(encoding, monkeypatch):
    import io

    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding, write_through=True))
    assert main(["list", "methods", "--json"]) == 0 and main(["show", "…", "--json"]) == 2
    first, second = written.getvalue().decode(encoding).splitlines()
    assert json.loads(first)[0]["title"].startswith("∇") and "'…'" in json.loads(second)["problems"][0]


def test_a_damaged_model_comes_with_what_to_try():
    from engine.evaluation.measured import Metrics
    from engine.runs.records import Run
    from engine.studies.remedy import remedy
    from engine.types import Spec

    metrics = Metrics({"test_accuracy": 38.9, "original": {"test_accuracy": 100.0}})
    run = Run("run", "finished", Spec("digits", "nabla_tau"), metrics=metrics)
    assert remedy(run) == "Next, try a smaller learning_rate or another alpha."
    assert remedy(Run("run", "finished", Spec("digits", "nabla_tau"), metrics=Metrics({"test_accuracy": 90.0}))) == ""
