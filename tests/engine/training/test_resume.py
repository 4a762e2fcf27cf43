"""A training that was killed goes on after its last whole epoch and ends with the weights of one that was not."""

from __future__ import annotations

import dataclasses
import json
import shutil
import signal

import pytest
import torch
from helping import small_split, start_copy, weights_hash

from engine.data.images import Data
from engine.errors import Cancelled
from engine.originals.checkpoints import Checkpoints, OriginalKey
from engine.originals.pretrain import train_original
from engine.originals.workbench import Bench
from engine.registry import get
from engine.runs.method import unlearn
from engine.spec import resolve
from engine.system.device import prepare
from engine.training.networks import build_network
from engine.training.partial import Partial
from engine.types import Progress, Recipe, Spec, TrainingState

CPU = torch.device("cpu")
RECIPE = Recipe(optimiser="sgd", learning_rate=0.05, momentum=0.9, weight_decay=5e-4, batch_size=100, epochs=6,
                final_lr_fraction=0.001, augment=True)
KEY = OriginalKey("digits", "small_cnn", RECIPE, 0, {"label_noise": 0.2})
TOTAL = 60  # 10 steps an epoch
RETRAIN = Spec(method="retrain", parameters={"epochs": 6, "batch_size": 40})
SPLIT = small_split(forget=40, retain=400)


class Killed(Exception):
    """Stands for the end of a process."""


def stop_at(step):
    def on_step(*arguments):
        if next(a.step for a in arguments if hasattr(a, "step")) == step:
            raise Killed

    return on_step


def make_bench(data: Data) -> Bench:
    net = build_network(get("model", "small_cnn"), 10, 1, 99, CPU).eval()
    return Bench(data, None, net, {}, CPU, prepare(CPU, 1), None)


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(tmp_path / "checkpoints", shipped=None)


@pytest.fixture(scope="module")
def whole(digits, tmp_path_factory):
    """The uninterrupted training."""
    return train_original(KEY, digits, Checkpoints(tmp_path_factory.mktemp("whole"), shipped=None), prepare(CPU, 1))


@pytest.fixture(scope="module")
def stopped(digits, tmp_path_factory):
    """What a training that was stopped at step 25 leaves; begin from a copy."""
    left = Checkpoints(tmp_path_factory.mktemp("stopped"), shipped=None)
    with pytest.raises(Killed):
        train_original(KEY, digits, left, 1, stop_at(25))
    return left.root


@pytest.fixture
def halfway(stopped, checkpoints):
    """The checkpoints with that half-finished training in them."""
    shutil.copytree(stopped, checkpoints.root, dirs_exist_ok=True)
    return checkpoints


@pytest.fixture(scope="module")
def whole_retraining(digits):
    return unlearn(make_bench(digits), resolve(RETRAIN, SPLIT.sizes), SPLIT)


# --- the real thing: SIGKILL ----------------------------------------------------------------

SCRIPT = """
import sys, time
sys.path[:0] = ["tests/engine", "tests/engine/training"]
import test_resume as t
data = t.get("dataset", "digits").load({"label_noise": 0.2})
checkpoints = t.Checkpoints(t.json.loads(sys.argv[2]), shipped=None)
def on_step(*arguments):
    if next(a.step for a in arguments if hasattr(a, "step")) == int(sys.argv[3]):
        print("there", flush=True)
        time.sleep(600)
if sys.argv[1] == "original":
    t.train_original(t.KEY, data, checkpoints, t.prepare(t.CPU, 1), on_step)
else:
    t.unlearn(t.make_bench(data), t.resolve(t.RETRAIN, t.SPLIT.sizes), t.SPLIT, on_step, checkpoints.partial("run-x"))
"""


MIDDLE, LATE = 35, TOTAL - 5  # steps to be killed at: in the fourth epoch, and in the last one
AT = pytest.mark.parametrize("step", [MIDDLE, LATE])


def kill_at(step, what, checkpoints):
    process = start_copy("-c", SCRIPT, what, json.dumps(str(checkpoints.root)), str(step))
    line = process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    _, errors = process.communicate()
    assert line == "there\n", errors


