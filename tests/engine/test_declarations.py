"""Wrong declarations are refused in a sentence: when a component is registered, or when a run is asked for."""

from __future__ import annotations

from dataclasses import dataclass, make_dataclass, replace

import pytest

from engine import registry
from engine.errors import BadInput, BadSpec
from engine.spec import requested_parameters, resolve
from engine.types import Auto, Spec, parameter
from engine.validity import wrong

FINETUNE, DIGITS, CNN = (registry.get(*place) for place in (("method", "finetune"), ("dataset", "digits"),
                                                            ("model", "small_cnn")))


@pytest.fixture
def fresh():
    """What these tests add is gone afterwards."""
    known = {kind: dict(registry.table(kind)) for kind in registry.KINDS}
    yield
    for kind, records in known.items():
        registry.table(kind).clear()
        registry.table(kind).update(records)


def one(annotation, default, **declared):
    """A dataclass of one hyperparameter, called x."""
    return make_dataclass("Parameters", [("x", annotation, parameter(default, help="A help.", **declared))],
                          frozen=True)


@dataclass(frozen=True)
class Bare:
    x: float = 1.0


DEFAULT = "declares the method 'mine' with a default that is not valid: "
PROFILE = "declares the method 'mine' with a value that is not valid for the profile 'paper': "


@pytest.mark.parametrize(("parameters", "said"), [
    (one("float", 2.0, low=0.0, high=1.0), "x is 2.0, but must be between 0 and 1: the nearest valid value is 1."),
    (one("float", -1.0, low=0.0), "x is -1.0, but must be a number from 0: the nearest valid value is 0."),
    (one("int", 0, low=1, high=9), "x is 0, but must be a whole number from 1 to 9: the nearest valid value is 1."),
    (one("int", 1.5, high=9), "x is 1.5, but must be a whole number up to 9: the nearest valid value is 2."),
    (one("float", None, low=0.0, high=1.0), "x is None, but must be a number."),
    (one("bool", "maybe"), "x is 'maybe', but must be true or false."),
    (one("str", "meen", choices=("mean", "sum")), "No x named 'meen'. Did you mean 'mean'?"),
])
def test_a_default_outside_its_own_range(parameters, said):
    assert wrong("method", replace(FINETUNE, name="mine", aliases=(), parameters=parameters), {}) == DEFAULT + said


@pytest.mark.parametrize("parameters", [
    one("float", 1.0, low=0.0), one("float", 1.0), one("int", 9, high=9), one("bool", False),
    one("str", "sum", choices=("mean", "sum")),
    one("float | None", None, low=0.0, high=1.0, auto=Auto("a half", lambda setting: 0.5))])
def test_a_default_within_its_range_or_without_one(parameters):
    mine = replace(FINETUNE, name="mine", aliases=(), parameters=parameters, profiles={}, intensity="")
    assert wrong("method", mine, {}) is None


@pytest.mark.parametrize(("change", "said"), [
    ({"needs": ("forget", "labels")}, "needs 'labels', but a method can look at forget, forget_labels, retain or "
                                      "validation."),
    ({"intensity": "batch_norm"}, "declares the intensity 'batch_norm', but it must be one of its hyperparameters that "
                                  "are numbers: x."),
    ({"parameters": int}, "declares 'mine' with parameters = <class 'int'>, which is no dataclass: decorate it with "
                          "@dataclass."),
    ({"parameters": Bare}, "declares the hyperparameter 'x' of mine without its range and help: write x = "
                           "parameter(default, help=..., low=..., high=...)."),
    ({"profiles": {"papers": {}}}, "declares the method 'mine' with a profile that does not exist: No profile named "
                                   "'papers'. Did you mean 'paper'?"),
    ({"profiles": {"paper": {"xx": 1.0}}}, PROFILE + "No hyperparameter named 'xx'. Did you mean 'x'?"),
    ({"profiles": {"paper": {"x": 3}}}, PROFILE + "x is 3, but must be between 0 and 1: the nearest valid value is 1."),
])
def test_other_wrong_defaults_of_a_method(change, said):
    method = replace(FINETUNE, name="mine", aliases=(), parameters=one("float", 1.0, low=0.0, high=1.0), profiles={})
    assert wrong("method", replace(method, **change), {}) == said


def test_a_refusal_at_registration_names_the_component(fresh):
    with pytest.raises(BadInput) as refused:
        registry.register(replace(FINETUNE, name="mine", aliases=(), parameters=one("int", 0, low=1, high=9)))
    assert str(refused.value) == f"the component {DEFAULT}x is 0, but must be a whole number from 1 to 9: the " \
                                 "nearest valid value is 1."
    assert "mine" not in registry.names("method")


NESTED = "but unlearning must be nested as in {'finetune': {'batch_size': 32}}."


