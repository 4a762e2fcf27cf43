"""Forgetting a whole class, from the widgets to the finished page: what is asked, shown before, and said afterwards."""

from __future__ import annotations

import pytest

from engine.cli.main import main
from engine.evaluation.events import Course
from engine.evaluation.measured import Metrics
from engine.evaluation.verdict import verdict_of
from engine.registry import table
from engine.spec import resolve
from engine.types import Attack, Sizes, Spec
from tests.pages.test_pages import app, finish, opened, texts, unlearn_page
from tests.patience import until
from ui.common import measures, words
from ui.common.stage.scene import scene


def class_page(number: int = 3, dataset: str = "digits"):
    """The Unlearn page with a class of the data set picked."""
    at = unlearn_page()
    at.selectbox(key="dataset").set_value(dataset).run()
    at.selectbox(key="scenario").set_value("class").run()
    return at.selectbox(key=f"class.{dataset}").set_value(number).run()


def effective(at) -> dict[str, str]:
    """The table of effective settings in the form."""
    return opened(at).table[0].value.iloc[:, 0].to_dict()


# -- before launch ----------------------------------------------------------------------------------------

def test_a_class_is_a_choice_beside_a_random_subset(jobs):
    at = unlearn_page()
    assert at.selectbox(key="scenario").value == "random"
    assert at.slider(key="forget").value == 15.0
    at = class_page()
    assert not at.exception
    assert not [slider for slider in at.slider if slider.key == "forget"]
    assert at.selectbox(key="class.digits").options == [str(digit) for digit in range(10)]
    assert "never-seen samples of it" in at.selectbox(key="class.digits").help
    assert "About 100 of 1,000 training samples, 10.0%." in texts(at)
    at.selectbox(key="scenario").set_value("random").run()
    assert at.slider(key="forget").value == 15.0


def test_the_effective_settings_name_the_class_and_its_unseen_samples(jobs):
    shown = effective(class_page())
    assert shown["forget set"] == "class 3, about 100 samples"
    assert shown["retain set"] == "about 900 samples"
    assert shown["validation set"] == "398 samples"
    assert shown["test set"] == "about 360 samples, the class left out"
    assert shown["unseen samples of the class"] == "about 79"
    assert shown["alpha"] == "0.166667"


def test_a_random_subset_has_no_such_row(jobs):
    shown = effective(unlearn_page())
    assert shown["forget set"] == "150 samples"
    assert "unseen samples of the class" not in shown


def test_the_caption_on_noise_counts_the_smaller_side(jobs):
    shown = texts(class_page())
    assert "With 79 samples per side, the attack's chance range (95%) reaches about 11 points to either side." in shown


def test_classes_of_cifar_go_by_their_names(jobs):
    shown = effective(class_page(5, "cifar10"))
    assert shown["forget set"] == "class 'dog', about 5,000 samples"
    assert shown["unseen samples of the class"] == "about 1,000"


@pytest.mark.parametrize(("spec", "sizes"), [
    (Spec(scenario="class", forget_class=3), Sizes(1_000, 100, 900, 398, 360, 79)),
    (Spec(dataset="cifar10", scenario="class", forget_class="dog"), Sizes(50_000, 5_000, 45_000, 5_000, 4_500, 1_000)),
])
def test_the_sizes_of_class_removal(spec, sizes):
    assert resolve(spec).sizes == sizes
    assert sizes.nonmembers == sizes.unseen
    assert resolve(Spec()).sizes.nonmembers == resolve(Spec()).sizes.test == 399


# -- words ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("spec", "forgotten", "unseen"), [
    (Spec(), "15%", "test"),
    (Spec(scenario="class", forget_class=3), "class 3", "never-seen class 3"),
    (Spec(dataset="cifar10", scenario="class", forget_class=5), "class 'dog'", "never-seen dog"),
    (Spec(dataset="cifar100", scenario="class", forget_class=1), "class 'aquarium_fish'", "never-seen aquarium fish"),
    (Spec(dataset="gone", scenario="class", forget_class=2), "class 2", "never-seen class 2"),
    (Spec(dataset="digits", scenario="class", forget_class=99), "class 99", "never-seen class 99"),
])
def test_what_is_forgotten_in_words(spec, forgotten, unseen):
    assert (words.forgotten(spec), words.never_seen(spec)) == (forgotten, unseen)


# -- a run, from click to finished page -------------------------------------------------------------------

def launched(jobs) -> tuple[dict, object]:
    at = class_page()
    at.button(key="launch").click().run()
    run = finish(jobs, jobs.store.list()[0].id)
    return run, at.run()


@pytest.mark.long
def test_launch_and_finish_names_the_class_everywhere(jobs, unfolded, capsys):
    run, at = launched(jobs)
    assert not at.exception
    spec, metrics = run.spec, run.metrics
    assert (spec.scenario, spec.forget_class, spec.forget_fraction) == ("class", 3, None)
    assert run.status == "finished" and metrics["forget_accuracy"] < 5 < metrics["test_accuracy"]

    said = texts(at)
    assert ":gray-badge[Digits] :gray-badge[forget class 3] :gray-badge[alpha 0.167]" in said
    assert (f"The class is forgotten: the model gets {metrics['forget_accuracy']:.1f}% of its samples right (zero is "
            "usual for a retrained one).") in said
    counts = jobs.store.events(run.id)[0]["counts"]
    assert (f"a fixed sample of {counts['forget']} forget, {counts['test']} test, {counts['retain']} retain and "
            f"{counts['unseen']} never-seen class 3 samples") in said
    assert verdict_of(run).kind == "forgotten" and not at.warning, "a low accuracy on a forgotten class is no fault"
    cards = {metric.label: metric for metric in at.metric}
    assert list(cards) == ["Attack on the loss", "Attack on the entropy", "Forget accuracy", "Test accuracy",
                           "Retain accuracy", "Exposed at 1% false alarms"]
    assert cards["Forget accuracy"].help.endswith("A retrained model usually has 0% here.")
    assert "held-out samples of the class, not the test set" in cards["Attack on the loss"].help

    table = app().switch_page("pages/runs.py").run().dataframe[0].value
    assert table["forget"][0] == "class 3", "own runs come before recorded ones"
    assert table["forget_accuracy"][0] == metrics["forget_accuracy"]
    assert main(["list", "runs"]) == 0
    line = capsys.readouterr().out
    assert line.split()[2:6] == ["nabla_tau", "digits", "class=3", "seed=0"]
    assert main(["show", run.id]) == 0
    out = capsys.readouterr().out
    assert "class=3" in out and "accuracy_gap" not in out


