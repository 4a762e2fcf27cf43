"""``python -m engine compare --strata``: the recorded digits by memorisation, as text and as JSON."""

from __future__ import annotations

import json

import pytest

from engine.cli.main import main

WORDS = ("compare", "--methods", "retrain", "nabla_tau", "--seeds", "1", "--recorded-only", "--strata")


def test_as_text(store, capfd):
    assert main([*WORDS]) == 0
    out, err = capfd.readouterr()
    assert "By memorisation (scores from 200 models); loss attack, area against samples never seen" in out
    assert "  high     50 samples, mean 0.78; 6 9, 3 8" in out and "The control holds" in out and not err


def test_as_json_with_the_cells(store, capfd):
    assert main([*WORDS, "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert {row["method"] for row in found["strata"]["rows"]} == {"original", "retrain", "nabla_tau"}
    assert [one["level"] for one in found["strata"]["strata"]] == ["high", "medium", "low"]
    assert {cell["method"] for cell in found["cells"]} == {"original", "retrain", "nabla_tau"}


@pytest.mark.parametrize(("words", "said"), [
    (("--csv",), "--strata does not go with --csv: use --json, or no form for text."),
    (("--forget-fraction", "0.2"), "No run has finished yet.")])
def test_what_cannot_be_said_is_a_sentence(store, capfd, words, said):
    assert main([*WORDS, *words]) == 2
    assert capfd.readouterr().err.splitlines() == [said]
