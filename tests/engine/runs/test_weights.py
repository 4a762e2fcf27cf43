"""The weights that a run keeps: their size and precision, damage, computing again, archives, deleting."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import threading

import pytest
import torch
from archiving import members, put_together, state
from helping import ROOT, home_at
from safetensors.torch import load, save
from torch import nn

import engine
from engine.cli.main import main
from engine.errors import BadArchive, BadCheckpoint, BadInput, Cancelled
from engine.originals.checkpoints import open_checkpoints
from engine.runs import packing
from engine.runs.archive.transfer import export_runs, import_runs, read_archive
from engine.runs.executors.worker import _answer, read_line
from engine.runs.here import run_here
from engine.runs.packing import packed, unpacked
from engine.runs.readings import read_sets
from engine.runs.recording import record
from engine.runs.store import Store, open_store
from engine.runs.weights import weights_of
from engine.spec import resolve
from engine.types import Spec

QUICK = Spec(method="finetune", forget_fraction=0.15, parameters={"max_forget_epochs": 1})


def carried_out(store, keep_weights=None, **changes):
    asked = resolve(dataclasses.replace(QUICK, **changes))
    return run_here(asked, store, False, threading.Event(), lambda progress: None, keep_weights=keep_weights)


@pytest.fixture(scope="module")
def there(original_folder, tmp_path_factory):
    """A results folder with a run of each wish, from which every test begins; and the runs."""
    folder = tmp_path_factory.mktemp("finished")
    with home_at(folder, original_folder):
        return folder, {wish: carried_out(Store(folder), wish) for wish in (None, True, False)}


@pytest.fixture
def finished(there, home):
    """A finished run of a few steps; what it keeps is asked for. Name it before the store.

    The usual one of each wish is there already; another, or one under another limit, is carried out.
    """
    folder, runs = there
    shutil.copytree(folder, home, dirs_exist_ok=True)
    limit = packing.SMALL

    def make(keep_weights=None, **changes):
        if changes or limit != packing.SMALL:
            return carried_out(open_store(), keep_weights, **changes)
        return runs[keep_weights]

    return make


def of(run, store):
    return weights_of(run, store, open_checkpoints())


# --- the file -------------------------------------------------------------------------------


def test_small_nets_are_kept_exactly():
    net = nn.Linear(30, 20)
    content = packed(net, "i" * 32)
    assert content is not None
    assert all(torch.equal(value, net.state_dict()[name]) for name, value in load(content).items())


def test_large_nets_are_halved_and_beyond_the_limit_kept_on_demand_only(tmp_path):
    """1,500 x 1,000 weights are 6 MB, and 3 MB in half precision; 3,000 x 1,000 are 6 MB then."""
    middle, large = nn.Linear(1_000, 1_500), nn.Linear(1_000, 3_000)
    content = packed(middle, "i" * 32)
    assert content is not None and 3_000_000 < len(content) < 3_010_000
    assert packed(large, "i" * 32) is None
    path = tmp_path / "w.safetensors"
    path.write_bytes(packed(large, "i" * 32, always=True))
    tensors, precision = unpacked(path, "i" * 32)
    assert precision == "half" and 6_000_000 < path.stat().st_size < 6_020_000
    assert torch.equal(tensors["weight"], large.weight.detach().half().float())
    assert torch.equal(tensors["bias"], large.bias), "vectors stay as they are"


def test_a_weight_beyond_half_precision_stays_finite(tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "SMALL", 100)
    net = nn.Linear(10, 10)
    net.weight.data[0, 0] = 1e6
    path = tmp_path / "w.safetensors"
    path.write_bytes(packed(net, "i" * 32, always=True))
    tensors, precision = unpacked(path, "i" * 32)
    assert precision == "float32" and torch.equal(tensors["weight"], net.weight)


@pytest.mark.parametrize("spoil, why", [
    (lambda content: content[:200], "(header|Header|buffer|truncated)"),
    (lambda content: b"", "."),
    (lambda content: content[:-1] + bytes([content[-1] ^ 1]), "their sha256 is not the one in the file"),
    (lambda content: save(load(content)), "their sha256 is not the one in the file"),
], ids=["cut off", "empty", "changed", "no digest"])
def test_a_damaged_file_is_named(tmp_path, spoil, why):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(spoil(packed(nn.Linear(30, 20), "i" * 32)))
    with pytest.raises(BadCheckpoint, match=rf"The weights in {path} cannot be used \(.*{why}.*\): delete this file"):
        unpacked(path, "i" * 32)


def test_another_runs_file_is_named(tmp_path):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(packed(nn.Linear(3, 2), "a" * 32))
    with pytest.raises(BadCheckpoint, match="they are those of another run"):
        unpacked(path, "b" * 32)


# --- a run keeps them -----------------------------------------------------------------------


@pytest.mark.parametrize("wish, kept", [(None, True), (True, True), (False, False)])
def test_a_small_run_keeps_its_weights_unless_told_otherwise(finished, store, wish, kept):
    run = finished(wish)
    assert run.finished and run.keep_weights is wish
    assert (store.weights_bytes(run.id) is not None) == kept
    if kept:
        assert 115_000 < store.weights_bytes(run.id) < 130_000
    store.delete(run.id)
    assert store.weights_bytes(run.id) is None and not store.folder(run.id).exists(), "deleted with the run"


def test_beyond_the_limit_only_a_wish_keeps_them(finished, store, monkeypatch):
    monkeypatch.setattr(packing, "SMALL", 10_000)
    assert store.weights_bytes(finished(None).id) is None
    assert 50_000 < store.weights_bytes(finished(True, seed=1).id) < 70_000, "in half precision"


def test_the_wish_is_no_part_of_the_runs_identity(finished):
    assert finished(True).identity == finished(False).identity


def test_the_kept_model_is_the_one_that_was_measured(finished, store):
    run = finished()
    found = of(run, store)
    readings, _ = read_sets(found.network, found.bench, found.parts, found.resolved)
    assert readings.forget.accuracy == run.metrics["forget_accuracy"]
    rows = store.load_samples(run.id)
    assert torch.equal(readings.test.phi, torch.from_numpy(rows.loc[rows["set"] == "test", "phi"].to_numpy().copy()))
    assert found.notice is None and not found.computed_again and not found.network.training


@pytest.mark.parametrize("method", ["finetune", "retrain"])
def test_what_was_not_kept_is_computed_again_and_says_so(finished, store, method):
    changes = {"method": method, "parameters": {"epochs": 1}} if method == "retrain" else {}
    kept, without = finished(True, **changes), finished(False, **changes)
    again = of(without, store)
    assert again.computed_again
    title = {"finetune": "Fine-tuning", "retrain": "Retraining"}[method]
    assert again.notice == (
        f"Run {without.id} ({title}) kept no weights: its model was computed again from its settings.")
    assert again.sha256 == of(kept, store).sha256


def test_a_model_that_comes_out_otherwise_says_so(finished, store):
    run = finished(False)
    run = dataclasses.replace(run, metrics=type(run.metrics)(dict(run.metrics) | {"forget_accuracy": 1.0}))
    assert "It is not quite the same (Forget accuracy " in of(run, store).notice
    assert ", not 1.00)" in of(run, store).notice


def test_half_precision_says_so(finished, store, monkeypatch):
    monkeypatch.setattr(packing, "SMALL", 10_000)
    assert "kept in half precision" in of(finished(True), store).notice


def test_damaged_weights_of_a_run_are_named(finished, store):
    run = finished()
    path = store.weights_path(run.id)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(BadCheckpoint, match=str(path)):
        of(run, store)
    path.unlink()
    assert of(run, store).computed_again, "the mend that the sentence names"


def test_another_networks_weights_are_named(finished, store):
    run = finished()
    store.save_weights(run.id, packed(nn.Linear(3, 2), run.identity))
    with pytest.raises(BadCheckpoint, match="they are not those of a small_cnn"):
        of(run, store)


def test_a_run_that_has_not_finished_has_no_model(store, with_original):
    run_id = store.begin(resolve(QUICK))
    with pytest.raises(BadInput, match=f"Run {run_id} is running: only a finished run has a model."):
        of(store.get(run_id), store)


def test_code_that_has_changed_since_makes_another_model(finished, store):
    run = dataclasses.replace(finished(False), code={"method": "0" * 12})
    with pytest.raises(BadInput, match="kept no weights, and the code of its method has changed since"):
        of(run, store)


def test_computing_again_can_be_stopped(finished, store):
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        weights_of(finished(False), store, open_checkpoints(), cancel=cancel)


def test_the_public_way(finished, store, tmp_path):
    run = finished()
    found = engine.weights_of(run.id)
    saved = load(found.save(tmp_path / "unlearned.safetensors").read_bytes())
    assert all(torch.equal(value, found.network.state_dict()[name]) for name, value in saved.items())


# --- the command line, sweeps, a kill -------------------------------------------------------


@pytest.mark.parametrize("flag, kept", [("--keep-weights", True), ("--no-keep-weights", False)])
def test_the_command_asks_for_it(with_original, store, capsys, flag, kept):
    assert main(["run", "--method", "finetune", "--set", "max_forget_epochs=1", flag, "--json"]) == 0
    run_id = json.loads(capsys.readouterr().out)["run_id"]
    assert (store.weights_bytes(run_id) is not None) == kept


@pytest.mark.parametrize("flags, kept", [([], 0), (["--keep-weights"], 1)])
def test_a_sweep_keeps_none_unless_asked(with_original, store, capsys, flags, kept):
    words = ["sweep", "--alphas", "0.25", "--forget-fractions", "0.15", "--seeds", "0", "--set",
             "max_forget_epochs=1", "--json", *flags]
    assert main(words) == 0
    capsys.readouterr()
    (run,) = store.list(status=("finished",))
    assert (store.weights_bytes(run.id) is not None) == bool(kept)


@pytest.mark.parametrize("keep", [True, False])
def test_a_sweeps_process_hands_them_over(with_original, store, keep):
    """What a worker prints, and what the process that drives it writes down."""
    resolved = resolve(QUICK)
    asked = json.dumps({"number": 7, "spec": dataclasses.asdict(resolved.spec), "keep_weights": keep})
    number, outcome = read_line(_answer(asked))
    run_id, = store.begin_all([resolved], keep)
    (run,) = record(store, [(resolved, run_id, outcome)])
    assert number == 7 and run.finished and run.keep_weights is keep
    assert (store.weights_bytes(run_id) is not None) == keep
    assert not keep or not of(run, store).computed_again


def test_a_kill_while_they_are_written_leaves_nothing_half(home):
    """The process is killed after half of the bytes: there is no file under the name, and deleting takes the rest."""
    script = ("import os, signal, sys\n"
              "from pathlib import Path\n"
              "from engine.runs.store import open_store\n"
              "def half(self, content):\n"
              "    with open(self, 'wb') as file:\n"
              "        file.write(content[:len(content) // 2])\n"
              "    os.kill(os.getpid(), signal.SIGKILL)\n"
              "Path.write_bytes = half\n"
              "open_store().save_weights('cafe', b'x' * 1000)\n")
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=os.environ | {"UNLEARN_HOME": str(home)})
    assert done.returncode == -signal.SIGKILL
    store = Store(home)
    assert store.weights_bytes("cafe") is None and list(store.folder("cafe").iterdir())


# --- archives -------------------------------------------------------------------------------


def test_archives_take_them_along_on_request(finished, store, tmp_path):
    run, without, other = finished(), finished(False, seed=1), Store(tmp_path / "elsewhere")
    plain = export_runs(tmp_path / "plain.zip", [run.id], store)
    assert "with_weights" not in plain and not any("weights" in name for name in members(tmp_path / "plain.zip"))
    done = export_runs(tmp_path / "all.zip", [run.id, without.id], store, weights=True)
    assert done["with_weights"] == 1 and read_archive(tmp_path / "all.zip").manifest["version"] == 2
    import_runs(tmp_path / "all.zip", other)
    assert other.weights_path(run.id).read_bytes() == store.weights_path(run.id).read_bytes()
    assert other.weights_bytes(without.id) is None
    assert of(other.get(run.id), other).sha256 == of(run, store).sha256


def test_the_command_exports_them(finished, store, tmp_path, capsys):
    run = finished()
    assert main(["archive", "export", str(tmp_path / "a.zip"), "--runs", run.id, "--with-weights"]) == 0
    assert capsys.readouterr().out.endswith("1 with per-sample losses, 1 with weights.\n")


def test_an_archive_whose_weights_are_none_changes_nothing(finished, store, tmp_path):
    run, other = finished(), Store(tmp_path / "elsewhere")
    export_runs(tmp_path / "good.zip", [run.id], store, weights=True)
    name, content = f"weights/{run.id}.safetensors", members(tmp_path / "good.zip")
    bad = put_together(tmp_path / "bad.zip", content | {name: b"\x80\x04 a pickle"})
    with pytest.raises(BadArchive, match=f"its member {name} is no safetensors file"):
        import_runs(bad, other)
    assert state(other) == ([], {})