def test_the_picture_of_class_removal_never_speaks_of_test_where_the_class_is_meant(jobs):
    run, _ = launched(jobs)
    drawn = scene(run, Course.from_json(jobs.store.events(run.id)))
    assert drawn["names"] == {"forget": "forget", "test": "never-seen class 3"}
    assert drawn["titles"] == {"attacks": "The attack should end near a coin toss, 50%",
                               "accuracy": "Forget should fall to the retrained model's"}
    assert [one["key"] for one in drawn["gauges"]] == ["forget_accuracy", "test_accuracy", "mia_loss"]


@pytest.mark.long
def test_a_retraining_that_comes_later_is_drawn_and_said(brief):
    jobs = brief
    run, _ = launched(jobs)
    finish(jobs, jobs.submit(Spec(method="retrain", scenario="class", forget_class=3)))
    until(lambda: jobs.store.get(run.id).metrics.retrained, "the run to be completed by it")
    at = unlearn_page(run=run.id)
    assert not at.exception
    assert "right (the retrained model: 0.0%)." in texts(at)
    drawn = scene(jobs.store.get(run.id), Course.from_json(jobs.store.events(run.id)))
    assert drawn["retrained"]["accuracy"]["forget"] == 0.0 and drawn["gauges"][0]["retrained"] == 0.0
    row = {row["measure"].split("**")[1]: row for row in measures.rows(jobs.store.get(run.id).metrics, "class")}
    assert row["Forget accuracy"]["retrained"] == "0.0%"
    assert row["Forget-test gap"]["ideal"] == "as\u00a0retrained", "no gap of zero is asked for of a forgotten class"


# -- all measures -----------------------------------------------------------------------------------------

def measured(metrics: dict, scenario: str = "random") -> dict[str, dict[str, str]]:
    return {row["measure"].split("**")[1]: row for row in measures.rows(Metrics(metrics), scenario)}


def test_every_metric_has_a_row_with_ideal_unit_and_interval():
    from engine.evaluation.metrics import all_metrics

    rows = measured({"tpr_at_1pct_fpr": 5.0, "tpr_at_1pct_fpr_interval": [1.64, 11.28], "wasserstein_test": 0.12345,
                     "original": {"tpr_at_1pct_fpr": 1.0}, "retrained": None, "missing": {"tow": "It needs a model."}})
    assert list(rows) == [metric.title for metric in all_metrics()]
    row = rows["Exposed at 1% false alarms"]
    assert (row["Original"], row["now"], row["retrained"], row["ideal"]) == (
        "1.0%", "5.0%  \n:small[1.6\u00a0to\u00a011.3]", "–", "1%")
    assert rows["Distance to unseen losses (Wasserstein)"]["now"] == "0.123\u00a0nats"
    assert rows["Forget accuracy"]["ideal"] == "as\u00a0retrained"
    assert rows["Test accuracy"]["ideal"] == "high"


def test_an_empty_measure_says_why():
    rows = measured({"mia_loss": None, "missing": {"tow": "It needs a model retrained on the same split."}})
    assert rows["ToW"]["measure"].endswith(":orange[It needs a model retrained on the same split.]]")
    assert rows["Attack on the loss"]["measure"].endswith(":orange[Too few samples per side.]]")
    assert rows["Attack on the loss"]["now"] == "–"
    assert rows["Distance to unseen losses (KS)"]["measure"].endswith(":orange[Not measured in this run.]]")


def test_recorded_runs_without_the_newer_metrics_open(jobs, unfolded):
    from engine.runs.recorded import recorded_runs

    older = [run for run in recorded_runs() if "tow" not in run.metrics]
    swept = [run for run in recorded_runs() if run.spec.parameters]
    assert older and swept
    for run in (*older, swept[0], swept[-1]):
        at = unlearn_page(run=run.id)
        assert not at.exception
        assert len(at.metric) == 6
        assert at.metric[0].value == f"{run.metrics['mia_loss']:.1f}%"


# -- a new attack -----------------------------------------------------------------------------------------

def test_a_new_attack_appears_by_itself(jobs, monkeypatch):
    """On the charts, among the cards and in the verdict: one record in the registry and no other edit."""
    import dataclasses

    from engine.evaluation.verdict import judge
    from engine.registry import get

    added: Attack = dataclasses.replace(get("attack", "mia_loss"), name="lira", title="Likelihood ratio (LiRA)",
                                        short="", means="", stored={})
    monkeypatch.setitem(table("attack"), "lira", added)
    assert words.attack_labels() == {"mia_loss": "loss attack", "mia_entropy": "entropy attack",
                                     "lira": "Likelihood ratio"}
    assert judge({"lira": 70.0, "null_band": {"lira": (45.0, 55.0)}}, "random", None).text == (
        "An attacker with “Likelihood ratio” still does better than chance (70.0%, chance range: 45.0 to 55.0%).")
