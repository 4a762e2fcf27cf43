"""Folders of pretrained models that are not what a model needs: each is one sentence, and nothing runs on it."""

from __future__ import annotations

import json

import pytest
import torch
from texts import write_tiny_roberta

from engine.data.texts import TextData, TextPool
from engine.errors import ModelMissing
from engine.registry import get
from engine.system.weight_files import read_weights
from tests.engine.originals.foreign import Code

ROBERTA = get("model", "roberta_base")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("UNLEARN_MODEL_DIR", str(write_tiny_roberta(tmp_path / "models")))
    return tmp_path / "models/roberta_base"


def refused(folder):
    with pytest.raises(ModelMissing) as caught:
        ROBERTA.build(28, 0)
    assert "\n" not in str(caught.value) and "weights_only" not in str(caught.value)
    return str(caught.value).replace(str(folder), "FOLDER")


def configured(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def as_pickle(folder, content=None):
    """The weights as the older file, or another content of it."""
    torch.save(read_weights(folder)[0] if content is None else content, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


MEND = " Put the files of https://huggingface.co/FacebookAI/roberta-base there."


def test_without_a_tokenizer(folder):
    (folder / "tokenizer.json").unlink()
    assert refused(folder) == ("The model in FOLDER cannot be used: it holds no tokenizer: tokenizer.json is absent, "
                               f"and so are vocab.json with merges.txt, and vocab.txt.{MEND}")


@pytest.mark.parametrize("changes, said", [
    ({"model_type": "distilbert"}, "its config.json is of a 'distilbert' and not of a 'roberta'"),
    ({"model_type": "bert"}, "its config.json is of a 'bert' and not of a 'roberta'"),
    ({"max_position_embeddings": 16}, "it has 16 positions, but 42 are needed for texts of 40 tokens"),
])
def test_another_model(folder, changes, said):
    configured(folder, **changes)
    assert refused(folder) == f"The model in FOLDER cannot be used: {said}.{MEND}"


def test_a_config_that_is_no_json(folder):
    (folder / "config.json").write_text("[" * 100_000)
    assert "its config.json is no JSON." in refused(folder)


def test_an_older_folder_is_read(folder):
    before = ROBERTA.build(28, 0).encoder.state_dict()
    as_pickle(folder)
    after = ROBERTA.build(28, 0).encoder.state_dict()
    assert all(torch.equal(before[name], value) for name, value in after.items())


def test_an_older_folder_with_code_in_it_is_refused_and_nothing_runs(folder, tmp_path):
    as_pickle(folder, {"a": torch.zeros(2), "code": Code(tmp_path / "ran")})
    assert refused(folder) == (
        "The model in FOLDER cannot be used: its pytorch_model.bin holds more than weights: posix.system could run "
        "code when it is read, so nothing of it was read. Where it was made, save the weights alone with "
        f"torch.save(model.state_dict(), FILE) or as safetensors.{MEND}")
    assert not (tmp_path / "ran").exists()


def test_shards_are_read(folder):
    from safetensors.torch import save_file

    before, weights = ROBERTA.build(28, 0).encoder.state_dict(), read_weights(folder)[0]
    names = sorted(weights)
    files = {"model-00001-of-00002.safetensors": names[:7], "model-00002-of-00002.safetensors": names[7:]}
    for file, held in files.items():
        save_file({name: weights[name] for name in held}, folder / file, metadata={"format": "pt"})
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(json.dumps(
        {"metadata": {}, "weight_map": {name: file for file, held in files.items() for name in held}}))
    assert all(torch.equal(before[name], value) for name, value in ROBERTA.build(28, 0).encoder.state_dict().items())


def test_weights_of_something_else_are_not_drawn_instead(folder):
    from safetensors.torch import save_file

    save_file({"strange": torch.zeros(2)}, folder / "model.safetensors", metadata={"format": "pt"})
    assert "of its weights are absent, embeddings.LayerNorm.bias among them" in refused(folder)


def test_without_weights(folder):
    (folder / "model.safetensors").unlink()
    assert "it holds none of model.safetensors, pytorch_model.bin" in refused(folder)


def test_only_a_folder_of_a_training_below(folder):
    (folder / "checkpoint-500").mkdir()
    for path in list(folder.glob("*.json")) + list(folder.glob("*.safetensors")):
        path.rename(folder / "checkpoint-500" / path.name)
    said = refused(folder)
    assert said.startswith("The weights of roberta_base are not on this machine") and said.endswith(
        "FOLDER holds checkpoint-500/ with a config.json: move the files of that folder up.")


def tokens_refused(folder):
    with pytest.raises(ModelMissing) as caught:
        ROBERTA.prepare(TextData("x", ("a", "b"), pool(), pool(), (), ()))
    return str(caught.value).replace(str(folder), "FOLDER")


def pool():
    labels = torch.tensor([0, 1])
    return TextPool(("wonderful it is great", "terrible and awful"), labels, labels)


@pytest.mark.parametrize("files", [{"vocab.json": "{}", "merges.txt": ""}, {"vocab.txt": "[PAD]\n[UNK]\nthe\n"}])
def test_a_tokenizer_that_knows_none_of_the_words(folder, files):
    (folder / "tokenizer.json").unlink()
    for name, content in files.items():
        (folder / name).write_text(content)
    assert tokens_refused(folder) == ("The model in FOLDER cannot be used: its tokenizer knows 0 of the 0 tokens of "
                                      f"these texts, so it is of another model.{MEND}")


def test_a_tokenizer_with_tokens_that_the_weights_lack(folder):
    configured(folder, vocab_size=20)
    said = tokens_refused(folder)
    assert "its tokenizer makes the token " in said and "but its weights know the tokens 0 to 19" in said


@pytest.mark.parametrize("name, content", [("tokenizer.json", "{}"), ("tokenizer.json", "[]"),
                                           ("tokenizer.json", "nonsense")])
def test_a_damaged_tokenizer_is_one_sentence(folder, name, content):
    (folder / name).write_text(content)
    assert tokens_refused(folder).startswith("The model in FOLDER cannot be read (")


def test_a_config_with_a_value_of_another_type(folder):
    configured(folder, hidden_size="wide")
    assert "cannot be read" in refused(folder)
