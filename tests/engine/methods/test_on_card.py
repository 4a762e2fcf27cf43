"""Every method on a card that is none: nothing meets from two devices, and within an epoch nobody waits for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from helping import ROOT, copied

from engine.registry import names


@pytest.fixture(scope="module")
def tried() -> dict[str, Any]:
    if torch.cuda.is_available():
        pytest.skip("a real card is here: torch knows one kind at a time")
    paths = [str(ROOT), str(ROOT / "tests" / "engine")]
    said = copied("-c", f"import runpy, sys; sys.path[:0] = {paths!r}; "
                        "runpy.run_path('tests/engine/methods/on_card.py', run_name='__main__')")
    assert said.returncode == 0, said.stderr[-2000:]
    lines = [line for line in said.stdout.splitlines() if line.startswith("{")]  # a tokenizer's training prints too
    return {found.get("method") or found["run"]: found for found in map(json.loads, lines)}


@pytest.mark.long
@pytest.mark.parametrize("method", names("method"))
def test_a_method_runs_on_a_card_without_waiting_for_it(tried, method):
    found = tried[method]
    assert "error" not in found, found["error"]
    assert found["steps"] > 1 and found["same_terms"] and found["same_losses"]
    assert found["waited"] == [] or method == "munba"  # whose bargain is struck on the host, by three numbers a step
    assert found["doubles"] == []  # so that it runs where there is no float64


@pytest.mark.parametrize("run", ["digits nabla_tau random", "digits finetune class", "digits retrain random"])
def test_a_whole_run_on_a_card(tried, run):
    """From its Original's read-outs to its record, watched live: what is kept was brought from the card."""
    assert tried[run] == {"run": run, "status": "finished", "reason": None, "device": "card, 1 thread", "apart": []}


def test_texts_on_a_card(tried):
    assert tried["texts"]["text_cnn"] < 1e-5 and tried["texts"]["roberta_base"] < 1e-5
