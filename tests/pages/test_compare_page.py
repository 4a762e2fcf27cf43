"""The Compare page as a person meets it: real engine, real store, no browser."""

from __future__ import annotations

import re
import threading
from datetime import datetime

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from engine.errors import StoreUnavailable
from engine.evaluation.per_example import PerExample
from engine.evaluation.verdict import verdict_of
from engine.registry import get
from engine.runs.records import Run
from engine.spec import resolve
from engine.studies import exports
from engine.studies.comparison import Comparison, find_runs
from engine.studies.notes import method_title
from engine.studies.ranking import rank
from engine.studies.table import build_table
from engine.types import Spec
from tests.pages.test_pages import at_address, finish, texts
from ui.compare import tuned

QUICK = {"methods": "finetune ssd", "seeds": "0"}


def compare_page(**query: str) -> AppTest:
    return at_address("compare", **query)


def tables(at: AppTest) -> str:
    """The HTML of the page's tables."""
    return "".join(part.proto.body for part in at.get("html") if "<table>" in part.proto.body)


def asked(at: AppTest) -> dict[str, str]:
    return {name: value[0] if isinstance(value, list) else value for name, value in at.query_params.items()}


def put(jobs, status: str, **spec) -> str:
    """A run in the store that this process does not carry out."""
    run_id = jobs.store.begin(resolve(Spec(**spec)))
    jobs.store.end(run_id, status, reason=f"It {status}.")
    return run_id


FRESH = {"forget": "0.2"}  # a comparison of which nothing is recorded


def test_at_first_a_recorded_comparison_answers_the_question(jobs):
    at = compare_page()
    assert not at.exception and not at.warning
    assert "**18 runs, all done** (18 recorded)" in texts(at)
    assert any(part.value.startswith("## Nearest to retraining: ") for part in at.markdown)
    assert "SCRUB" in tables(at)
    assert at.query_params["data"] == ["cifar10"] or at.query_params["data"] == "cifar10"


def test_other_data_bring_a_comparison_that_fits_them_and_say_what_changed(jobs):
    at = compare_page()  # CIFAR-10 as the paper has it
    at.selectbox(key="compare.data").set_value("digits").run()
    assert not at.exception and not at.error
    assert (asked(at)["profile"], asked(at)["seeds"]) == ("corrected", "21 22 23")
    assert "Changed for Digits: seeds 21, 22, 23; profile corrected." in texts(at)
    assert "**18 runs, all done** (18 recorded)" in texts(at), "the methods stay: all of them ship"
    at.selectbox(key="compare.data").set_value("go_emotions").run()
    assert "Changed for GoEmotions: ∇τ, Fine-tuning, Retraining; seeds 0, 1, 2; profile paper." in texts(at)
    assert "**9 runs, all done** (9 recorded)" in texts(at)
    at.selectbox(key="compare.data").set_value("cifar10").run()
    assert "Changed for" not in texts(at) and asked(at)["methods"] == "nabla_tau finetune retrain", "all of it is there"


def test_a_class_stays_a_class_of_other_data(jobs):
    at = compare_page(data="cifar10", scenario="class", forget="3", profile="paper", methods="ssd retrain")
    at.selectbox(key="compare.data").set_value("digits").run()
    assert not at.exception and not at.error
    assert (asked(at)["scenario"], asked(at)["profile"], asked(at)["methods"]) == ("class", "corrected", "retrain ssd")
    assert "Changed for Digits: profile corrected." in texts(at)


def test_hovering_over_a_distance_says_which_side_it_is_on(jobs):
    hovers = re.findall(r'title="(seed 0: [^"]*)"', tables(compare_page()))
    gaps = [hover for hover in hovers if "test accuracy)" in hover]
    assert len(gaps) == 7, "the Original, retraining and five methods"
    assert gaps[2] == (
        "seed 0: 3.43, seed 1: 3.89, seed 2: 2.86 (forget accuracy above test accuracy); distance to the ideal 3.40 "
        "points; retrained model 1.18 (forget accuracy above test accuracy); 2.22 from it; chance range ±1.29")
    assert "seed 2: 2.02 (above 50%); distance to the ideal 2.05 points; retrained model 0.54 (below 50%); 2.59 from " \
        in "".join(hovers), "why it is further from it than 2.05 from 0.54"


def test_what_forgot_nothing_is_praised_nowhere(jobs):
    for share in (0.03, 0.15, 0.3):
        comparison = Comparison("go_emotions", forget=share, methods=("nabla_tau", "finetune", "retrain"),
                                seeds=(0, 1, 2), profile="paper")
        runs = find_runs(comparison, jobs.store)
        table, ranking = build_table(comparison, runs), rank(comparison, runs)
        assert table.marks("finetune") == "∅", "no sign that reads as near to the reference"
        mine = [table.cell("finetune", name) for name in table.columns]
        assert not any(cell.best or exports.inside(cell, "retrained") for cell in mine)
        assert ranking.left_out["finetune"] == "forgot_nothing"
        assert {verdict_of(runs["finetune", seed]).kind for seed in (0, 1, 2)} == {"not_forgotten"}
        assert "∅ forgot nothing: the forget-test gap" in exports.to_markdown(table)


