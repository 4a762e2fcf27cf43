"""Sidecars and weights of Originals that were damaged: one sentence with the file, the place and the mend."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import save_file

from engine.errors import BadCheckpoint
from engine.originals import sidecars
from engine.originals.checkpoints import SHIPPED, Checkpoints, original_key
from engine.spec import resolve
from engine.system.files import sha256_of
from engine.types import Spec

KEY = original_key(resolve(Spec()))


@pytest.fixture
def sidecar(tmp_path):
    """The sidecar of an Original in a folder of its own; its weights are beside it."""
    (shipped,) = SHIPPED.glob(f"{KEY.name}-*.json")
    weights = tmp_path / f"{shipped.stem}.safetensors"
    weights.write_bytes(shipped.with_suffix(".safetensors").read_bytes())
    path = tmp_path / shipped.name
    path.write_bytes(shipped.read_bytes())
    return path


@pytest.mark.parametrize("change, said", [
    ({"metrics": {}}, "metrics is {}, but must be an object"),
    ({"metrics": {"train_accuracy": "x", "heldout_accuracy": 1.0}}, "metrics.train_accuracy is \"x\", but must be"),
    ({"metrics": {"train_accuracy": float("nan"), "heldout_accuracy": 1.0}}, "metrics.train_accuracy is NaN"),
    ({"format": 99}, "format is 99, but must be 1, the only one that this version reads"),
    ({"seed": "0"}, "seed is \"0\", but must be a whole number or null"), ({"sha256": None}, "sha256 is null"),
    ({"options": []}, "options is [], but must be an object"), ({"seconds": -1}, "seconds is -1")])
def test_a_value_that_does_not_fit_is_named(sidecar, change, said):
    sidecar.write_text(json.dumps(json.loads(sidecar.read_text()) | change))
    kept = Checkpoints(sidecar.parent, None)
    with pytest.raises(BadCheckpoint) as caught:
        kept.find(KEY)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"The sidecar {sidecar.name} in {sidecar.parent} ")
    assert str(caught.value).endswith("Delete it and its .safetensors.") and list(kept.sidecars("*")) == []


@pytest.mark.parametrize("content", ["[" * 100_000, "", "[]", "\ufeff{}", "{" + " " * (2**20) + "}"])
def test_what_is_no_sidecar(sidecar, content):
    sidecar.write_text(content)
    with pytest.raises(BadCheckpoint, match="cannot be read"):
        Checkpoints(sidecar.parent, None).find(KEY)


def test_what_ships_is_read():
    assert all(sidecars.read(path)["metrics"] for path in SHIPPED.glob("*.json"))


@pytest.mark.parametrize("spoil, said", [
    (lambda path: path.write_bytes(b"\xff" * 100), "is no file of weights"),
    (lambda path: save_file({"a": torch.tensor([float("nan")])}, path), "holds a value in a that is not a finite")])
def test_weights_whose_sha256_fits_but_which_are_none(sidecar, spoil, said):
    weights = sidecar.with_suffix(".safetensors")
    spoil(weights)
    sidecar.write_text(json.dumps(json.loads(sidecar.read_text()) | {"sha256": sha256_of(weights)}))
    kept = Checkpoints(sidecar.parent, None)
    with pytest.raises(BadCheckpoint, match=said):
        kept.load(kept.find(KEY))
