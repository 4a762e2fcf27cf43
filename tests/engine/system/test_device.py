"""Devices are asked for by name; one that is not there is named before anything starts."""

from __future__ import annotations

import pytest
import torch

from engine.cli.main import main
from engine.errors import BadInput
from engine.runs.store import open_store
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