def test_rows_are_sorted_as_asked_and_the_order_is_in_the_address(jobs):
    at = compare_page()
    assert at.selectbox(key="compare.order").value == "nearest" and "sort" not in asked(at)
    at.selectbox(key="compare.order").set_value("seconds").run()
    assert asked(at)["sort"] == "seconds"
    comparison = Comparison("cifar10", methods=tuple(asked(at)["methods"].split()), seeds=(0, 1, 2), profile="paper")
    cost = build_table(comparison, find_runs(comparison, jobs.store)).cost
    shown = re.findall(r"<tr[^>]*><th[^>]*><span[^>]*></span>([^<\u00a0]+)", tables(at).partition("</table>")[0])
    quickest = sorted((name for name in cost if name != "retrain"), key=lambda name: cost[name]["seconds"])
    assert shown == ["Original", "Retraining", *map(method_title, quickest)]
    there = compare_page(data="cifar10", sort="speed")
    assert there.warning[0].value.startswith("The link's sort: there is no column 'speed'.")


def test_where_nothing_was_run_it_says_what_to_do_and_what_it_takes(jobs):
    at = compare_page(**FRESH)
    assert not at.exception
    assert at.title[0].value == "Which method forgets best?"
    assert at.info[0].value.startswith("Nothing has been run for this selection yet. Press **Race**: every")
    assert at.button_group(key="compare.methods").value == ["nabla_tau", "finetune", "retrain", "scrub", "ssd",
                                                            "amnesiac"]
    assert "**6 runs**: 0 done, **6 to compute**" in texts(at)
    assert re.search(r"\*\*Takes \d+ (s )?to \d+ (s|min)\*\*, plus measuring\.", texts(at))
    assert re.search(r"Of this, the retrained reference takes \d+ (s )?to \d+ (s|min) for 1 training from scratch\.",
                     texts(at))
    assert not at.button(key="race").disabled


def test_the_page_says_how_the_digits_constants_were_chosen(jobs):
    said = get("dataset", "digits").tuning
    assert said in texts(compare_page(data="digits"))
    assert said not in texts(compare_page(data="cifar10"))


def test_every_control_has_a_sentence_of_help(jobs):
    at = compare_page(**FRESH)
    widgets = [at.selectbox[0], *at.button_group, at.slider[0], at.text_input[0], at.button(key="race")]
    assert [widget.help for widget in widgets if not widget.help] == []


def test_choosing_no_method_says_what_to_do(jobs):
    at = compare_page(**FRESH)
    at.button_group(key="compare.methods").set_value([]).run()
    assert not at.exception
    assert at.info[0].value.startswith("No runs are chosen. Pick at least one method; include")
    assert at.button(key="race").disabled
    assert not at.error


@pytest.mark.parametrize(("seeds", "told"), [
    ("", "No seed is chosen: write at least one whole number, such as 0 1 2."),
    ("one", "'one' is not a seed: seeds are whole numbers from 0 to 2,147,483,647, separated by "
            "spaces, such as 0 1 2."),
    ("1 1", "Seed 1 is chosen twice: once is enough.")])
def test_seeds_that_make_no_sense_are_a_sentence_and_nothing_can_be_raced(jobs, seeds, told):
    at = compare_page(**FRESH)
    at.text_input(key="compare.seeds").set_value(seeds).run()
    assert not at.exception
    assert [error.value for error in at.error] == [told]
    assert at.button(key="race").disabled
    at.text_input(key="compare.seeds").set_value("0 1").run()
    assert not at.error
    assert "**12 runs**: 0 done" in texts(at)


