"""Devices are asked for by name; one that is not there is named before anything starts."""

from __future__ import annotations

import pytest
import torch

from engine.cli.main import main
from engine.errors import BadInput
from engine.runs.executors import local
from engine.runs.store import open_store
from engine.system import device
from engine.system.device import default_device


@pytest.mark.parametrize("name", ["meta", "mps", "xpu", "hpu", "vulkan", "cuda:63"])
def test_a_device_that_is_not_there(name, monkeypatch):
    if name == "mps" and torch.backends.mps.is_available():
        pytest.skip("this machine has it")
    monkeypatch.setenv("UNLEARN_DEVICE", name)
    with pytest.raises(BadInput, match=rf"^UNLEARN_DEVICE='{name}', but this machine has no such device\. It has: cpu"):
        default_device()


def test_no_run_is_kept_for_it(with_original, monkeypatch, capsys):
    monkeypatch.setenv("UNLEARN_DEVICE", "meta")
    assert main(["run", "--method", "finetune"]) == 2
    assert capsys.readouterr().err.strip().startswith("UNLEARN_DEVICE='meta', but this machine has no such device.")
    assert open_store().list() == []


@pytest.mark.parametrize("name", ["cpu", "cpu:0"])
def test_a_device_that_is_there(name, monkeypatch):
    monkeypatch.setenv("UNLEARN_DEVICE", name)
    assert default_device() == torch.device(name)


@pytest.mark.parametrize("wanted, kind, half", [("", "cuda", True), ("bf16", "cuda", True), ("float32", "cuda", False),
                                                ("", "cpu", False), ("bf16", "cpu", False), ("", "mps", False)])
def test_a_card_trains_in_bf16_unless_asked_otherwise(wanted, kind, half, monkeypatch):
    monkeypatch.setenv("UNLEARN_PRECISION", wanted)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "NVIDIA H100")
    where = torch.device(kind)
    assert device.halved(where) is half
    if kind == "cuda":
        assert device.describe(where, 1) == f"cuda, NVIDIA H100{'' if half else ', float32'}"


def test_a_precision_that_there_is_not(monkeypatch):
    monkeypatch.setenv("UNLEARN_PRECISION", "fp16")
    with pytest.raises(BadInput, match=r"^UNLEARN_PRECISION='fp16' is no precision\. Valid: bf16, float32\.$"):
        device.halved(torch.device("cuda"))


@pytest.mark.parametrize("runs, cores, gib, lanes", [
    (432, 16, 80, 8), (432, 8, 80, 4), (432, 16, 11, 2), (432, 16, 7, 0), (432, 2, 80, 0), (5, 16, 80, 2),
    (3, 16, 80, 0)])
def test_a_sweep_shares_a_card_among_processes(runs, cores, gib, lanes, monkeypatch):
    monkeypatch.delenv("UNLEARN_DEVICE", raising=False)
    monkeypatch.setattr(local, "graphics_card", lambda: "NVIDIA H100")
    monkeypatch.setattr(local, "cores", lambda: cores)
    monkeypatch.setattr(device, "free_memory", lambda where: gib * 2**30)
    assert local.workers_for([None] * runs) == lanes


def test_what_has_no_float64_is_read_on_the_cpu(monkeypatch):
    third = torch.tensor([1.0]) / 3
    assert device.exact(third).dtype is torch.float64 and float(device.exact(third)) == float(third)
    assert [device.lacks_float64(torch.device(kind)) for kind in ("cpu", "cuda", "mps")] == [False, False, True]