@pytest.mark.parametrize(("kind", "record", "unlearning", "said"), [
    ("dataset", DIGITS, {"batch_size": 32}, f"declares 'mine' with unlearning['batch_size'] = 32, {NESTED}"),
    ("dataset", DIGITS, ["finetune"], f"declares 'mine' with unlearning = ['finetune'], {NESTED}"),
    ("model", CNN, {"digits": {"batch_size": 32}},
     "declares 'mine' with unlearning['digits']['batch_size'] = 32, but unlearning must be nested as in "
     "{'digits': {'finetune': {'batch_size': 32}}}."),
])
def test_flat_settings(kind, record, unlearning, said):
    assert wrong(kind, replace(record, name="mine", unlearning=unlearning), {}) == said


MINE = "unlearning[{!r}] of the data set mine is not valid: "


@pytest.mark.parametrize(("unlearning", "said"), [
    ({"finetun": {"batch_size": 32}}, MINE.format("finetun") + "No method named 'finetun'. Did you mean 'finetune'?"),
    ({"finetune": {"batch_sise": 32}}, MINE.format("finetune") + "No hyperparameter of finetune named 'batch_sise'. "
     "Did you mean 'batch_size'?"),
    ({"finetune": {"batch_size": 0}}, MINE.format("finetune") + "batch_size is 0, but must be a whole number from 2 to "
     "4,096: the nearest valid value is 2."),
    ({"finetune": {"learning_rate": "high"}}, MINE.format("finetune") + "learning_rate is 'high', but must be a "
     "number."),
])
def test_wrong_settings_of_a_data_set_are_refused_when_a_run_is_asked_for(unlearning, said, fresh):
    registry.register(replace(DIGITS, name="mine", unlearning=unlearning))
    with pytest.raises(BadSpec) as refused:
        resolve(Spec(dataset="mine", method="finetune"))
    assert [(problem.field, str(problem)) for problem in refused.value.problems] == [("dataset", said)]


def test_wrong_settings_of_a_model(fresh):
    registry.register(replace(CNN, name="mine", unlearning={"digits": {"finetune": {"batch_size": 0}}}))
    with pytest.raises(BadSpec) as refused:
        resolve(Spec(model="mine", method="finetune"))
    assert [(problem.field, str(problem)) for problem in refused.value.problems] == [
        ("model", "unlearning['finetune'] of the model mine for digits is not valid: batch_size is 0, but must be a "
                  "whole number from 2 to 4,096: the nearest valid value is 2.")]


def test_a_model_that_names_an_unknown_data_set_is_refused_when_a_run_is_asked_for(fresh):
    registry.register(replace(CNN, name="mine", unlearning={"digit": {"finetune": {"batch_size": 8}}}))
    with pytest.raises(BadSpec) as refused:
        resolve(Spec(model="mine", method="finetune"))
    assert [(problem.field, str(problem)) for problem in refused.value.problems] == [
        ("model", "unlearning['digit'] of the model mine is not valid: No data set named 'digit'. Did you mean "
                  "'digits'?")]


EVEN, SHORT = (100,) * 10, (100,) * 9


@pytest.mark.parametrize(("counts", "said"), [
    ((EVEN, EVEN), "declares class_counts of 'mine' with 10, 10 numbers, but three rows of 10 are needed: training "
     "set, test set, all held out."),
    ((EVEN, SHORT, EVEN), "declares class_counts of 'mine' with 10, 9, 10 numbers, but three rows of 10 are needed: "
     "training set, test set, all held out."),
    ((EVEN, EVEN, EVEN), "declares class_counts of 'mine' that add up to 1,000, but heldout_size is 797: correct one "
     "of them."),
    (((99, *EVEN[1:]), EVEN, EVEN), "declares class_counts of 'mine' that add up to 999, but train_size is 1,000: "
     "correct one of them."),
    ((EVEN, EVEN, (97, *(700 // 7,) * 7, 0, 0)), None),
])
def test_class_counts_fit_the_classes_and_the_sizes(counts, said):
    assert wrong("dataset", replace(DIGITS, name="mine", class_counts=counts), {}) == said


def test_a_form_shows_the_methods_own_default_in_the_place_of_a_wrong_setting():
    values, problems = requested_parameters(Spec(method="finetune"), replace(DIGITS, unlearning={
        "finetune": {"batch_size": 0, "learning_rate": 0.25}}), FINETUNE)
    usual = FINETUNE.parameters()
    assert (values["batch_size"], values["learning_rate"], problems) == (usual.batch_size, 0.25, [])


def test_settings_for_a_method_that_is_registered_later(fresh):
    registry.register(replace(DIGITS, name="mine", unlearning={"later": {"batch_size": 7}}))
    registry.register(replace(FINETUNE, name="later", title="Later", aliases=()))
    assert resolve(Spec(dataset="mine", method="later")).effective["batch_size"] == 7


def test_settings_under_a_methods_former_name(fresh):
    registry.register(replace(FINETUNE, name="now", title="Now", aliases=("formerly",)))
    registry.register(replace(DIGITS, name="mine", unlearning={"formerly": {"batch_size": 7}}))
    assert resolve(Spec(dataset="mine", method="now")).effective["batch_size"] == 7
    both = {"now": {"batch_size": 8}, "formerly": {"batch_size": 7}}
    registry.register(replace(DIGITS, name="mine", unlearning=both))
    assert resolve(Spec(dataset="mine", method="now")).effective["batch_size"] == 8
