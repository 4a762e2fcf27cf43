"""Networks of timm: without a trace where it is not installed or none is named, else models like any other."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from engine import registry
from engine.cli.main import main
from engine.models import _timm
from engine.types import Spec
from tests.engine.helping import problems_of

sys.path.insert(0, str(Path(__file__).parents[1] / "own"))

needed = pytest.mark.skipif(importlib.util.find_spec("timm") is None, reason="timm is not installed")


@pytest.fixture
def absent(monkeypatch):
    monkeypatch.setattr(_timm, "_installed", lambda: False)
    _timm._declared.cache_clear()


def test_without_the_package_there_is_no_trace_and_a_sentence_when_asked(absent, monkeypatch):
    monkeypatch.setenv("UNLEARN_TIMM", "resnet18")
    assert not [name for name in registry.names("model") if name.startswith("timm")]
    assert problems_of(Spec("cifar10", model="timm:resnet18")) == [
        "The model 'timm:resnet18' needs the package timm, which is not installed: pip install -r "
        "requirements-timm.txt"]
    assert problems_of(Spec("cifar10", model="tim")) == problems_of(Spec("cifar10", model="tim")) != []


def test_a_data_set_of_ones_own_says_the_same(absent, tmp_path, home, capsys):
    from making import pictures

    source = pictures(tmp_path / "shapes", size=(32, 32))
    assert main(["add-dataset", "shapes", str(source), "--model", "timm:resnet18"]) == 2
    assert capsys.readouterr().err.strip().endswith(
        "--model: The model 'timm:resnet18' needs the package timm, which is not installed: pip install -r "
        "requirements-timm.txt")


@needed
@pytest.mark.parametrize("name, said", [
    ("resnet18", "The model 'timm:resnet18' is not in use: name it in UNLEARN_TIMM=resnet18, several apart by commas."),
    ("vit_tiny_patch16_224", "The model timm:vit_tiny_patch16_224 reads pictures of 224 pixels a side alone: name "
                             "another."),
    ("convnext_atto", "The model timm:convnext_atto has weights (gamma of a ConvNeXtBlock) whose first values are not "
                      "known here: name another.")])
def test_what_is_not_in_use_says_why(name, said, monkeypatch):
    monkeypatch.delenv("UNLEARN_TIMM", raising=False)
    assert problems_of(Spec("cifar10", model=f"timm:{name}")) == [said]


@needed
def test_a_name_that_timm_lacks(monkeypatch):
    monkeypatch.setenv("UNLEARN_TIMM", "resnett18")
    assert "has no model 'resnett18'." in problems_of(Spec("cifar10", model="timm:resnett18"))[0]


@needed
def test_networks_start_from_our_seed_and_need_no_download(monkeypatch):
    import torch

    from engine.training.networks import build_network

    monkeypatch.setenv("UNLEARN_TIMM", "resnet10t, mobilenetv3_small_050")
    for name in ("timm:resnet10t", "timm:mobilenetv3_small_050"):
        model, cpu = registry.get("model", name), torch.device("cpu")
        one, same, other = (build_network(model, 5, 3, seed, cpu).state_dict() for seed in (0, 0, 1))
        assert all(torch.equal(one[key], same[key]) for key in one)
        assert any(not torch.equal(one[key], other[key]) for key in one)
        assert all(bool(torch.isfinite(value.float()).all()) for value in one.values())
        assert model.code.startswith("timm ") and registry.code("model", name) == model.code
    assert not [one for one in registry.models_for(registry.get("dataset", "digits")) if one.name.startswith("timm")]


@needed
def test_from_pictures_to_a_finished_run(monkeypatch, tmp_path, home, capsys):
    from making import pictures

    monkeypatch.setenv("UNLEARN_TIMM", "resnet10t")
    source = pictures(tmp_path / "shapes", size=(32, 32))
    assert main(["add-dataset", "shapes", str(source), "--model", "timm:resnet10t", "--epochs", "1", "--json"]) == 0
    assert main(["run", "--dataset", "shapes", "--method", "finetune", "--set", "retain_epochs=1", "--train-original",
                 "--json"]) == 0
    run = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert run["status"] == "finished" and run["spec"]["model"] == "timm:resnet10t"
