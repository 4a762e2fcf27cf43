"""A small ensemble on points: its design, its files, what a kill leaves, and what is never computed twice."""

from __future__ import annotations

import json
import shutil
import signal
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helping import start_copy, wait_for

from engine.errors import BadCheckpoint, BadInput, BadSpec, NotMeasurable
from engine.evaluation.ensembles.draws import ORIGINAL, seeds_of, states_of
from engine.evaluation.ensembles.outputs import FORGET, IN, OUT
from engine.registry import get, register, table
from engine.runs.ensembles.kept import own_ensembles, part_file
from engine.runs.executors import Control
from engine.studies.ensemble import Ensemble, design
from engine.studies.ensemble_job import Ensembles
from engine.studies.ensemble_models import compute, read, split_of
from engine.studies.ensemble_request import Task, answer
from engine.studies.ensemble_store import kept_for
from engine.studies.ensemble_views import findings
from engine.studies.ensemble_work import located, missing, run_all
from tests import warm
from tests.patience import patience

SMALL = Ensemble("moons", ("finetune",), models=6, candidates="all", parameters={"finetune": {"retain_epochs": 1}})
METHODS = replace(SMALL, methods=("finetune", "ssd"))


def computed(ensemble: Ensemble, todo=None) -> tuple:
    found, kept = located(ensemble)
    todo = missing(found, kept) if todo is None else todo
    errors = [error for _, error in run_all(found, kept, todo, "local", Control()) if error]
    assert errors == []
    return found, kept


