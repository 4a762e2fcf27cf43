"""A run's weights as a folder: the card says what was measured, its code loads them, and they can be imported again."""

from __future__ import annotations

import json
import re

import pytest
import torch

from engine.cli.main import main


@pytest.fixture
def run(home, capsys):
    assert main(["run", "--method", "finetune", "--set", "retain_epochs=1", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def card(run, tmp_path, capsys):
    assert main(["export-weights", run["run_id"], str(tmp_path / "card"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["files"]["README.md"] == len((tmp_path / "card/README.md").read_bytes())
    return tmp_path / "card"


def test_the_card_says_what_was_measured(run, card):
    text = (card / "README.md").read_text()
    metrics = run["metrics"]
    assert "| Forgotten | a random subset, 15%: 150 of 1,000 training samples |" in text
    assert (f"| Forget accuracy | {metrics['original']['forget_accuracy']:.2f} | {metrics['forget_accuracy']:.2f} | "
            in text)
    assert run["verdict"]["title"] in text and run["run_id"] in text
    assert "trained by this project's recipe, seed 0; sha256 " in text
    assert "python -m engine run --dataset digits --model small\\_cnn" not in text, "code is not escaped"
    assert "--method finetune --forget-fraction 0.15 --seed 0 --profile corrected" in text


def test_earlier_requests_are_counted(run, tmp_path, capsys):
    assert main(["run", "--method", "finetune", "--set", "retain_epochs=1", "--forget-fraction", "0.1", "--from",
                 run["run_id"], "--json"]) == 0
    second = json.loads(capsys.readouterr().out)["run_id"]
    assert main(["export-weights", second, str(tmp_path / "second"), "--json"]) == 0
    text = (tmp_path / "second/README.md").read_text()
    assert "| Forgotten | a random subset, 10%: 100 of 850 training samples |" in text
    assert "| Forgotten before | 150 samples in 1 earlier request |" in text and " && python -m engine run" in text


def test_its_five_lines_load_the_weights(run, card, monkeypatch):
    from engine import weights_of

    monkeypatch.chdir(card)
    code = re.search(r"```python\n(.*?)```", (card / "README.md").read_text(), re.S)[1]
    assert len(code.strip().splitlines()) == 5
    names: dict = {}
    exec(code, names)
    kept = weights_of(run["run_id"]).network.state_dict()
    assert all(torch.equal(kept[name], value) for name, value in names["model"].state_dict().items())


def test_what_is_exported_can_be_imported_and_forgotten_from(run, card, capsys):
    assert main(["import-original", str(card / "model.safetensors"), "--dataset", "digits", "--name", "again",
                 "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    of_all = 0.85 * run["metrics"]["retain_accuracy"] + 0.15 * run["metrics"]["forget_accuracy"]
    assert said["metrics"]["train_accuracy"] == pytest.approx(of_all, abs=0.3) and said["changes"] == []


def test_a_folder_with_something_in_it_is_left_alone(run, card, capsys):
    before = (card / "README.md").read_bytes()
    assert main(["export-weights", run["run_id"], str(card), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["problems"] == [
        f"{card} is there already and not an empty folder: name a new one."]
    assert (card / "README.md").read_bytes() == before


def test_markdown_in_what_others_wrote_is_text():
    from engine.studies.model_card import Plain, _text

    assert _text(Plain("![x](http://a) | b\n# c <i>")) == r"!\[x\](http://a) \| b \# c \<i\>"
    assert _text("`code`") == "`code`"
