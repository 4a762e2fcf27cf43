"""Where a method differs from its authors' code, people who use it see that: in its summary or in its help."""

from __future__ import annotations

import importlib

import pytest

from engine.registry import get
from engine.types import declared


def shown(method: str, hyperparameter: str) -> str:
    return next(h.help for h in declared(get("method", method).parameters) if h.name == hyperparameter)


@pytest.mark.parametrize("method", ["gradient_ascent", "random_label", "salun", "l1_sparse"])
def test_the_released_code_unlearns_on_augmented_images(method):
    assert "without the augmentation of the released code" in shown(method, "epochs")
    assert "augmented" in (importlib.import_module(f"engine.methods.{method}").__doc__ or "")


@pytest.mark.parametrize(("method", "hyperparameter", "said"), [
    ("ssd", "batch_size", "64 (subclasses), 128 (random subsets) and 256 (notebook)"),
    ("ssd", "batch_size", "A forget set of one or two samples"),
    ("bad_teacher", "learning_rate", "divided by the number of classes, which changes what Adam does by about 2%"),
    ("gradient_ascent", "epochs", "Too few change nothing")])
def test_what_else_differs(method, hyperparameter, said):
    assert said in shown(method, hyperparameter)


def test_amnesiac_says_which_of_its_authors_methods_it_is():
    said = get("method", "amnesiac").summary
    assert "the relabelling of Graves et al., not their removal of recorded updates" in said


def test_gradient_ascent_promises_no_destruction_that_its_default_does_not_bring():
    assert "quick to destroy" not in get("method", "gradient_ascent").summary


def test_saluns_released_script_takes_no_step_while_it_makes_its_mask():
    said = " ".join((importlib.import_module("engine.methods.salun").__doc__ or "").split())
    assert "Until December 2023 the released script also took an optimiser step" in said