@pytest.fixture(autouse=True)
def here(monkeypatch):
    """Models are computed in this process; the killed one has workers, which come to the same."""
    monkeypatch.setattr("engine.studies.ensemble_work.workers_for", lambda todo: 0)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A results folder with the small ensemble."""
    folder = tmp_path_factory.mktemp("ensemble")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNLEARN_HOME", str(folder))
        patch.setattr("engine.studies.ensemble_work.workers_for", lambda todo: 0)
        computed(SMALL)
    return folder


@pytest.fixture
def at_home(made, home) -> Path:
    shutil.copytree(made, home, dirs_exist_ok=True)
    return home


def moons():
    return get("dataset", "moons").load(design(SMALL).base.options)


def files(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
            for path in folder.rglob("*") if path.is_file()}


def test_every_sample_is_in_every_state_once_a_block():
    block = np.stack([states_of(0, number, 200) for number in (6, 7, 8)])
    assert (np.sort(block, axis=0).T == [OUT, IN, FORGET]).all()
    assert [sorted(np.bincount(row).tolist()) for row in block] == [[66, 67, 67]] * 3
    other = np.stack([states_of(0, number, 200) for number in (9, 10, 11)])
    assert 0.2 < (block == other).mean() < 0.5, "another block is drawn by itself"


def test_a_model_is_the_same_in_any_size_and_another_for_another_seed():
    assert (states_of(0, 7, 200) == states_of(0, 7, 200)).all() and (states_of(0, 7, 200) != states_of(1, 7, 200)).any()
    seeds = [seeds_of(0, number) for number in range(64)]
    assert len({seed for one in seeds for seed in (one.training, one.retraining, one.unlearning)}) == 3 * 64
    assert len({one.data for one in seeds}) == 22  # one for a block of three


def test_a_method_gets_a_third_to_forget_and_a_third_to_keep():
    data = moons()
    found = design(SMALL, len(data.train))
    split, state = split_of(found, data, 4), states_of(0, 4, 200)
    assert (state[split.forget.numpy()] == FORGET).all() and (state[split.retain.numpy()] == IN).all()
    assert len(split.forget) + len(split.retain) == (state != OUT).sum()
    assert found.parts["finetune"].sizes.forget_fraction == 0.5 and len(split.test) + len(split.validation) == 600


@pytest.mark.long
def test_the_outputs_are_those_of_the_ordinary_way(at_home):
    """An Original by its recipe and seed on its members, and a method on a copy of it: the same numbers."""
    import torch

    from engine.evaluation.readout import read_out
    from engine.runs.method import unlearn_from
    from engine.training.loop import train
    from engine.training.networks import build_network

    found, kept = located(SMALL)
    data, seeds, state = moons(), seeds_of(0, 3), states_of(0, 3, 200)
    model = build_network(get("model", "mlp"), 2, data.inputs, seeds.training, torch.device("cpu"))
    list(train(model, data, torch.from_numpy(np.flatnonzero(state != OUT)), found.base.recipe, seeds.training))
    resolved = replace(found.parts["finetune"], spec=replace(found.parts["finetune"].spec, seed=seeds.unlearning))
    done = unlearn_from(model, data, resolved, split_of(found, data, 3))
    loss = read_out(done.model, data, data.train).loss.double().numpy()
    phi = kept.read(found.key("finetune"), [3]).phi[0]
    np.testing.assert_allclose(np.log1p(np.exp(-phi.astype(np.float64))), loss, rtol=1e-3, atol=1e-4)


def test_nothing_is_computed_twice(at_home, monkeypatch):
    before = files(at_home)
    found, kept = located(SMALL)
    assert missing(found, kept) == []
    monkeypatch.setattr("engine.studies.ensemble_models.train", None)  # no Original is trained again
    more, kept = located(METHODS)
    assert missing(more, kept) == [Task(number, ("ssd",)) for number in range(6)]
    monkeypatch.setattr("engine.studies.ensemble_work.workers_for", lambda todo: 0)
    computed(METHODS)
    after = files(at_home)
    assert {name: after[name] for name in before} == before
    assert [name for name in after if name not in before and "ssd" not in name] == []


def test_a_larger_ensemble_begins_with_the_same_models(at_home):
    found, kept = located(replace(SMALL, models=8))
    assert missing(found, kept) == [Task(number, (ORIGINAL, "retrain", "finetune")) for number in (6, 7)]


def test_another_hyperparameter_is_another_part_of_the_same_ensemble(at_home):
    found, kept = located(replace(SMALL, parameters={"finetune": {"retain_epochs": 2}}))
    assert {task.parts for task in missing(found, kept)} == {("finetune",)}


@pytest.mark.parametrize("change", [{"seed": 1}, {"options": {"label_noise": 0.0}}, {"dataset": "blobs"}])
def test_another_seed_or_other_data_is_another_ensemble(at_home, change):
    found, kept = located(replace(SMALL, **change))
    assert len(missing(found, kept)) == 6 and not kept.folder.exists()


def test_seeds_are_kept_with_the_outputs(at_home):
    from safetensors import safe_open

    found, kept = located(SMALL)
    with safe_open(kept.folder / part_file(found.key(ORIGINAL), 5), "np") as file:
        assert file.metadata()["seeds"] == (f'{{"data": {seeds_of(0, 5).data}, "training": {seeds_of(0, 5).training}, '
                                            f'"retraining": {seeds_of(0, 5).retraining}, '
                                            f'"unlearning": {seeds_of(0, 5).unlearning}}}')


def test_processes_and_this_one_come_to_the_same(at_home, tmp_path, monkeypatch):
    first, kept = located(SMALL)
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path / "other"))
    monkeypatch.setattr("engine.studies.ensemble_work.workers_for", lambda todo: 0)
    found, other = computed(SMALL, [Task(0, (ORIGINAL, "retrain", "finetune"))])
    assert other.folder != kept.folder and other.folder.name == kept.folder.name
    for part in (ORIGINAL, "retrain", "finetune"):
        for one, again in zip(vars(kept.read(first.key(part), [0])).values(),
                              vars(other.read(found.key(part), [0])).values(), strict=True):
            np.testing.assert_array_equal(one, again)


def test_a_method_that_fails_is_counted_and_not_left_out(at_home):
    def unlearn(task, parameters):
        from engine.errors import Diverged

        raise Diverged("The loss became nan at step 3.")
        yield

    before = dict(table("method"))
    try:
        register(replace(get("method", "finetune"), name="broken", title="Broken", unlearn=unlearn))
        data = moons()
        found = design(replace(SMALL, methods=("broken",)), len(data.train))
        outputs, _ = compute(found, data, 0, ["broken"])
        assert outputs["broken"].about == {"failed": "The loss became nan at step 3."}
        kept = kept_for(found, data.content)
        from safetensors.torch import save

        kept.write({part_file(found.key("broken"), number): save(dict(outputs["broken"]), outputs["broken"].about)
                    for number in range(6)})
        seen = findings(kept, found)
        assert seen.failed == {"broken": "broken failed on 6 of 6 models: The loss became nan at step 3."}
        assert [row.name for row in seen.rows] == [ORIGINAL, "retrain"]
    finally:
        table("method").clear()
        table("method").update(before)


def test_a_constant_model_is_refused(at_home):
    found, kept = located(SMALL)
    from safetensors.torch import save
    from torch import ones

    constant = save({"phi": ones(200), "correct": ones(200) > 0, "test_accuracy": ones(1)})
    kept.write({part_file(found.key("finetune"), number): constant for number in range(6)})
    assert findings(kept, found).failed["finetune"].startswith("Model 0 says the same of all 200 samples: it is dam")


def test_a_model_that_gives_every_sample_the_same_logits_is_refused_when_it_is_read():
    """Its phi is not constant: it has a value a class."""
    import torch
    from torch import nn

    from engine.training.networks import build_network

    data = moons()
    model = build_network(get("model", "mlp"), 2, data.inputs, 0, torch.device("cpu"))
    split = split_of(design(SMALL, len(data.train)), data, 0)
    assert len(read(model, data, split)["phi"]) == 200
    nn.init.zeros_([layer for layer in model.modules() if isinstance(layer, nn.Linear)][-1].weight)
    with pytest.raises(NotMeasurable, match="The model says the same of all 200 samples: it is damaged"):
        read(model, data, split)


def test_too_few_models_are_a_sentence(at_home):
    found, kept = located(SMALL)
    for number in range(3, 6):
        (kept.folder / part_file(found.key("retrain"), number)).unlink()
    with pytest.raises(NotMeasurable, match=r"^3 of at least 6 models are there: compute more of the ensemble\.$"):
        findings(kept, found)


def test_a_damaged_file_is_named(at_home):
    found, kept = located(SMALL)
    (kept.folder / part_file(found.key("finetune"), 2)).write_bytes(b"broken")
    with pytest.raises(BadCheckpoint, match=r"00002\.safetensors in .* cannot be read .* Delete it"):
        findings(kept, found)


@pytest.mark.parametrize("change, said", [
    ({"models": 5}, "models is 5, but must be from 6 to 10,000"),
    ({"methods": ("nabla",)}, "No method named 'nabla'. Did you mean 'nabla_tau'?"),
    ({"dataset": "digit"}, "No dataset named 'digit'"),
    ({"seed": -1}, "seed is -1"),
    ({"parameters": {"finetune": {"retain_epoch": 3}}}, "retain_epoch"),
])
def test_a_bad_ensemble_is_a_sentence(change, said):
    with pytest.raises(BadSpec) as raised:
        design(replace(SMALL, **change))
    assert said in str(raised.value)


def test_own_ensembles_are_listed(at_home):
    (one,) = own_ensembles()
    assert (one.about["dataset"], one.about["samples"]) == ("moons", 200)
    assert {about["method"] for about in one.parts().values()} == {"original", "retrain", "finetune"}


KILLED = """
from engine.runs.executors import Control
from engine.studies.ensemble import Ensemble
from engine.studies.ensemble_work import located, missing, run_all
found, kept = located(Ensemble("moons", ("finetune",), models=6, candidates="all",
                               parameters={"finetune": {"retain_epochs": 1}}))
