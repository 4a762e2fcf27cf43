"""Several classes at once, and a share of a class: who is chosen, what it is held against, how it is asked for."""

from __future__ import annotations

import json

import pytest
import torch
from helping import problems_of

from engine.cli.main import main
from engine.data.splits import split
from engine.evaluation.verdict import judge, verdict_of
from engine.naming import asked
from engine.registry import judged_by
from engine.runs.records import Run
from engine.runs.store import open_store
from engine.spec import resolve
from engine.studies.comparison import Comparison
from engine.studies.exports import what_is_forgotten
from engine.studies.repeat import run_command
from engine.types import Sizes, Spec
from ui.common import words
from ui.compare import link

TWO = Spec(scenario="class", forget_class=(3, 5))
PART = Spec(scenario="class", forget_class=3, selection={"share": 0.3})


@pytest.mark.parametrize("given", ["3,5", "5, 3", (5, 3), [3, 5], ("3", 5), "3,5,"])
def test_however_they_are_written_they_are_one_request(given):
    found = resolve(Spec(scenario="class", forget_class=given))
    assert found.spec.forget_class == (3, 5) and found.fingerprint == resolve(TWO).fingerprint


@pytest.mark.parametrize("given", [3, "3", "3,", (3,), [3]])
def test_one_class_keeps_its_form(given):
    assert resolve(Spec(scenario="class", forget_class=given)).spec.forget_class == 3


def test_names_are_numbers():
    assert resolve(Spec("cifar10", scenario="class", forget_class="dog,cat")).spec.forget_class == (3, 5)


@pytest.mark.parametrize("given, problems", [
    ("3,3", ["forget_class names '3' twice: once is enough."]),
    ("3,12,x", ["forget_class is 12, but digits has the classes 0 to 9.",
                "No class of digits named 'x'. Valid: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9."]),
    ((), ["forget_class is missing: the scenario 'class' needs the class to forget, a name such as '0' or a number "
          "from 0 to 9."]),
    (",", ["No class of digits named ','. Valid: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9."]),
])
def test_what_is_wrong_with_them(given, problems):
    assert problems_of(Spec(scenario="class", forget_class=given)) == problems


@pytest.mark.parametrize("method", ["nabla_tau", "finetune", "retrain"])
def test_all_classes_are_refused_before_anything_is_planned(method):
    said = ("forget_class is 0, 1 (circle, square), but these are all classes of Moons: leave one out, or forget a "
            "share of each (share below 1).")
    assert problems_of(Spec("moons", method, scenario="class", forget_class=(0, 1))) == [said]
    resolve(Spec("moons", method, scenario="class", forget_class=(0, 1), selection={"share": 0.5}))


def test_all_classes_leave_nothing(digits):
    from engine.errors import BadSpec

    with pytest.raises(BadSpec, match="all 1,000 training samples are of these classes: there would be nothing left"):
        split(digits, Spec(scenario="class", forget_class=tuple(range(10))))


def test_the_sets_of_two_classes_by_hand(digits):
    sets = split(digits, TWO)
    labels, held = digits.train.labels.tolist(), digits.heldout.labels.tolist()
    assert sets.forget.tolist() == [number for number, label in enumerate(labels) if label in (3, 5)]
    assert sets.unseen.tolist() == [number for number, label in enumerate(held) if label in (3, 5)]
    assert not {held[number] for number in sets.test.tolist()} & {3, 5}
    assert resolve(TWO).sizes == Sizes(1_000, 200, 800, 398, 321, 158)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.7])
def test_a_share_is_drawn_from_each_class_by_the_forget_seed(digits, share):
    one = split(digits, Spec(scenario="class", forget_class=(3, 5), selection={"share": share}))
    labels = digits.train.labels
    for number in (3, 5):
        members = int((labels == number).sum())
        assert int((labels[one.forget] == number).sum()) == round(share * members)
    assert set(labels[one.forget].tolist()) == {3, 5}
    assert not torch.equal(one.forget, split(digits, Spec(
        scenario="class", forget_class=(3, 5), selection={"share": share}, forget_seed=1)).forget)


def test_larger_shares_hold_the_smaller_ones(digits):
    small, large = (set(split(digits, Spec(scenario="class", forget_class=3, selection={"share": share}))
                        .forget.tolist()) for share in (0.2, 0.6))
    assert small < large


def test_profile_paper_draws_one_share_for_all_seeds(digits):
    one, other = (split(digits, Spec(scenario="class", forget_class=3, selection={"share": 0.3}, profile="paper",
                                     seed=seed)).forget for seed in (0, 1))
    assert torch.equal(one, other)


