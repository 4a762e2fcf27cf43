"""A scenario's own parameters, from the declaration to the identity: one that is added, with a value of every kind."""

from __future__ import annotations

import json

import pytest

from engine import api, registry
from engine.cli.main import main
from engine.errors import BadInput, BadSpec
from engine.naming import asked
from engine.runs.nearest import nearest
from engine.runs.records import Run, stored_spec
from engine.runs.store import open_store
from engine.spec import resolve
from engine.studies.comparison import Comparison
from engine.studies.exports import what_is_forgotten
from engine.studies.repeat import comparison_commands, run_command
from engine.types import Spec
from tests import added
from ui.common import words

EVERY = '''
"""Every n-th sample, from one end."""
from dataclasses import dataclass

from engine import Scenario, Sizes, parameter
from engine.errors import Problem


@dataclass(frozen=True)
class Parameters:
    every: int = parameter(10, low=2, high=500, step=1, help="One in how many.")
    keep: float = parameter(0.0, low=0.0, high=1.0, step=0.1, help="The share that is kept all the same.")
    end: str = parameter("first", choices=("first", "last"), help="Where to begin.")
    odd: bool = parameter(False, help="Whether to begin at the next one.")
    reason: str = parameter("", help="Why.")


def select(data, spec):
    import torch

    chosen = Parameters(**spec.selection)
    numbers = torch.arange(int(chosen.odd), len(data.train), chosen.every)
    return numbers[:round(len(numbers) * (1 - chosen.keep))]


def sizes(spec, dataset):
    forget, held = dataset.train_size // Parameters(**spec.selection).every, dataset.heldout_size
    return Sizes(dataset.train_size, forget, dataset.train_size - forget, held // 2, held - held // 2)


def problems(spec, dataset):
    chosen = Parameters(**spec.selection)
    if chosen.every > dataset.train_size:
        yield Problem.about("selection.every", f"is {chosen.every}, but {dataset.name} has {dataset.train_size}.")


def why_not(dataset):
    return "Every n-th point is no question." if dataset.kind == "points" else None


SCENARIO = Scenario(name="every", title="every n-th sample", target="selection", parameters=Parameters, select=select,
                    sizes=sizes, problems=problems, why_not=why_not, summary="One in n.", aim="As before.",
                    source="a test")
'''
ASKED = {"every": 20, "end": "last", "reason": "a word"}


@pytest.fixture(autouse=True)
def every(tmp_path, monkeypatch):
    """The scenario, as somebody adds it."""
    (tmp_path / "components").mkdir()
    (tmp_path / "components" / "every.py").write_text(EVERY)
    monkeypatch.setenv("UNLEARN_COMPONENTS", str(tmp_path / "components"))
    added.forget()
    yield
    monkeypatch.delenv("UNLEARN_COMPONENTS")
    added.forget()


def spec(**selection):
    return Spec(scenario="every", selection=selection)


def problems_of(**selection):
    with pytest.raises(BadSpec) as caught:
        resolve(spec(**selection))
    return {problem.field: str(problem) for problem in caught.value.problems}


def test_values_are_taken_in_their_type_and_defaults_are_left_out():
    found = resolve(spec(every="20", keep=0, end="first", odd="false", reason="")).spec
    assert found.selection == {"every": 20} and type(found.selection["every"]) is int
    assert found.forget_fraction is None and found.forgotten is None


@pytest.mark.parametrize("selection, field, sentence", [
    ({"every": 1}, "selection.every",
     "every is 1, but must be a whole number from 2 to 500: the nearest valid value is 2."),
    ({"every": "many"}, "selection.every", "every is 'many', but must be a number."),
    ({"end": "lst"}, "selection.end", "No end named 'lst'. Did you mean 'last'?"),
    ({"odd": 3}, "selection.odd", "odd is 3, but must be true or false."),
    ({"evry": 3}, "selection.evry", "No parameter of the scenario 'every' named 'evry'. Did you mean 'every'?"),
    ({"reason": ["a"]}, "selection.reason", "reason is ['a'], but must be a text."),
    ({"reason": "a" * 301}, "selection.reason", "reason has 301 characters, but may have 300 at most."),
    ({"reason": "a\x00"}, "selection.reason",
     "reason is 'a\\x00', which holds a character that cannot be printed: leave it out."),
])
def test_what_is_wrong_is_one_sentence(selection, field, sentence):
    assert problems_of(**selection) == {field: sentence}


