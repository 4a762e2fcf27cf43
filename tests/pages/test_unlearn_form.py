"""The form of Unlearn: wrong values at their own controls, changes as chips, defaults at first, one estimate."""

from __future__ import annotations

import re
from pathlib import Path

from streamlit.testing.v1 import AppTest

from engine.spec import resolve
from engine.types import Spec
from tests.pages.test_pages import opened
from tests.patience import patience
from ui.unlearn.form import MORE

ROOT = Path(__file__).resolve().parents[2]
OTHER = Spec(seed=3, parameters={"learning_rate": 0.5})


def page(**query) -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=patience())
    for name, value in query.items():
        at.query_params[name] = value
    return at.switch_page("pages/unlearn.py").run()


def box(at, name):
    return next(widget for widget in at.number_input if widget.key and widget.key.endswith(name))


def chips(at) -> list[str]:
    return [button.label for button in at.button if button.key and button.key.startswith("chip.")]


def cost(at) -> str:
    return next(one.value for one in at.markdown if "samples" in one.value and "steps" in one.value)


def stored(jobs, status: str) -> str:
    run_id = jobs.store.begin(resolve(OTHER))
    if status != "running":
        jobs.store.end(run_id, status, reason="Just so.")
    return run_id


def test_a_wrong_value_is_marked_at_its_own_control(jobs):
    at = opened(page())
    box(at, ".retain_epochs").set_value(300).run()
    more = next(one for one in at.expander if one.label == "More settings")
    assert [error.value for error in more.error] == [error.value for error in at.error] != []
    assert any("Fix what is marked in red" in one.value for one in at.caption)
    assert at.button(key="launch").disabled


def test_changes_are_chips_and_a_cross_puts_the_default_back(jobs):
    at = opened(page())
    assert chips(at) == []
    at.number_input(key="seed").set_value(7).run()
    box(at, ".learning_rate").set_value(0.5).run()
    at.selectbox(key="option.digits.label_noise").set_value(0.0).run()
    assert chips(at) == ["seed 7 ×", "label noise 0 ×", "learning rate 0.5 ×"]
    at.button(key="chip.learning_rate").click().run()
    assert chips(at) == ["seed 7 ×", "label noise 0 ×"] and box(at, ".learning_rate").value == 0.002
    at.button(key="chip.label_noise").click().run()
    at.button(key="chip.seed").click().run()
    assert chips(at) == [] and at.number_input(key="seed").value == 0
    assert not at.exception


def test_alpha_by_hand_goes_back_to_automatic(jobs):
    at = page()
    automatic = next(toggle for toggle in at.toggle if toggle.label.startswith("alpha: automatic"))
    automatic.set_value(False).run()
    next(slider for slider in at.slider if slider.label == "alpha").set_value(0.4).run()
    assert chips(at) == ["alpha 0.4 ×"]
    at.button(key="chip.alpha").click().run()
    assert chips(at) == [] and "alpha" not in [slider.label for slider in at.slider]


def test_a_plain_visit_starts_at_the_defaults_beside_the_last_runs_picture(jobs):
    run_id = stored(jobs, "failed")
    at = opened(page())
    assert at.query_params["run"] == run_id and any("Just so." in one.value for one in at.error)
    assert at.number_input(key="seed").value == 0 and chips(at) == []
    at.button(key="take-over").click().run()
    assert at.number_input(key="seed").value == 3 and chips(at) == ["seed 3 ×", "learning rate 0.5 ×"]
    assert "take-over" not in [button.key for button in at.button]


def test_an_address_that_names_a_run_brings_its_settings(jobs):
    at = page(run=stored(jobs, "failed"))
    assert chips(at) == ["seed 3 ×", "learning rate 0.5 ×"]


def test_the_form_gives_a_range_before_and_nothing_beside_a_run_that_goes_on(jobs):
    at = page()
    assert re.fullmatch(r"\*\*80 steps · 4,932 samples · \d+ to \d+\u00a0s\*\*", cost(at))
    stored(jobs, "running")
    assert cost(page()) == "**80 steps · 4,932 samples**"


def test_folded_settings_are_sent_when_they_are_opened_and_hold_when_they_are_closed(jobs):
    at = page(run=stored(jobs, "failed"))
    assert [widget.key for widget in at.number_input] == [], "seed and learning rate stand in the folded part"
    at = opened(at)
    assert at.number_input(key="seed").value == 3 and box(at, ".learning_rate").value == 0.5
    at.selectbox(key="option.digits.label_noise").set_value(0.0).run()
    at.segmented_control(key="profile").set_value("paper").run()
    at.number_input(key="seed").set_value(8).run()
    at.session_state[MORE] = False
    at.run()
    assert [widget.key for widget in at.number_input] == []
    assert chips(at) == ["paper profile ×", "seed 8 ×", "label noise 0 ×"]  # the other profile has a rate of its own
    at.button(key="chip.label_noise").click().run()
    assert chips(at) == ["paper profile ×", "seed 8 ×"]
    at.button(key="launch").click().run()
    assert jobs.store.list()[-1].spec == Spec(seed=8, profile="paper", model="small_cnn")


def test_a_wrong_value_in_closed_settings_is_said_at_the_form(jobs):
    at = opened(page())
    box(at, ".retain_epochs").set_value(300).run()
    said = [error.value for error in at.error]
    at.session_state[MORE] = False
    at.run()
    assert [error.value for error in at.error] == said != [] and "retain_epochs" in said[0].replace(" ", "_")
    assert at.button(key="launch").disabled


def test_folded_settings_are_sentences_that_repeat_nothing(jobs):
    at = opened(page())
    shown = {widget.key.rpartition(".")[2]: widget.label for kind in (at.number_input, at.toggle, at.selectbox)
             for widget in kind if widget.key and widget.key.startswith("p.")}
    assert (shown["retain_epochs"], shown["validation_every"], shown["batch_norm"]) == (
        "Retain epochs", "Validation every (epochs)", "Batch norm")
    assert "**Batch norm**" not in [one.value for one in at.markdown], "the heading would say the same again"
    assert "**Optimiser**" in [one.value for one in at.markdown]


def test_a_method_says_which_forget_sets_it_is_meant_for(jobs):
    at, said = page(), {}
    for name in ("delete", "msg", "finetune"):
        next(one for one in at.selectbox if one.label == "Method").set_value(name).run()
        said[name] = " ".join(one.value for one in at.caption)
    assert "Meant for forgetting a class." in said["delete"]
    assert "Meant for forgetting random samples." in said["msg"]
    assert "Meant for" not in said["finetune"]


def test_closed_settings_survive_other_pages(jobs):
    at = opened(page())
    at.number_input(key="seed").set_value(8).run()
    at.session_state[MORE] = False
    at.run().switch_page("pages/compare.py").run()
    assert not at.exception
    assert chips(at.switch_page("pages/unlearn.py").run()) == ["seed 8 ×"]
    assert opened(at).number_input(key="seed").value == 8