for task, error in run_all(found, kept, missing(found, kept), "local", Control()):
    print(task.number, error, flush=True)
"""


@pytest.mark.long
def test_a_kill_loses_only_the_models_in_progress(home, made, monkeypatch):
    monkeypatch.setenv(warm.WORKERS, "1")
    process = start_copy("-c", KILLED)
    said = process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert said.split()[1] == "None"
    found, kept = located(SMALL)
    left = missing(found, kept)
    assert 1 <= len(left) < 6 and {task.parts for task in left} == {(ORIGINAL, "retrain", "finetune")}
    done = sorted(set(range(6)) - {task.number for task in left})
    whole = kept_for(found, kept.about["data"], made)
    np.testing.assert_array_equal(kept.read(found.key("finetune"), done).phi,
                                  whole.read(found.key("finetune"), done).phi)


@pytest.mark.long
def test_a_job_is_paused_stopped_and_launched_again(home, ready_workers):
    mine = Ensembles()
    job = mine.launch(SMALL)
    with pytest.raises(BadInput, match="Another ensemble is being computed"):
        mine.launch(SMALL)
    job.pause()
    assert job.view().state == "paused"
    job.go_on()
    wait_for(lambda: job.view().ended >= 1, "one model")
    job.cancel()
    assert job.wait(patience()) and job.view().state == "stopped" and mine.active is None
    ended = job.view().ended
    again = mine.launch(SMALL)
    assert again.view().todo == 6 - ended
    assert again.wait(patience()) and (again.view().state, again.view().failed) == ("finished", 0)
    with pytest.raises(BadInput, match="All 6 models of this ensemble are already computed"):
        mine.launch(SMALL)


def test_a_stop_is_heard_in_the_middle_of_a_training():
    from engine.errors import Cancelled

    class Later(threading.Event):
        looks = 0

        def is_set(self) -> bool:
            self.looks += 1
            return self.looks > 3

    data, cancel = moons(), Later()
    with pytest.raises(Cancelled):
        compute(design(SMALL, len(data.train)), data, 0, [ORIGINAL], None, cancel)
    assert cancel.looks == 4, "at the first look after it was set, with most of the training ahead"


def test_what_is_no_mistake_of_the_asker_is_logged_with_its_traceback(caplog, monkeypatch):
    def broken(*asked):
        raise RuntimeError("no such kernel")

    monkeypatch.setattr("engine.studies.ensemble_request.files_of", broken)
    said = json.loads(answer({"number": 4, "model": 7}))
    assert (said["number"], said["files"]) == (4, {}) and "no such kernel" in said["error"]
    assert "model 7 of an ensemble failed" in caplog.text and "Traceback" in caplog.text
