"""The pages as a person meets them, through Streamlit's AppTest: no browser, real engine, real store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.evaluation.verdict import verdict_of
from engine.runs.recorded import recorded_runs
from engine.spec import resolve
from engine.types import ENDED, Spec
from tests.patience import patience, until
from ui.common import glossary
from ui.frame import shell
from ui.unlearn.form import DEMO, DEMO_TEXT, EFFECTIVE, MORE

ROOT = Path(__file__).resolve().parents[2]


def app() -> AppTest:
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=patience())


def at_address(page: str, **query: str) -> AppTest:
    """A page of the app, as a link with this query opens it."""
    at = app()
    for name, value in query.items():
        at.query_params[name] = value
    return at.switch_page(f"pages/{page}.py").run()


def texts(at: AppTest) -> str:
    """Everything that is written on the page."""
    kinds = ("title", "markdown", "caption", "info", "warning", "error", "subheader")
    return "\n".join(str(element.value) for kind in kinds for element in getattr(at, kind))


def finish(jobs, run_id: str) -> dict:
    return until(lambda: (run := jobs.store.get(run_id)).status in ENDED and run, lambda: jobs.store.get(run_id))


def put(jobs, status: str, **values) -> str:
    """A run in the store that this process does not carry out."""
    run_id = jobs.store.begin(resolve(Spec()))
    jobs.store.end(run_id, status, **values)
    return run_id


def test_the_one_style_sheet_is_put_into_the_page_once(jobs):
    styles = [html.proto.body for html in app().run().get("html") if "<style>" in html.proto.body]
    assert styles == [f"<style>{shell.STYLE.read_text(encoding='utf-8')}{glossary.style()}</style>"]


def test_start_says_what_this_is_and_what_is_on_this_machine(jobs):
    at = app().run()
    assert not at.exception
    assert at.title[0].value == "Can a trained model forget?"
    assert "20% of the labels are wrong **on purpose**" in texts(at)
    assert "first on which" not in DEMO_TEXT, "how the split was chosen is folded away"
    chosen = next(one for one in at.expander if one.label == "How this split was chosen")
    assert "are drawn with seed 1, the measures are of the profile *corrected*. The rule:" in chosen.caption[0].value
    table = at.dataframe[0].value
    assert list(table["Data"])[:4] == ["Digits", "CIFAR-10", "CIFAR-100", "GoEmotions"]
    assert table["Status"][0] == "ready (comes with the app)"
    assert table["Original"][0] == "100.0% on its training set, 74.0% on all held-out samples"
    assert table["Original"][2] == "not trained yet"
    assert "None yet: press the button above." in texts(at)


def test_start_button_queues_the_demo_on_a_split_that_retraining_passes(jobs):
    at = app().run()
    at.button(key="demo").click().run()
    assert not at.exception
    run = jobs.store.list()[0]
    assert replace(run.spec, model=None) == DEMO == Spec(seed=1), "only the split is not the form's own"
    assert at.title[0].value == "Does it forget?"
    assert finish(jobs, run.id).status == "finished"
    at.run()
    assert "80 steps, " in texts(at)


def test_start_offers_to_run_interrupted_runs_again(jobs):
    lost = put(jobs, "interrupted", reason="The process that ran it ended without finishing it.")
    at = app().run()
    assert "Interrupted: ∇τ (nabla-tau) on Digits, forget 15%, alpha 0.25" in at.warning[0].value
    at.button(key=f"rerun-{lost}").click().run()
    assert len(jobs.store.list()) == 2
    assert jobs.store.list()[1].spec == jobs.store.get(lost).spec


def unlearn_page(**query: str) -> AppTest:
    return at_address("unlearn", **query)


def opened(at: AppTest) -> AppTest:
    """The page with its folded settings open."""
    for key in (MORE, EFFECTIVE):
        at.session_state[key] = True
    return at.run()


def test_unlearn_is_empty_at_first_and_says_what_to_do(jobs):
    at = unlearn_page()
    assert at.info[0].value.startswith("No run yet. Choose what to forget and press **Unlearn**")
    assert "**80 steps · 4,932 samples" in texts(at)
    assert "alpha = 5/3 of the forget fraction" in texts(at)


def test_moving_the_fraction_moves_the_automatic_alpha_and_the_steps(jobs):
    at = unlearn_page()
    at.slider(key="forget").set_value(30.0).run()
    toggle = next(t for t in at.toggle if t.label.startswith("alpha"))
    assert toggle.label == "alpha: automatic (0.5)"
    assert "**60 steps" in texts(at)


def test_controls_come_from_the_methods_declaration(jobs):
    from engine.registry import all_of
    from engine.types import declared

    at = opened(unlearn_page())
    for method in all_of("method"):
        at.selectbox(key="method").set_value(method.name).run()
        assert not at.exception
        keys = {widget.key for kind in (at.number_input, at.selectbox, at.toggle, at.slider) for widget in kind}
        for h in declared(method.parameters):
            ending = f".{h.name}.auto" if h.auto else f".{h.name}"
            assert any(str(key).endswith(ending) for key in keys), f"{method.name}: no widget for {h.name}"


def test_the_papers_methods_come_first_and_each_says_what_it_does(jobs):
    from engine.registry import all_of

    at = unlearn_page()
    box = at.selectbox(key="method")
    assert box.options[:6] == ["∇τ (nabla-tau)", "Fine-tuning", "Retraining", "SCRUB",
                               "Selective synaptic dampening (SSD)", "Amnesiac"]
    others = [method.name for method in all_of("method")][6:]
    assert others == sorted(others)
    assert box.help == "The first 6 are the paper's; the others come from elsewhere."
    box.set_value("salun").run()
    assert ("Random labelling that moves only the half of the weights on which the forget set depends most. Not one "
            "of the paper's methods.") in texts(at)


def test_every_data_set_can_be_chosen_and_a_missing_original_asks_with_its_time(jobs):
    at = unlearn_page()
    at.selectbox(key="dataset").set_value("cifar100").run()
    assert not at.exception
    ask = next(t for t in at.toggle if t.label.startswith("Train the Original first"))
    assert at.button(key="launch").disabled
    ask.set_value(True).run()
    assert not at.button(key="launch").disabled


def test_launch_watch_and_finish(jobs, unfolded):
    at = unlearn_page()
    at.button(key="launch").click().run()
    run = jobs.store.list()[0]
    assert at.query_params["run"] == [run.id] or at.query_params["run"] == run.id
    assert finish(jobs, run.id).status == "finished"
    at.run()
    assert not at.exception
    assert {metric.label: metric.value for metric in at.metric}["Attack on the loss"] == (
        f"{jobs.store.get(run.id).metrics['mia_loss']:.1f}%")


def test_a_settings_change_is_used_and_shown(jobs):
    at = opened(unlearn_page())
    widget = next(w for w in at.number_input if w.key and w.key.endswith(".retain_epochs"))
    widget.set_value(2).run()
    at.button(key="launch").click().run()
    run = jobs.store.list()[0]
    assert run.spec.parameters == {"retain_epochs": 2}
    assert run.effective["retain_epochs"] == 2
    assert ":gray-badge[alpha 0.25] :gray-badge[retain epochs 2]" in texts(at)


@pytest.mark.parametrize(("status", "reason"), [
    ("failed", "Out of memory: a smaller batch size needs less."),
    ("cancelled", "Stopped. What was measured until then is kept."),
    ("interrupted", "The process that ran it ended without finishing it.")])
def test_a_run_that_did_not_finish_says_why(jobs, status, reason):
    at = unlearn_page(run=put(jobs, status, reason=reason))
    assert not at.exception
    assert reason in texts(at)
    assert not at.metric


def test_other_data_than_the_originals_is_said_and_training_anew_offered(jobs):
    run_id = put(jobs, "failed", reason="x", notice="The Original was trained on another copy of cifar10")
    at = unlearn_page(run=run_id)
    assert "The Original was trained on another copy of cifar10" in texts(at)
    assert at.button(key=f"anew-{run_id}").label == "Train an Original on these data and run again"


def test_an_unknown_run_in_the_address_is_a_sentence(jobs):
    at = unlearn_page(run="nonsense")
    assert not at.exception
    assert at.error[0].value == (
        f"There is no run 'nonsense' in {jobs.store.root}. It may have been deleted, or belong to "
        "another results folder. Open another run on the page **Runs**, or start one here.")


def test_a_damaged_model_is_said_to_be_so_and_gets_no_praise(jobs):
    found = next(run for run in recorded_runs() if run.finished and verdict_of(run).kind == "damaged")
    at = unlearn_page(run=found.id)
    assert at.error[0].value.startswith("The model is damaged: its test accuracy fell from ")
    assert not [one for one in at.info if "no better than chance" in one.value]


def test_runs_is_empty_where_nothing_was_run_or_ships(jobs, monkeypatch):
    monkeypatch.setattr("engine.runs.library.recorded_runs", lambda: ())
    at = app().switch_page("pages/runs.py").run()
    assert at.info[0].value == ("No runs yet. Start one on the page **Unlearn**, or press the button on the page "
                                "**Start**.")


def test_runs_lists_newest_first_and_filters(jobs):
    first, second = put(jobs, "failed", reason="The disk is full"), put(jobs, "cancelled", reason="Stopped")
    at = app().switch_page("pages/runs.py").run()
    assert list(at.dataframe[0].value["run"])[:2] == [second, first] and len(at.dataframe[0].value) > 2
    assert list(at.dataframe[0].value["forget"])[:2] == ["15%", "15%"]
    at.multiselect(key="runs.columns").set_value(["method", "remarks"]).run()
    assert list(at.dataframe[0].value["remarks"])[:2] == ["Stopped", "The disk is full"]
    at.text_input(key="filter").set_value("disk full").run()
    assert list(at.dataframe[0].value["run"]) == [first]
    at.text_input(key="filter").set_value("zebra").run()
    assert at.info[0].value == "No run matches these words and filters."


def test_a_store_that_cannot_be_opened_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path))
    monkeypatch.setenv("UNLEARN_DATABASE_URL", f"sqlite:////{tmp_path}/no/such/folder/x.sqlite")
    at = app().run()
    assert not at.exception
    assert "cannot be" in texts(at) or "does not answer" in texts(at)


def test_a_value_out_of_range_is_a_sentence_and_nothing_can_be_launched(jobs):
    at = opened(unlearn_page())
    next(w for w in at.number_input if w.key and w.key.endswith(".retain_epochs")).set_value(300).run()
    assert at.error[0].value == ("retain_epochs is 300, but must be a whole number from 1 to 200: the nearest valid "
                                 "value is 200.")
    assert at.button(key="launch").disabled


def test_back_to_the_defaults_resets_what_is_shown_and_what_is_used(jobs):
    at = opened(unlearn_page())
    shown = lambda: next(w for w in at.number_input if w.key and w.key.endswith(".learning_rate"))  # noqa: E731
    shown().set_value(0.5).run()
    assert "0.5" in str(at.table[0].value)
    next(b for b in at.button if b.label == "Back to the defaults").click().run()
    assert shown().value == 0.002
    assert "0.002" in str(at.table[0].value)
    at.number_input(key="seed").set_value(3).run()
    assert shown().value == 0.002, "an edit elsewhere does not bring the old value back"


def test_a_plain_visit_shows_the_newest_run(jobs):
    put(jobs, "failed", reason="first")
    newest = put(jobs, "failed", reason="Out of memory: a smaller batch size needs less.")
    at = unlearn_page()
    assert "Out of memory" in texts(at)
    assert newest in str(at.query_params["run"])


def test_label_noise_off_is_not_called_deliberate_noise(jobs):
    at = opened(unlearn_page())
    assert "random on purpose" in texts(at)
    at.selectbox(key="option.digits.label_noise").set_value(0.0).run()
    assert "random on purpose" not in texts(at)


def test_a_small_hyperparameter_is_shown_with_all_its_digits(jobs):
    at = unlearn_page()
    at.selectbox(key="method").set_value("l1_sparse").run()
    gamma = next(slider for slider in at.slider if slider.label == "gamma")
    assert gamma.proto.format == "%.4f" and gamma.step == 0.0001