def test_all_problems_are_found_together():
    assert list(problems_of(every=0, end="x", evry=1)) == ["selection.evry", "selection.every", "selection.end"]


def test_the_scenario_has_the_last_word():
    """Its own check comes after ranges, and sees the data set's declaration."""
    with pytest.raises(BadSpec) as caught:
        resolve(Spec("moons", scenario="every"))
    assert caught.value.problems == ["Every n-th point is no question."]
    assert caught.value.problems[0].field == "scenario"


def test_a_scenario_without_parameters_takes_none():
    with pytest.raises(BadSpec) as caught:
        resolve(Spec(selection={"share": 0.3}))
    assert caught.value.problems == ["The scenario 'random' has no parameters, but 'share' was set."]


@pytest.mark.parametrize("of", ["fingerprint", "split_identity", "training_identity", "identity"])
def test_they_are_part_of_every_identity(of):
    def identity(**selection):
        value = getattr(resolve(spec(**selection)), of)
        arguments = {"training_identity": ("data",), "identity": ("data", "original")}.get(of, ())
        return value(*arguments) if callable(value) else value

    assert identity() == identity(every=10) == identity(every="10", keep=0.0)
    assert len({identity(), identity(every=20), identity(end="last"), identity(every=20, end="last")}) == 4
    assert identity(every=20, end="last") == identity(end="last", every=20)


def test_specs_from_before_keep_their_identity():
    """Fixed on the commit before selections came."""
    usual, of_class = resolve(Spec()), resolve(Spec(scenario="class", forget_class=3))
    assert (usual.fingerprint, usual.split_identity(), usual.identity("d", "o"), usual.training_identity("d")) == (
        "c89e9546cca4", "781048c88b4e", "fa1ce5d1443c98b03985e8fcb672f65f", "e6e36035a38722031de4b1aa")
    assert (of_class.fingerprint, of_class.split_identity()) == ("f96d1dd3e212", "b4683db6d101")


def test_a_stored_spec_without_a_selection_is_what_older_versions_read():
    assert "selection" not in stored_spec(Spec()) and stored_spec(spec(every=20))["selection"] == {"every": 20}


def test_names_and_commands_tell_them():
    one = resolve(spec(**ASKED)).spec
    assert asked(one)[0].endswith("scenario=every every=20 end=last reason=a word") and "f=" not in asked(one)[0]
    assert words.forgotten(one) == "every n-th sample (every 20, end last, reason a word)"
    assert run_command(one) == (
        "python -m engine run --dataset digits --model small_cnn --method nabla_tau --scenario every --select every=20 "
        "--select end=last --select 'reason=a word' --seed 0 --profile corrected --train-original")
    comparison = Comparison(scenario="every", forget=None, methods=("finetune",), selection=ASKED)
    assert what_is_forgotten(comparison) == "every n-th sample (every 20, end last, reason a word)"
    assert resolve(comparison.spec("finetune", 0)).spec.selection == ASKED
    assert "--select every=20" in comparison_commands(comparison)[0]


def test_a_retraining_of_another_selection_is_named_by_it():
    mine = Run("a", "finished", resolve(spec(every=20)).spec)
    other = Run("b", "finished", resolve(Spec(method="retrain", scenario="every", selection={"every": 30})).spec)
    assert nearest(mine, [other]) == "There is one for every 30."


