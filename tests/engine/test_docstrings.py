"""Public functions and records document every parameter and field, and their examples run."""

from __future__ import annotations

import dataclasses
import doctest
import importlib
import inspect
import re

import pytest

import engine
from engine import api, hyperparameters, registry
from engine.evaluation import metrics
from engine.evaluation.ensembles import forgetting_quality, klom, memorisation, outputs, resampling, ulira
from engine.evaluation.measured import Metrics
from engine.evaluation.verdict import Verdict
from engine.runs.records import Run
from engine.types import Hyperparameter, Setting, TrainingState

METRICS = [one for name, one in vars(metrics).items()
           if inspect.isfunction(one) and one.__module__ == metrics.__name__ and not name.startswith("_")]
FUNCTIONS = [api.load, api.Lab.split, api.Lab.unlearn, api.Lab.evaluate, api.Result.save, registry.register,
             registry.get, registry.find, registry.names, hyperparameters.parameter, *METRICS,
             forgetting_quality.forgetting_quality, klom.klom, memorisation.memorisation, ulira.ulira]
MODULES = ("engine.hyperparameters", "engine.registry", "engine.evaluation.metrics", "engine.studies.ensemble",
           *(f"engine.evaluation.ensembles.{name}" for name in ("areas", "forgetting_quality", "klom", "memorisation",
                                                                "outputs", "population", "resampling", "ulira")))
LAB = (api.load, api.Lab.split, api.Lab.unlearn, api.Lab.evaluate)
RECORDS = [one for name in engine.__all__ if isinstance(one := getattr(engine, name), type)] + [
    Hyperparameter, Setting, TrainingState, Metrics, Verdict, Run,
    outputs.Outputs, resampling.Mean, ulira.ULira, klom.Klom, forgetting_quality.ForgettingQuality,
    memorisation.Memorisation]


def documented(function, title: str = "Parameters") -> set[str]:
    """The names in a section."""
    doc = inspect.getdoc(function) or ""
    section = re.search(rf"^{title}\n-+\n(.*?)(?=^\w[^\n]*\n-+$|\Z)", doc, re.S | re.M)
    lines = re.findall(r"^(\S.*?)(?: :.*)?$", section[1], re.M) if section else []
    return {name.strip("* ") for line in lines for name in line.split(",")}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__qualname__)
def test_every_parameter_is_documented(function):
    assert documented(function) == set(inspect.signature(function).parameters) - {"self"}


def failures(examples) -> list[str]:
    said: list[str] = []
    for example in examples:
        doctest.DocTestRunner(verbose=False).run(example, out=said.append)
    return said


@pytest.fixture
def as_before():
    """Takes a component that an example registered out again."""
    known = dict(registry.table("method"))
    yield
    registry.table("method").clear()
    registry.table("method").update(known)


@pytest.mark.parametrize("module", MODULES)
def test_examples_of_a_module_run(module, as_before):
    found = [one for one in doctest.DocTestFinder().find(importlib.import_module(module)) if one.examples]
    assert found and failures(found) == []


@pytest.mark.parametrize("function", LAB, ids=lambda function: function.__qualname__)
def test_examples_of_a_lab_run(function, with_original):
    found = [one for one in doctest.DocTestFinder(recurse=False).find(function) if one.examples]
    assert found and failures(found) == []


def test_the_records_are_those_of_the_public_surface():
    assert {one.__name__ for one in RECORDS} >= {"Attack", "Lab", "Method", "Parts", "Progress", "Result", "Spec"}


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_field_of_a_record_is_documented(record):
    """The fields of a dataclass; of :class:`Lab`, which is not made by hand, the properties."""
    if dataclasses.is_dataclass(record):
        assert documented(record) == {one.name for one in dataclasses.fields(record)}
    else:
        shown = {name for name, one in vars(record).items() if isinstance(one, property)}
        assert documented(record, "Attributes") == shown != set()


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_examples_of_a_record_run(record, with_original):
    known = vars(importlib.import_module(record.__module__))
    section = re.search(r"^Examples\n-+\n(.*)", inspect.getdoc(record), re.S | re.M)
    assert section, "has no section Examples"
    example = doctest.DocTestParser().get_doctest(section[1], dict(known), record.__name__, None, 0)
    assert example.examples and failures([example]) == []
