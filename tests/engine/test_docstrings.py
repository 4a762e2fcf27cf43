"""The public functions document every parameter, and their examples run."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re

import pytest

from engine import api, hyperparameters, registry
from engine.evaluation import metrics

METRICS = [one for name, one in vars(metrics).items()
           if inspect.isfunction(one) and one.__module__ == metrics.__name__ and not name.startswith("_")]
FUNCTIONS = [api.load, api.Lab.split, api.Lab.unlearn, api.Lab.evaluate, api.Result.save, registry.register,
             registry.get, registry.find, registry.names, hyperparameters.parameter, *METRICS]
MODULES = ("engine.hyperparameters", "engine.registry", "engine.evaluation.metrics")
LAB = (api.load, api.Lab.split, api.Lab.unlearn, api.Lab.evaluate)


def documented(function) -> set[str]:
    """The names in the section Parameters."""
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\w[^\n]*\n-+$|\Z)", inspect.getdoc(function), re.S | re.M)
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