@pytest.mark.long
def test_a_race_from_click_to_a_table_with_the_stores_numbers(jobs):
    at = compare_page(**QUICK)
    at.button(key="race").click().run()
    assert not at.exception
    runs = jobs.store.list()
    assert [run.spec.method for run in runs] == ["finetune", "ssd"]
    assert [finish(jobs, run.id).status for run in runs] == ["finished", "finished"]
    at.run()
    at.run()  # the fragment notices the end and asks for the whole page
    assert not at.exception
    html, metrics = tables(at), jobs.store.get(runs[0].id).metrics
    row = next(part for part in re.findall(r"<tr[^>]*>.*?</tr>", html) if "Fine-tuning" in part)
    shown = re.findall(r"<td[^>]*>(?:<b>)?([\d.,]+|–)", row)[1:]  # the first is the worst measure
    columns = ("retain_accuracy", "accuracy_gap", "test_accuracy", "mia_loss_gap", "mia_entropy_gap")
    assert shown[:5] == [f"{metrics[name]:.2f}" for name in columns]
    assert shown[5:7] == [f"{runs[0].steps or jobs.store.get(runs[0].id).steps:,}",
                          f"{jobs.store.get(runs[0].id).samples:,}"]
    assert "**2 runs, all done**" in texts(at)
    assert at.button(key="race").disabled, "nothing is computed twice"
    assert at.button_group(key="compare.methods").options[1] == "Fine-tuning •"
    labels = [button.proto.label for button in at.get("download_button")]
    assert labels == ["Report, one HTML file", "CSV, every measure, digit and seed", "Markdown", "LaTeX (booktabs)",
                      "JSON, every measure, digit and seed"]


@pytest.mark.long
def test_what_is_there_is_not_computed_again(jobs):
    at = compare_page(**QUICK)
    at.button(key="race").click().run()
    for run in jobs.store.list():
        finish(jobs, run.id)
    at.text_input(key="compare.seeds").set_value("0 1").run()
    assert "**4 runs**: 2 done, **2 to compute**" in texts(at)
    assert "measuring included" in texts(at)
    at.button(key="race").click().run()
    assert [(run.spec.method, run.spec.seed) for run in jobs.store.list()] == [
        ("finetune", 0), ("ssd", 0), ("finetune", 1), ("ssd", 1)]
    for run in jobs.store.list():
        assert finish(jobs, run.id).status == "finished"


def test_a_race_can_be_stopped(jobs):
    at = compare_page(methods="retrain", seeds="0 1 2", **FRESH)
    at.button(key="race").click().run()
    assert at.button(key="compare.stop").label == "Stop 3 runs"
    at.button(key="compare.stop").click().run()
    assert [finish(jobs, run.id).status for run in jobs.store.list()] == ["cancelled"] * 3
    at.run()
    assert not at.exception
    assert "stopped" in tables(at)


def test_without_retraining_the_reference_is_offered_with_its_cost(jobs):
    at = compare_page(**QUICK)
    assert re.search(r"Without a retrained reference there is nothing to match\. It takes \d+ (s )?to \d+ (s|min)\.",
                     texts(at))
    at.button(key="compare.reference").click().run()
    assert asked(at)["methods"] == "finetune retrain ssd"
    assert "there is nothing to match" not in texts(at)


def test_the_choice_is_in_the_address_and_a_link_restores_it(jobs):
    at = compare_page(data="cifar10", scenario="class", forget="5", methods="scrub retrain", seeds="3 1",
                      profile="paper")
    assert not at.exception
    assert not at.warning
    assert (at.selectbox(key="compare.data").value, at.selectbox(key="compare.scenario").value) == ("cifar10",
                                                                                                     "class")
    assert at.selectbox(key="compare.class.cifar10").value == 5
    assert at.button_group(key="compare.methods").value == ["scrub", "retrain"]
    assert at.text_input(key="compare.seeds").value == "3 1"
    assert at.button_group(key="compare.profile").value == "paper"
    assert asked(at) == {"data": "cifar10", "scenario": "class", "forget": "5", "methods": "retrain scrub",
                         "seeds": "3 1", "profile": "paper"}
    at.text_input(key="compare.seeds").set_value("0").run()
    assert asked(at)["seeds"] == "0"
    assert at.text_input(key="compare.seeds").value == "0", "the address does not bring the old value back"


def test_a_bad_link_is_told_in_sentences_until_something_is_chosen(jobs):
    at = compare_page(data="digitz", forget="seven", methods="scrub magic", seeds="0 0", profile="corrected")
    assert not at.exception
    assert [warning.value.removesuffix(" The default is shown instead.").removesuffix(" It is left out.")
            for warning in at.warning] == [
        "The link's data: No dataset named 'digitz'. Did you mean 'digits'?",
        "The link's forget: 'seven' is not a share of the training set: it must be a number from 0.001 to 0.6, such as "
        "0.15.",
        "The link's methods: No method named 'magic'. Did you mean 'msg'?",
        "The link's seeds: Seed 0 is chosen twice: once is enough."]
    assert asked(at) == {"data": "digits", "scenario": "random", "forget": "0.15", "methods": "scrub", "seeds": "0",
                         "profile": "corrected"}
    at.text_input(key="compare.seeds").set_value("0 1").run()
    assert not at.warning