def test_a_share_that_is_nobody_is_refused(digits):
    from dataclasses import replace

    from engine.data.images import Pool
    from engine.errors import BadSpec

    few = torch.cat([(digits.train.labels != 3).nonzero()[:, 0], (digits.train.labels == 3).nonzero()[:20, 0]])
    data = replace(digits, train=Pool(digits.train.images[few], digits.train.labels[few]))
    with pytest.raises(BadSpec) as refused:
        split(data, Spec(scenario="class", forget_class=3, selection={"share": 0.02}))
    assert refused.value.problems == ["share is 0.02, but 3 has 20 training samples, of which that is none: the "
                                      "nearest valid value is 0.05."]


def test_a_whole_share_is_the_class_itself():
    whole = resolve(Spec(scenario="class", forget_class=3, selection={"share": 1}))
    assert whole.fingerprint == resolve(Spec(scenario="class", forget_class=3)).fingerprint == "f96d1dd3e212"


def test_a_share_is_judged_by_the_retrained_model_and_a_class_by_its_accuracy():
    """The retrained model still knows the class: 70% right there is no failure, and 40% is over-forgotten."""
    assert (judged_by(TWO), judged_by(PART), judged_by(Spec())) == ("class", "retrained", "unseen")
    metrics = {"forget_accuracy": 70.0, "test_accuracy": 90.0, "retrained": {"forget_accuracy": 72.0}, "mia_loss": 50.0,
               "null_band": {"mia_loss": [40.0, 60.0]}, "original": {"test_accuracy": 91.0}}
    counts = {"sizes": {"forget": 100, "test": 300, "nonmembers": 80}}

    def kind(spec, **changes):
        row = {"id": "a", "status": "finished", "spec": {**spec.__dict__}, "metrics": metrics | counts | changes}
        return verdict_of(Run.from_row(row)).kind

    assert kind(PART) == "forgotten" and kind(TWO) == "forgotten"
    assert kind(PART, forget_accuracy=40.0) == "over_forgotten"
    assert kind(Spec()) == "over_forgotten", "70% is far under the 90% of unseen data"
    assert judge(metrics | {"forget_accuracy": 95.0}, "class", None).kind == "not_forgotten"


@pytest.mark.parametrize(("accuracy", "text", "title"), [
    (0.0, "The classes are forgotten: the model gets 0.0% of its samples right", "Forgotten"),
    (40.0, "The classes are not forgotten: the model still gets 40.0% of its samples right",
     "Not forgotten: the model still knows the classes"),
])
def test_a_verdict_speaks_of_several_classes_in_the_plural(accuracy, text, title):
    row = {"id": "a", "status": "finished", "spec": {**TWO.__dict__}, "metrics": {
        "forget_accuracy": accuracy, "test_accuracy": 90.0, "original": {"test_accuracy": 91.0}}}
    found = verdict_of(Run.from_row(row))
    assert found.text.startswith(text) and found.title.startswith(title) and "class " not in found.text
    assert "The class is" in verdict_of(Run.from_row(row | {"spec": {**TWO.__dict__, "forget_class": 3}})).text


def test_titles_commands_and_links(home):
    two, part = resolve(TWO).spec, resolve(PART).spec
    cats = resolve(Spec("cifar10", scenario="class", forget_class="cat,dog")).spec
    assert words.forgotten(two) == "classes 3, 5" and words.forgotten(part) == "class 3 (share 0.3)"
    assert words.forgotten(cats) == "classes 'cat', 'dog'" and words.never_seen(cats) == "never-seen cat and dog"
    assert words.never_seen(two) == "never-seen classes 3 and 5"
    assert asked(cats)[0].endswith("class=cat,dog") and asked(part)[0].endswith("class=3 share=0.3")
    assert "--forget-class 3,5 " in run_command(two)
    assert "--forget-class 3 --select share=0.3 " in run_command(part)
    comparison = Comparison("cifar10", "class", (3, 5), ("ssd",))
    assert what_is_forgotten(comparison) == "the classes cat, dog"
    query = link.to_query(comparison)
    assert query["forget"] == "3 5" and link.from_query(query) == (comparison, [])
    assert link.from_query(query | {"forget": "dog cat"})[0] == comparison


def test_from_the_command_line_to_the_store_and_back(with_original, capfd):
    assert main(["run", "--scenario", "class", "--forget-class", "5,3", "--select", "share=0.5", "--method", "finetune",
                 "--set", "retain_epochs=1", "--json"]) == 0
    shown = json.loads(capfd.readouterr()[0])
    assert shown["spec"]["forget_class"] == [3, 5] and shown["spec"]["selection"] == {"share": 0.5}
    run = open_store().get(shown["run_id"])
    assert run.spec.forget_class == (3, 5) and run.resolved().fingerprint == run.fingerprint
    chart = [event for event in open_store().events(run.id) if event["kind"] == "probe"][-1]
    assert len(chart["reading"]["by_class"]) == 10, "the chart by class follows"
