"""Originals on disk: what is stored, what is refused by name, and what happens on other data than the Original's."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest
import torch
from helping import weights_hash

from engine.data.images import Pool
from engine.errors import BadCheckpoint, OriginalMissing
from engine.originals.checkpoints import Checkpoints, OriginalKey, original_key
from engine.originals.pretrain import load_original, train_original
from engine.originals.workbench import prepare_bench
from engine.registry import get
from engine.runs.estimates import missing_original
from engine.spec import resolve
from engine.system.files import sha256_of
from engine.training.networks import build_network
from engine.types import Recipe, Spec

CPU = torch.device("cpu")
QUICK = Recipe(optimiser="sgd", learning_rate=0.05, momentum=0.9, weight_decay=5e-4, batch_size=250, epochs=2,
               final_lr_fraction=0.001)
KEY = OriginalKey("digits", "small_cnn", QUICK, 0, {"label_noise": 0.2})


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(tmp_path / "checkpoints", shipped=None)


@pytest.fixture(scope="module")
def trained(digits, tmp_path_factory):
    """A quickly trained Original in a folder of its own; copy it before damaging it."""
    return train_original(KEY, digits, Checkpoints(tmp_path_factory.mktemp("trained"), shipped=None), threads=1)


@pytest.fixture
def original(trained, checkpoints):
    checkpoints.root.mkdir()
    for path in (trained.path, trained.path.with_suffix(".json")):
        (checkpoints.root / path.name).write_bytes(path.read_bytes())
    return checkpoints.find(KEY)


def test_nothing_is_found_in_an_empty_or_absent_folder(checkpoints):
    assert checkpoints.find(KEY) is None
    checkpoints.root.mkdir()
    assert checkpoints.find(KEY) is None


def test_kernels_in_half_precision_and_vectors_in_full(original, checkpoints):
    from safetensors.torch import load_file

    stored = load_file(original.path)
    kinds = {(value.dim() > 1, value.dtype) for value in stored.values() if value.is_floating_point()}
    assert kinds == {(True, torch.float16), (False, torch.float32)}
    assert stored["1.num_batches_tracked"].dtype == torch.int64
    loaded = checkpoints.load(original)
    assert {value.dtype for value in loaded.values()} == {torch.float32, torch.int64}
    assert torch.equal(loaded["0.weight"], stored["0.weight"].float())


def test_saving_and_loading_gives_the_rounded_weights_back(checkpoints, digits):
    net = build_network(get("model", "small_cnn"), 10, 1, 3, CPU)
    measured = {"train_accuracy": 50.0, "heldout_accuracy": 40.0}
    saved = checkpoints.save(KEY, digits.fingerprint, net, {"metrics": measured})
    back = load_original(checkpoints.find(KEY), checkpoints, digits)
    for name, value in net.state_dict().items():
        expected = value.half().float() if value.is_floating_point() and value.dim() > 1 else value
        assert torch.equal(back.state_dict()[name], expected), name
    assert not back.training and saved == checkpoints.find(KEY)
    assert [path.name for path in sorted(checkpoints.root.iterdir())] == [saved.path.stem + ".json", saved.path.name]


def test_the_sidecar_says_what_made_it(original, digits):
    sidecar = original.sidecar
    assert {name: sidecar[name] for name in ("format", "dataset", "options", "model", "seed", "recipe")} == {
        "format": 1, "dataset": "digits", "options": {"label_noise": 0.2}, "model": "small_cnn", "seed": 0,
        "recipe": dataclasses.asdict(QUICK)}
    assert sidecar["sha256"] == sha256_of(original.path) == original.sha256
    assert sidecar["fingerprint"] == digits.fingerprint == original.fingerprint
    assert (sidecar["steps"], sidecar["samples"], sidecar["data"]) == (8, 2_000, "scikit-learn")
    assert set(sidecar["metrics"]) == {"train_accuracy", "heldout_accuracy", "train_loss", "heldout_loss"}
    assert re.fullmatch(r"0\.\d+\.\d+(\+g[0-9a-f]{7}(\.changed)?)?", sidecar["code_version"])
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", sidecar["created"])
    assert sidecar["device"] == "cpu, 1 thread" and sidecar["torch"] == torch.__version__ and sidecar["seconds"] > 0


def test_the_sidecars_accuracies_are_those_of_the_stored_weights(original, checkpoints, digits):
    from engine.evaluation.readout import read_out

    net = load_original(original, checkpoints, digits)
    train, heldout = read_out(net, digits, digits.train), read_out(net, digits, digits.heldout)
    assert original.sidecar["metrics"] == {
        "train_accuracy": train.accuracy, "heldout_accuracy": heldout.accuracy,
        "train_loss": float(train.loss.mean()), "heldout_loss": float(heldout.loss.mean())}


def test_names_differ_by_recipe_options_and_seed():
    others = [KEY, dataclasses.replace(KEY, seed=1), dataclasses.replace(KEY, options={"label_noise": 0.0}),
              dataclasses.replace(KEY, recipe=dataclasses.replace(QUICK, epochs=3)),
              dataclasses.replace(KEY, model="resnet18"), dataclasses.replace(KEY, dataset="cifar10")]
    assert len({key.name for key in others}) == 6
    assert re.fullmatch(r"digits-small_cnn-seed0-[0-9a-f]{8}", KEY.name)


def test_zero_noise_is_one_option_however_it_is_written():
    """``--option label_noise=0`` (the help's example) and 0.0 mean one Original."""
    keys = [original_key(resolve(Spec(options={"label_noise": value}))).name for value in (0, 0.0)]
    assert keys[0] == keys[1]


# --- refused by name ------------------------------------------------------------------------


def refusal(call, *arguments):
    with pytest.raises(BadCheckpoint) as caught:
        call(*arguments)
    return str(caught.value)


def test_a_flipped_byte(original, checkpoints):
    content = bytearray(original.path.read_bytes())
    content[-100] ^= 1
    original.path.write_bytes(content)
    name, folder = original.path.name, original.path.parent
    assert refusal(checkpoints.load, original) == (
        f"{name} is damaged: its sha256 is not the one in its sidecar. Delete it and its .json in {folder}; then "
        "train it again.")


def test_a_truncated_file(original, checkpoints):
    original.path.write_bytes(original.path.read_bytes()[:1_000])
    assert refusal(checkpoints.load, original).startswith(f"{original.path.name} is damaged: its sha256")


def test_missing_weights(original, checkpoints):
    original.path.unlink()
    assert refusal(checkpoints.load, original) == (
        f"{original.path.name} is missing beside its sidecar in {original.path.parent}.")


@pytest.mark.parametrize("field, value, text", [
    ("seed", 7, "seed 7, not 0"), ("model", "resnet18", "model 'resnet18', not 'small_cnn'"),
    ("dataset", "cifar10", "dataset 'cifar10', not 'digits'"),
    ("options", {"label_noise": 0.0}, "options {'label_noise': 0.0}, not {'label_noise': 0.2}")])
def test_a_sidecar_that_belongs_to_something_else(original, checkpoints, field, value, text):
    path = original.path.with_suffix(".json")
    path.write_text(json.dumps(original.sidecar | {field: value}))
    assert refusal(checkpoints.find, KEY) == (
        f"{path.name} was made with {text} as its name says. Delete it and its .safetensors in {path.parent}.")


@pytest.mark.parametrize("content, reason", [
    ("{", "JSONDecodeError: "), ("[]", "it is [], but must be an object with dataset, "),
    ("{}", "it is {}, but must be an object with dataset, "), ("\xff", "UnicodeDecodeError: ")])
def test_a_sidecar_that_cannot_be_read(original, checkpoints, content, reason):
    path = original.path.with_suffix(".json")
    path.write_bytes(content.encode("latin-1"))
    said = refusal(checkpoints.find, KEY)
    assert said.startswith(f"The sidecar {path.name} in {path.parent} cannot be read ({reason}")
    assert said.endswith("). Delete it and its .safetensors.")


def test_weights_of_another_network(checkpoints, digits):
    other = build_network(get("model", "small_cnn"), 7, 1, 0, CPU)
    original = checkpoints.save(KEY, digits.fingerprint, other, {"metrics": {}})
    said = refusal(load_original, original, checkpoints, digits)
    assert said.startswith(f"{original.path.name} does not hold the weights of small_cnn: size mismatch for 12.bias: ")
    assert said.endswith(f" If its code has changed, delete this file and its .json in {original.path.parent}, and the "
                         "Original is trained again.")


def test_a_failed_write_leaves_nothing_behind(checkpoints, digits, monkeypatch):
    import safetensors.torch

    def full(tensors, path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(safetensors.torch, "save_file", full)
    with pytest.raises(OSError, match="No space left"):
        checkpoints.save(KEY, digits.fingerprint, build_network(get("model", "small_cnn"), 10, 1, 3, CPU), {})
    assert list(checkpoints.root.iterdir()) == []


# --- other data than the Original's ---------------------------------------------------------


@pytest.fixture
def other_data(digits, monkeypatch, no_caches):
    """A copy of the digits with one pixel changed, in place of the digits."""
    images = digits.train.images.clone()
    images[0, 0, 0, 0] += 1
    other = dataclasses.replace(digits, train=Pool(images, digits.train.labels), origin="another place")
    monkeypatch.setattr("engine.originals.workbench.load_data", lambda *arguments: other)
    return other


@pytest.fixture
def quick_recipe(monkeypatch):
    """Digits' Originals are trained for two epochs."""
    from engine import registry

    quick = dataclasses.replace(get("dataset", "digits"), recipe=QUICK)
    monkeypatch.setitem(registry.table("dataset"), "digits", quick)


def test_a_foreign_original_is_used_and_labelled(original, checkpoints, other_data, digits, quick_recipe):
    bench = prepare_bench(resolve(Spec()), checkpoints, CPU)
    assert bench.original.path == original.path
    assert bench.notice == (
        f"The Original was trained on another copy of digits (fingerprint {digits.fingerprint[:8]}, from scikit-learn) "
        f"than the one at hand ({other_data.fingerprint[:8]}, from another place): memorisation is understated. "
        "For reliable results, train an Original on these data (--train-original, or the button below this sentence "
        "in the app).")


def test_training_anew_replaces_a_foreign_original_for_these_data(original, checkpoints, other_data, quick_recipe):
    stages = []
    bench = prepare_bench(resolve(Spec()), checkpoints, CPU, True, lambda text, fraction: stages.append(text))
    assert bench.notice is None and bench.original.fingerprint == other_data.fingerprint
    assert bench.original.path != original.path and original.path.is_file(), "the other one is kept"
    assert "Training the Original, epoch 2 of 2" in stages
    assert checkpoints.find(KEY, original.fingerprint).path == original.path
    assert checkpoints.find(KEY, other_data.fingerprint).path == bench.original.path


def test_a_fitting_original_is_never_trained_again(original, checkpoints, quick_recipe, no_caches):
    bench = prepare_bench(resolve(Spec()), checkpoints, CPU, train_original=True)
    assert bench.notice is None and bench.original == original
    again = prepare_bench(resolve(Spec()), checkpoints, CPU)
    assert again is bench, "kept for the next run"
    no_caches()
    fresh = prepare_bench(resolve(Spec()), checkpoints, CPU)
    assert weights_hash(fresh.network) == weights_hash(bench.network)
    assert torch.equal(fresh.readouts["train"].loss, bench.readouts["train"].loss)


def test_the_shipped_folder_is_searched_but_never_written(original, tmp_path, quick_recipe, no_caches):
    shipped = original.path.parent
    before = sorted(path.name for path in shipped.iterdir())
    checkpoints = Checkpoints(tmp_path / "own", shipped=shipped)
    bench = prepare_bench(resolve(Spec()), checkpoints, CPU)
    assert bench.original.path.parent == shipped
    assert sorted(path.name for path in shipped.iterdir()) == before


def test_a_missing_original_asks_with_the_time_it_takes(checkpoints, original, no_caches):
    """The quick recipe's measured rate tells how long the full one takes: 60 epochs of 1,000 samples."""
    with pytest.raises(OriginalMissing) as caught:
        prepare_bench(resolve(Spec(original_seed=5)), checkpoints, CPU)
    assert vars(caught.value) == {"dataset": "digits", "model": "small_cnn", "seed": 5, "epochs": 60, "samples": 1000}
    assert re.fullmatch(
        r"There is no Original for digits with small_cnn and seed 5 yet\. Training it takes (about \d+ (s|min)|under 1 "
        r"s) on this machine; allow it with --train-original, or in the app with the switch beside the button\.",
        missing_original(caught.value, checkpoints))