def test_recorded_runs_count_as_done_and_say_where_and_when(jobs):
    at = compare_page(data="cifar10", methods="nabla_tau finetune", seeds="0")
    assert not at.exception
    assert "**2 runs, all done** (2 recorded)" in texts(at)
    html = tables(at)
    shown = find_runs(Comparison("cifar10", methods=("nabla_tau", "finetune")), jobs.store)
    for run in shown.values():
        day = datetime.fromtimestamp(run.started).strftime("%Y-%m-%d")
        assert f"Recorded earlier, on {run.device}, {day}: " in html
        assert f"{run.metrics['test_accuracy']:.2f}" in html
    assert ">(85.73 ± 0.25)</small>" in html
    assert at.button_group(key="compare.methods").options[0] == "∇τ •"


def test_a_missing_original_asks_before_the_race(jobs):
    at = compare_page(data="cifar100", methods="finetune", seeds="0")
    ask = next(toggle for toggle in at.toggle if toggle.label.startswith("Train the Original first"))
    assert at.button(key="race").disabled
    ask.set_value(True).run()
    assert not at.button(key="race").disabled


def test_a_failed_run_is_shown_with_its_reason_and_may_be_raced_again(jobs):
    put(jobs, "failed", method="ssd")
    at = compare_page(**QUICK)
    assert not at.exception
    assert "failed: It failed." in tables(at)
    assert "**2 runs**: 0 done, **2 to compute**" in texts(at)
    assert not at.button(key="race").disabled


def test_a_class_is_raced_by_its_number(jobs):
    at = compare_page(scenario="class", forget="3", methods="ssd", seeds="0")
    at.button(key="race").click().run()
    run = jobs.store.list()[0]
    assert (run.spec.scenario, run.spec.forget_class, run.spec.forget_fraction) == ("class", 3, None)
    assert finish(jobs, run.id).status == "finished"
    at.run()
    at.run()
    assert not at.exception
    assert "Digits, forget class 3, seed 0, corrected profile" in texts(at)
    assert "Forget accuracy" in tables(at)


@pytest.mark.long
def test_the_export_is_of_the_runs_that_are_shown(jobs):
    at = compare_page(**QUICK)
    at.button(key="race").click().run()
    for run in jobs.store.list():
        finish(jobs, run.id)
    shown = Comparison(methods=("finetune", "ssd"))
    csv = exports.to_csv(build_table(shown, find_runs(shown, jobs.store)))
    metrics = jobs.store.list()[1].metrics
    line = next(line for line in csv.splitlines() if ",ssd,test_accuracy," in line)
    assert str(metrics["test_accuracy"]) in line.split(",")


def test_a_store_that_stops_answering_is_a_sentence(jobs, monkeypatch):
    def silent(*_):
        raise StoreUnavailable("The run store does not answer: disk I/O error.")

    put(jobs, "failed", method="ssd")
    monkeypatch.setattr("ui.compare.race.follow", silent)
    at = compare_page(**QUICK)
    assert not at.exception
    assert [error.value for error in at.error] == ["The run store does not answer: disk I/O error."]


def test_leaving_the_page_and_coming_back_keeps_the_choice(jobs):
    at = compare_page(methods="ssd", seeds="2 4", forget="0.3")
    at.switch_page("pages/runs.py").run()
    at.query_params.clear()
    at.switch_page("pages/compare.py").run()
    assert not at.exception
    assert asked(at)["seeds"] == "2 4"
    assert (asked(at)["methods"], asked(at)["forget"]) == ("ssd", "0.3")


def test_a_tick_of_the_fragment_asks_the_store_a_bounded_number_of_times(jobs):
    """Looking at a race must not hold up the page: one question for all twelve runs, whatever their number."""
    asked = []
    here = threading.get_ident()  # the queue looks into the same store now and then
    sa.event.listen(jobs.store._engine, "before_cursor_execute",
                    lambda *args: asked.append(args[2]) if threading.get_ident() == here else None)
    few = Comparison(methods=("finetune", "retrain"), seeds=(0,))
    many = Comparison(methods=("finetune", "retrain", "scrub", "ssd", "amnesiac", "nabla_tau"), seeds=(0, 1))
    counted = []
    for shown in (few, many):
        for spec in shown.specs():
            jobs.store.begin(resolve(spec))
        asked.clear()
        build_table(shown, find_runs(shown, jobs.store))
        counted.append(len([statement for statement in asked if statement.startswith("SELECT")]))
    assert counted == [1, 1], asked


def test_under_the_answer_attacks_tuned_to_each_sample_are_pointed_to(jobs, monkeypatch):
    found = tuned.Tuned("finetune", Run("cafe", "finished", Spec(method="finetune")),
                        PerExample("Fine-tuning", 64, 0.683, 0.67, 0.7, 0.505, 0.49, 0.52))
    monkeypatch.setattr(tuned, "of_nearest", lambda ranking, runs: [found])
    at = compare_page()
    assert not at.exception and any(part.value == tuned.sentence([found]) for part in at.markdown)
    assert "See it on the page Evidence" in str([part.proto for part in at.get("page_link")])