def test_the_command_line_runs_lists_and_shows_it(with_original, capfd):
    def say(*words):
        capfd.readouterr()
        assert main(words) == 0
        return json.loads(capfd.readouterr()[0])

    shown = say("run", "--scenario", "every", "--select", "every=20", "--select", "reason=7", "--method", "finetune",
                "--set", "retain_epochs=1", "--json")
    assert shown["spec"]["selection"] == {"every": 20, "reason": "7"} and shown["spec"]["forget_fraction"] is None
    kept = open_store().get(shown["run_id"])
    assert kept.spec.selection == {"every": 20, "reason": "7"} and kept.resolved().fingerprint == kept.fingerprint
    assert sorted(open_store().load_samples(kept.id).query("set == 'forget'")["sample"]) == list(range(0, 1000, 20))
    every = next(one for one in say("list", "scenarios", "--json") if one["name"] == "every")
    assert (every["target"], every["compared_with"]) == ("selection", "test")
    assert [(one["name"], one["kind"], one["default"]) for one in every["parameters"]][:3] == [
        ("every", "int", 10), ("keep", "float", 0.0), ("end", "choice", "first")]


@pytest.mark.parametrize("flags, sentence", [
    (["--select", "every"], "--select 'every' is not of the form NAME=VALUE."),
    (["--forget-fraction", "0.2"], "--forget-fraction does not go with the scenario 'every': leave it out."),
    (["--forget-class", "3"], "forget_class is '3', but the scenario 'every' forgets no class."),
])
def test_flags_that_do_not_go_with_it(flags, sentence, home, capfd):
    assert main(["run", "--scenario", "every", *flags, "--json"]) == 2
    assert json.loads(capfd.readouterr()[0])["problems"] == [sentence]


def test_an_archive_takes_them_along(with_original, tmp_path, monkeypatch, capfd):
    assert main(["run", "--scenario", "every", "--select", "every=20", "--method", "finetune", "--set",
                 "retain_epochs=1", "--json"]) == 0
    assert main(["archive", "export", str(tmp_path / "runs.zip"), "--json"]) == 0
    run = open_store().list()[0]
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path / "other"))
    assert main(["archive", "import", str(tmp_path / "runs.zip"), "--json"]) == 0
    assert open_store().get(run.id).spec == run.spec


def test_a_notebook_asks_by_name():
    parts = api.load("digits").split(scenario="every", every=50, odd=True)
    assert parts.sets.forget.tolist() == list(range(1, 1000, 50))
    assert "forget every 50, odd True" in repr(parts)


@pytest.mark.parametrize("old, new, wrong", [
    ("sizes=sizes, ", "", "declares 'every' with target='selection' but without sizes(spec, dataset): nobody else can "
     "say how many samples it forgets."),
    ("parameter(10, ", "parameter(1, ", "declares the scenario 'every' with a default that is not valid: every is 1, "
     "but must be a whole number from 2 to 500: the nearest valid value is 2."),
    ('parameter("", help="Why.")', '""', "declares the parameter 'reason' of every without its range and help: write "
     "reason = parameter(default, help=..., low=..., high=...)."),
])
def test_a_file_that_declares_it_wrongly_is_named(old, new, wrong, tmp_path):
    assert old in EVERY
    (tmp_path / "components" / "every.py").write_text(EVERY.replace(old, new))
    added.forget()
    with pytest.raises(BadInput) as caught:
        registry.names("scenario")
    assert str(caught.value).endswith(wrong)


@pytest.mark.parametrize("chosen, sentence", [
    ("torch.tensor([1.0])", "chose torch.float32 numbers of shape (1,): its select() must return int64 (F,)."),
    ("torch.tensor([0, 1000])", "chose samples from 0 to 1,000, but there are 0 to 999."),
    ("torch.tensor([5, 5])", "chose 2 samples, but only 1 different ones: each once is enough."),
    ("torch.arange(0)",
     "chose 0 of the 1,000 training samples: at least one must be forgotten, and at least one kept."),
])
def test_a_choice_that_is_no_forget_set_is_refused(chosen, sentence, tmp_path, digits):
    text = EVERY.replace("return numbers[:round(len(numbers) * (1 - chosen.keep))]", f"return {chosen}")
    (tmp_path / "components" / "every.py").write_text(text)
    added.forget()
    with pytest.raises(BadSpec) as caught:
        api.load("digits").split(scenario="every")
    assert caught.value.problems == [f"The scenario 'every' {sentence}"]
