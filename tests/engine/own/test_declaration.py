"""The TOML file of a person's data set: it says back what was written, and names whatever else is in it."""

from __future__ import annotations

import dataclasses

import pytest

from engine.errors import BadSource
from engine.own.declaration import Counts, Declaration, load, parse, to_toml
from engine.own.look import Choices
from engine.types import Recipe

DECLARED = Declaration(
    title='Mine "quoted" \\ \t $x^2$ \x7f ü', kind="image", source="/data/a b [c]", classes=("0", "größer", "a.b"),
    model="small_cnn", input_size=16, content="ab" * 32, counts=Counts((5, 6, 7), (1, 2, 3)),
    recipe=Recipe("sgd", 0.05, 64, 20, 0.001, momentum=0.9), read=Choices(label="y", image="img", size=16),
    mean=(0.5, 0.5, 1e-05), std=(0.25, 1.0, 3.0), unlearning={"nabla_tau": {"batch_size": 32, "learning_rate": 2e-3}})


@pytest.mark.parametrize("changes", [
    {}, {"kind": "text", "mean": (), "std": ()}, {"counts": Counts((5, 6, 7), (1, 2, 3), (1, 1, 1))},
    {"read": Choices(test="/else where", drop_duplicates=True, heldout=0.25)}, {"unlearning": {}},
    {"summary": "Words."}])
def test_what_is_written_is_read_back(changes):
    declared = dataclasses.replace(DECLARED, **changes)
    assert parse(to_toml("mine", declared)) == declared


@pytest.mark.parametrize("old, new, said", [
    ('kind = "image"', 'kind = "sound"', "kind is 'sound', but must be 'image', 'text' or 'points'"),
    ('kind = "image"', 'kidn = "image"', "No key named 'kidn'. Did you mean 'kind'?; kind is missing"),
    ("input_size = 16", "input_size = -1", "input_size is -1, but must be a whole number from 0"),
    ("input_size = 16", "input_size = true", "input_size is True, but must be a whole number from 0"),
    ("epochs = 20", "epochs = 0", "recipe.epochs is 0, but must be above 0"),
    ("epochs = 20", "epoch = 20",
     "No key named 'recipe.epoch'. Did you mean 'recipe.epochs'?; recipe.epochs is missing"),
    ('optimiser = "sgd"', 'optimiser = "lion"', "recipe.optimiser is 'lion', but must be 'sgd' or 'adamw'"),
    ("train = [5, 6, 7]", "train = [5, 6]", "counts.train has 2 numbers for 3 classes"),
    ("train = [5, 6, 7]", "train = 5", "counts.train is 5, but must be a list of whole numbers from 0"),
    ("std = [0.25, 1.0, 3.0]", "std = [0.25]", "std has 1 numbers, but 3 are needed"),
    ("std = [0.25, 1.0, 3.0]", "std = [0.0, 1.0, 3.0]", "std must be above 0"),
    ('"größer"', '"0"', "classes must be at least two, and no two alike"),
    ("format = 1", "format = 2", "format is 2, but this version reads 1: update the app"),
    ("learning_rate = 0.05", "learning_rate = inf", "recipe.learning_rate is inf, but must be a number"),
])
def test_a_wrong_key_or_value_is_named(old, new, said):
    text = to_toml("mine", DECLARED)
    assert old in text
    with pytest.raises(BadSource) as caught:
        parse(text.replace(old, new))
    assert str(caught.value) == said


def test_a_file_that_is_no_toml_is_named(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("title = ")
    with pytest.raises(BadSource) as caught:
        load(path)
    assert str(caught.value) == (
        f"{path} cannot be used: it is no TOML (Invalid value (at end of document)). Fix it, or remove it with "
        "`python -m engine remove-dataset mine`.")


def test_the_code_knows_what_makes_results_and_nothing_else():
    def code(**changes):
        return dataclasses.replace(DECLARED, **changes).code

    assert code(title="Else", source="/moved", recipe=Recipe("sgd", 1.0, 1, 1, 1.0), unlearning={}) == DECLARED.code
    assert code(content="cd" * 32) != DECLARED.code != code(mean=(0.1, 0.1, 0.1))
    assert code(read=dataclasses.replace(DECLARED.read, size=20)) != DECLARED.code
