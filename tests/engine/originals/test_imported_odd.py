"""Checkpoints of other kinds: nested, averaged, beside optimisers, of other types; and files that are none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from engine.errors import BadInput
from engine.originals.checkpoints import open_checkpoints
from engine.originals.imported import import_original
from engine.originals.importing import import_file
from engine.spec import resolve
from engine.types import Spec
from tests.engine.originals.foreign import digits_weights

W = digits_weights()
OTHER = {name: value + 1 if value.is_floating_point() else value for name, value in W.items()}
OPTIMISER = {"state": {0: {"exp_avg": torch.zeros(3)}}, "param_groups": [{"lr": 0.1, "params": [0]}]}


def imported(content: object, folder: Path, digits, name="mine"):
    torch.save(content, folder / "own.pt")
    return import_original(folder / "own.pt", resolve(Spec(original=name)), digits, open_checkpoints())


def refused(content: object, folder: Path, digits) -> str:
    with pytest.raises(BadInput) as caught:
        imported(content, folder, digits)
    return str(caught.value).replace(str(folder / "own.pt"), "IT")


@pytest.mark.parametrize(("content", "said"), [
    ({"model": W, "optimizer": OPTIMISER}, ["The weights lie under 'model' of the file."]),
    ({"a": {"b": {"state_dict": W}}, "optimizer": OPTIMISER}, ["The weights lie under 'a.b.state_dict' of the file."]),
    ({"state_dict": {f"module.{name}": value for name, value in W.items()}, "state_dict_ema": OTHER},
     ["The weights lie under 'state_dict' of the file.", "What lies under 'state_dict_ema' is not used.",
      "The prefix 'module.' was taken off in 20 names."]),
    ({"state_dict": W, "rng": torch.get_rng_state()}, ["The weights lie under 'state_dict' of the file."]),
    ({**{f"module.{name}": value for name, value in W.items()}, "n_averaged": torch.tensor(5)},
     ["The prefix 'module.' was taken off in 20 names.", "Left out: n_averaged, which is no weight."])])
def test_weights_are_found_where_they_lie(home, tmp_path, digits, content, said):
    found = imported(content, tmp_path, digits)
    assert list(found.changes) == said and found.original.sidecar["metrics"]["train_accuracy"] == 100.0
    kept = open_checkpoints().load(found.original)
    assert all(torch.equal(kept[name], value) for name, value in W.items())


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64, torch.float8_e4m3fn])
def test_weights_of_other_precision_are_read(home, tmp_path, digits, kind):
    content = {name: value.to(kind) if value.is_floating_point() else value for name, value in W.items()}
    assert imported(content, tmp_path, digits).original.sidecar["metrics"]["train_accuracy"] > 99


@pytest.mark.parametrize(("content", "said"), [
    ({"student": W, "teacher": OTHER},
     "IT holds weights under 'student' and 'teacher': save those of one of them with torch.save, or as safetensors."),
    (OPTIMISER, "IT holds no tensors by name (it has 'state', 'param_groups'): save the weights alone"),
    ({name: (100 * value).to(torch.int8) for name, value in W.items()}, "IT holds int8 in "),
    ({name: value > 0 for name, value in W.items()}, "IT holds bool in "),
    ({name: value.to("meta") for name, value in W.items()},
     "IT holds the shapes of weights and no values (torch's meta device): save them from the device"),
    (dict(enumerate(W.values())), "IT holds no tensors by name (it has 0, 1, 2, 3, ...)"),
])
def test_what_is_no_checkpoint_of_one_model(home, tmp_path, digits, content, said):
    assert refused(content, tmp_path, digits).startswith(said)


def test_a_checkpoint_that_holds_itself_ends(home, tmp_path, digits):
    content = {"a": W}
    content["self"] = content
    said = "IT holds weights under 'a' and 'self.a' and 'self.self.a' and 3 more"
    assert refused(content, tmp_path, digits).startswith(said)


def test_no_pipe_is_waited_for(home, tmp_path, digits):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "own.pt")
    os.mkfifo(tmp_path / "folder/model.safetensors")
    asked, checkpoints = resolve(Spec(original="mine")), open_checkpoints()
    for path in (tmp_path / "own.pt", Path("/dev/zero")):
        with pytest.raises(BadInput, match="is a pipe or a device"):
            import_original(path, asked, digits, checkpoints)
    with pytest.raises(BadInput, match=r"holds none of model\.safetensors"):
        import_original(tmp_path / "folder", asked, digits, checkpoints)


@pytest.mark.parametrize(("path", "said"), [("a\0b", "There is no file or folder"),
                                            ("/" + "a" * 5_000, "cannot be looked at")])
def test_paths_that_are_none(home, path, said):
    with pytest.raises(BadInput, match=said):
        import_file(Path(path), Spec(original="mine"), open_checkpoints())
