"""An option that is given twice, or abbreviated, is an error: one of two values would be lost, or another be meant."""

from __future__ import annotations

import pytest

from engine.cli.main import main


@pytest.mark.parametrize("words, said", [
    (["preview", "--forget-class", "3", "--forget-class", "5"], "--forget-class is given twice: give it once. Help: "
                                                                "python -m engine preview --help"),
    (["run", "--seed", "1", "--seed", "1"], "--seed is given twice: give it once. Help: python -m engine run --help"),
    (["run", "--method", "finetune", "--set", "retain_epochs=1", "--set", "retain_epochs=2"],
     "--set retain_epochs is given twice: give it once."),
    (["preview", "--option", "label_noise=0", "--option", "label_noise=0.2"],
     "--option label_noise is given twice: give it once."),
    (["preview", "--scenario", "class", "--forget-class", "3", "--select", "share=.5", "--select", "share=.2"],
     "--select share is given twice: give it once."),
    (["run", "--alpha", "0.5", "--set", "alpha=0.2"], "--alpha and --set alpha are both given: give one of them."),
    (["add-dataset", "x", ".", "--label", "a", "--label", "b"],
     "--label is given twice: give it once. Help: python -m engine add-dataset --help"),
    (["run", "--original-s", "3"], "Unrecognized arguments: --original-s 3. Help: python -m engine --help"),
    (["preview", "--forget-f=0.1"], "Unrecognized arguments: --forget-f=0.1. Help: python -m engine --help")])
def test_it_is_refused(home, capsys, words, said):
    assert main(words) == 2
    assert capsys.readouterr().err.strip() == said


def test_options_that_may_be_repeated_still_may(home, capsys):
    assert main(["preview", "--scenario", "class", "--forget-class", "3", "--select", "share=.5", "--json"]) == 0
    assert main(["preview", "--option", "label_noise=0", "--option", "corruption=none", "--json"]) in (0, 2)
    assert "twice" not in capsys.readouterr().err


def test_a_run_as_an_original_is_named_with_the_right_option(store, capsys):
    from engine.spec import resolve
    from engine.types import Spec

    run_id = store.submit(resolve(Spec()))
    assert main(["run", "--original", run_id]) == 2
    assert capsys.readouterr().err.strip() == (f"--original is {run_id}, which is a run: to continue it, use --from "
                                               f"{run_id}.")