@pytest.mark.long
@AT
def test_a_killed_training_of_an_original_goes_on(digits, checkpoints, whole, step):
    kill_at(step, "original", checkpoints)
    assert checkpoints.find(KEY) is None, "half an Original is none"
    seen = []
    resumed = train_original(KEY, digits, checkpoints, 1, lambda progress, seconds: seen.append(progress.step))
    assert seen == list(range(step // 10 * 10 + 1, TOTAL + 1)), "after its last whole epoch"
    assert resumed.sha256 == whole.sha256
    assert resumed.sidecar["metrics"] == whole.sidecar["metrics"]
    assert (resumed.sidecar["steps"], resumed.sidecar["samples"]) == (TOTAL, 6_000)
    assert list((checkpoints.root / "partial").iterdir()) == []


@pytest.mark.long
@AT
def test_a_killed_retraining_goes_on(digits, checkpoints, whole_retraining, step):
    kill_at(step, "retrain", checkpoints)
    seen = []
    resumed = unlearn(make_bench(digits), resolve(RETRAIN, SPLIT.sizes), SPLIT,
                      lambda model, progress, seconds: seen.append(progress.step), checkpoints.partial("run-x"))
    assert seen == list(range(step // 10 * 10 + 1, TOTAL + 1))
    assert weights_hash(resumed.model) == weights_hash(whole_retraining.model)
    assert (resumed.steps, resumed.samples) == (whole_retraining.steps, whole_retraining.samples) == (TOTAL, 2_400)


# --- in one process -------------------------------------------------------------------------


def test_adamw_resumes_bit_for_bit_too(digits, checkpoints):
    resolved = resolve(dataclasses.replace(RETRAIN, parameters={
        "epochs": 4, "batch_size": 40, "optimiser": "adamw", "learning_rate": 2e-3}), SPLIT.sizes)
    expected = unlearn(make_bench(digits), resolved, SPLIT)
    with pytest.raises(Killed):
        unlearn(make_bench(digits), resolved, SPLIT, stop_at(25), checkpoints.partial("run-x"))
    resumed = unlearn(make_bench(digits), resolved, SPLIT, partial=checkpoints.partial("run-x"))
    assert weights_hash(resumed.model) == weights_hash(expected.model) and resumed.steps == 40


def test_the_seconds_before_the_kill_are_counted(digits, halfway):
    partial = halfway.partial(f"{KEY.name}-{digits.fingerprint[:8]}")
    from safetensors import safe_open

    with safe_open(partial.path, framework="pt") as file:
        about = file.metadata()
    assert (about["epoch"], about["step"], about["samples"]) == ("2", "20", "2000")
    seen = []
    train_original(KEY, digits, halfway, 1, lambda progress, seconds: seen.append(seconds))
    assert seen[0] > float(about["seconds"]) > 0 and seen == sorted(seen)


def test_a_cancelled_training_keeps_its_last_whole_epoch(digits, checkpoints, whole):
    import threading

    cancel = threading.Event()
    with pytest.raises(Cancelled, match=r"^The training was stopped; it resumes after its last complete epoch\.$"):
        train_original(KEY, digits, checkpoints, 1, lambda p, s: cancel.set() if p.step == 45 else None, cancel)
    seen = []
    resumed = train_original(KEY, digits, checkpoints, 1, lambda progress, seconds: seen.append(progress.step))
    assert seen[0] == 41 and resumed.sha256 == whole.sha256


def test_killed_after_the_last_epoch_only_the_result_is_missing(digits, checkpoints, whole):
    """The evaluation of 50,000 images takes long enough to be killed in; the cost is still the whole training's."""
    with pytest.raises(Killed):
        train_original(KEY, digits, checkpoints, 1, stop_at(TOTAL))
    resumed = train_original(KEY, digits, checkpoints, 1)
    assert resumed.sha256 == whole.sha256
    assert (resumed.sidecar["steps"], resumed.sidecar["samples"]) == (TOTAL, 6_000)


def test_a_retraining_killed_after_its_last_epoch_reports_its_whole_cost(digits, checkpoints, whole_retraining):
    with pytest.raises(Killed):
        unlearn(make_bench(digits), resolve(RETRAIN, SPLIT.sizes), SPLIT, stop_at(TOTAL), checkpoints.partial("run-x"))
    resumed = unlearn(make_bench(digits), resolve(RETRAIN, SPLIT.sizes), SPLIT, partial=checkpoints.partial("run-x"))
    assert weights_hash(resumed.model) == weights_hash(whole_retraining.model)
    assert (resumed.steps, resumed.samples) == (TOTAL, 2_400)


# --- a half-finished training that is no use ------------------------------------------------


def truncate(path):
    path.write_bytes(path.read_bytes()[:-1_000])


def garble(path):
    path.write_bytes(b"\x00" * 50)


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[-5_000] ^= 0x40
    path.write_bytes(content)


def of_another_network(path):
    from safetensors.torch import save_file

    save_file({"model.other": torch.zeros(3)}, path, {"epoch": "2", "step": "20", "samples": "2000", "seconds": "1"})


def without_counters(path):
    from safetensors.torch import load_file, save_file

    save_file(load_file(path), path)


@pytest.mark.parametrize("damage", [truncate, garble, flip_a_byte, of_another_network, without_counters])
def test_a_damaged_half_finished_training_begins_anew(digits, halfway, whole, damage):
    damage(halfway.partial(f"{KEY.name}-{digits.fingerprint[:8]}").path)
    seen = []
    again = train_original(KEY, digits, halfway, 1, lambda progress, seconds: seen.append(progress.step))
    assert seen[0] == 1 and again.sha256 == whole.sha256


def test_trainings_on_other_data_do_not_resume_one_another(digits, halfway):
    other = dataclasses.replace(digits, train=dataclasses.replace(digits.heldout))

    def first_step(progress, seconds):
        seen.append(progress.step)
        raise Killed

    seen = []
    with pytest.raises(Killed):
        train_original(KEY, other, halfway, 1, first_step)
    assert seen[0] == 1


def test_on_a_card_a_state_is_written_every_ten_seconds_and_at_the_end(tmp_path, monkeypatch):
    """There an epoch can take less than writing its state."""
    net = torch.nn.Linear(2, 2)
    state = TrainingState(1, 3, 30, net, torch.optim.SGD(net.parameters(), lr=0.1))
    steps = [Progress(3, 9, 30, {}, 0, None), Progress(3, 9, 30, {}, 0, state), Progress(9, 9, 90, {}, 2, state)]
    partial, now = Partial(tmp_path / "state.safetensors"), [100.0]
    monkeypatch.setattr("engine.training.partial.time.monotonic", lambda: now[0])
    assert [partial.wants(step) for step in steps] == [False, True, True]
    monkeypatch.setattr("engine.system.device.on_card", lambda device: True)
    assert [partial.wants(step) for step in steps] == [False, True, True]
    partial.save(state, 1.0)
    now[0] = 109.9
    assert [partial.wants(step) for step in steps] == [False, False, True]
    now[0] = 110.0
    assert [partial.wants(step) for step in steps] == [False, True, True]
