"""The map of methods by share found on the page Robustness: what ships, its address, its runs."""

from __future__ import annotations

import pytest

from engine.cli.main import build_parser
from tests.pages.test_learn_page import ended
from tests.pages.test_pages import texts
from tests.pages.test_robustness_page import page

TRIGGER = {"map": "found", "with": "corruption=trigger label_noise=0", "seeds": "0 1 2"}
SMALL = {"map": "found", "data": "moons", "methods": "finetune retrain", "found": "0.5 1", "seeds": "0"}


def test_the_preset_opens_the_digits_recorded_study(jobs):
    at = page()
    at.button(key="robustness.preset.found").click().run()
    assert not at.exception and at.query_params["map"] in ("found", ["found"])
    assert "**390 runs, all done** (recorded)" in texts(at)
    assert "## Methods that correct the model in every run: 1 of 25 with" in texts(at)
    assert at.button(key="correct").disabled
    assert jobs.store.list() == []
    at.button(key="robustness.found.back").click().run()
    assert not at.exception and "map" not in at.query_params
    assert "**432 runs, all done** (432 recorded)" in texts(at)


def test_its_address_says_everything_and_what_is_wrong_with_it(jobs):
    at = page(**TRIGGER | {"measure": "attack_success", "methods": "finetune ssd", "found": "0.3 1"})
    assert not at.exception and not at.warning
    assert at.query_params["measure"] in ("attack_success", ["attack_success"])
    command = next(code.value for code in at.get("code") if "correct" in code.value)
    options = build_parser().parse_args(command.split()[3:])
    assert options.methods == ["finetune", "ssd"] and options.found == ["0.3", "1"] and options.seeds == list("012")
    wrong = page(**TRIGGER | {"found": "2"})
    assert "found is 2, but must be between 0.01 and 1" in wrong.warning[0].value
    assert "The default one is shown instead." in wrong.warning[0].value


@pytest.mark.long
def test_what_does_not_ship_is_computed_by_a_click(jobs):
    at = page(**SMALL)
    assert not at.exception
    assert at.info[0].value.startswith("No run of this study exists yet.")
    assert "**4 runs**: 0 done, **4 to compute**" in texts(at)
    at.button(key="correct").click().run()
    ended(jobs)
    at.run()
    assert not at.exception and "**4 runs, all done**" in texts(at)
    assert {run.status for run in jobs.store.list()} == {"finished"} and len(jobs.store.list()) == 4
