"""Texts by a word or a pattern, and the preview of who is chosen."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
import torch
from helping import problems_of
from texts import write_go_emotions

from engine.cli.main import main
from engine.data.splits import split
from engine.errors import BadSpec
from engine.preview import preview
from engine.registry import get
from engine.sample_lists import keep
from engine.spec import resolve
from engine.types import Spec
from ui.common import words

TEXTS = ("My cat sleeps.", "CATTLE graze", "a Cat, a dog", "nothing here", "straße", "cafe\u0301", "1 + 1 = 2",
         "scatter")


def found(**selection):
    from engine.scenarios.matching import select

    pool = type("Pool", (), {"texts": TEXTS, "__len__": lambda self: len(TEXTS)})()
    return select(SimpleNamespace(name="these", train=pool), Spec("these", selection=selection)).tolist()


@pytest.mark.parametrize("selection, numbers", [
    ({"word": "cat"}, [0, 2]), ({"word": "CAT"}, [0, 2]), ({"word": "Cat", "match_case": True}, [2]),
    ({"word": "cat", "inside_words": True}, [0, 1, 2, 7]), ({"word": "STRASSE"}, [4]), ({"word": "café"}, [5]),
    ({"word": "1 + 1"}, [6]), ({"word": "a dog"}, [2]), ({"pattern": r"^n.*e$"}, [3]),
    ({"pattern": r"c[ao]t|DOG"}, [0, 1, 2, 7]), ({"pattern": r"DOG", "match_case": False}, [2]),
])
def test_who_is_chosen_by_hand(selection, numbers):
    assert found(**selection) == numbers


@pytest.mark.parametrize("selection, text", [
    ({"word": "dogs"}, "word is 'dogs', but none of the 8 training texts of these matches: try a part of it with "
                       "inside_words, or a pattern."),
    ({"pattern": "e*"}, "pattern is 'e*', which 8 of the 8 training texts match, but at most 4 can be forgotten at "
                        "once: narrow it."),
])
def test_nobody_or_everybody_is_refused(selection, text):
    with pytest.raises(BadSpec) as refused:
        found(**selection)
    assert refused.value.problems == [text]


def test_a_pattern_that_never_ends_is_stopped(monkeypatch):
    from engine.scenarios import matching

    monkeypatch.setattr(matching, "PATIENCE", 0.2)
    spec = Spec("these", selection={"pattern": r"(a|aa)+(?<=b)$|(x+x+)+y"})  # for ever: the suite's limit ends it
    with pytest.raises(BadSpec, match=r"takes more than 0.2 s on 2 texts: repeat no group that repeats itself"):
        matching.matches(["a" * 60 + "!", "x" * 60], spec)


@pytest.mark.parametrize("selection, problems", [
    ({}, ["word is missing: name a word that the texts to forget hold, or give a pattern."]),
    ({"word": "  "}, ["word is missing: name a word that the texts to forget hold, or give a pattern."]),
    ({"word": "a", "pattern": "b"}, ["pattern is 'b', but a word is named as well ('a'): give one of them."]),
    ({"pattern": "((a{1000}){1000}){1000}"},
     ["pattern is '((a{1000}){1000}){1000}', whose counts come to 1,000,000,000 repetitions, but may come to 100,000: "
      "write smaller ones."]),
    ({"pattern": "ab(c"}, ["pattern is 'ab(c', which is no regular expression: missing ) at character 5."]),
    ({"pattern": "a{3}**"}, ["pattern is 'a{3}**', which is no regular expression: multiple repeat at character 5."]),
])
def test_what_is_wrong_with_a_word_or_a_pattern(selection, problems):
    assert problems_of(Spec("go_emotions", scenario="matching", selection=selection)) == problems


@pytest.mark.parametrize("dataset", ["digits", "moons"])
def test_pictures_and_points_hold_no_words(dataset):
    title = get("dataset", dataset).title
    assert problems_of(Spec(dataset, scenario="matching", selection={"word": "a"})) == [
        f"The scenario 'matching' looks for words, but {title} holds no texts and no further columns: choose data "
        "of texts, add your data with --attribute COLUMN, or name samples "
        "with the scenario 'listed'."]


@pytest.fixture
def miniature(tmp_path, monkeypatch):
    monkeypatch.setenv("UNLEARN_DATA_DIR", str(write_go_emotions(tmp_path / "data")))


WONDERFUL = Spec("go_emotions", scenario="matching", selection={"word": "wonderful"})


def test_the_attack_compares_with_held_out_texts_that_match(miniature):
    resolved = resolve(WONDERFUL)
    data = resolved.dataset.load(resolved.options)
    sets = split(data, resolved.spec)
    assert all("wonderful" in data.train.texts[number] for number in sets.forget.tolist())
    assert sum("wonderful" in text for text in data.train.texts) == len(sets.forget)
    assert sets.unseen.tolist() == [n for n, text in enumerate(data.heldout.texts) if "wonderful" in text] != []
    assert not any("wonderful" in data.heldout.texts[number] for number in sets.test.tolist())
    assert words.forgotten(resolved.spec) == "matching samples (word wonderful)"
    assert words.never_seen(resolved.spec) == "never-seen"


# --- the preview ----------------------------------------------------------------------------


def test_a_preview_of_texts(miniature):
    seen = preview(WONDERFUL)
    chosen = split(seen.resolved.dataset.load(seen.resolved.options), WONDERFUL).forget.tolist()
    assert list(seen.samples) == chosen and seen.sizes.forget == len(chosen)
    assert 0 < len(seen.shown) <= 12 and all("wonderful" in one.text for one in seen.shown)
    assert {one.sample for one in seen.shown} <= set(chosen)
    assert sum(count for count, _ in seen.classes.values()) == len(chosen)


def test_a_preview_of_pictures_by_hand(digits):
    seen = preview(Spec(forget_fraction=0.1, seed=4))
    chosen = split(digits, Spec(forget_fraction=0.1, seed=4)).forget
    assert list(seen.samples) == chosen.tolist() and len(seen.shown) == 12
    labels = digits.train.labels
    for name, (count, total) in seen.classes.items():
        assert (count, total) == (int((labels[chosen] == int(name)).sum()), int((labels == int(name)).sum()))
    first = seen.shown[0]
    assert first.sample == chosen[0] and torch.equal(torch.from_numpy(first.picture), digits.train.images[first.sample])
    assert first.label == str(int(labels[first.sample])) and seen.shown[-1].sample == chosen[-1]


def test_a_preview_on_the_command_line(home, capfd):
    name = keep((3, 17, 256))
    assert main(["preview", "--scenario", "listed", "--select", f"list={name}", "--json"]) == 0
    found = json.loads(capfd.readouterr()[0])
    assert found["sizes"]["forget"] == 3 and [one["sample"] for one in found["shown"]] == [3, 17, 256]
    assert found["spec"]["selection"] == {"list": name}
    assert sum(one["forgotten"] for one in found["classes"].values()) == 3
    assert main(["preview", "--forget-class", "3", "--scenario", "class", "--select", "share=0.5"]) == 0
    text = capfd.readouterr()[0]
    assert text.startswith("50 of 1,000 training samples of Digits (5.0%); the attack compares with 79 held-out "
                           "samples chosen alike.\n\nBy class: 3: 50 of 100.\n\n12 samples of them:\n")


def test_a_preview_says_what_is_wrong_together(home, capfd):
    assert main(["preview", "--scenario", "class", "--forget-fraction", "0.3", "--select", "share=2", "--json"]) == 2
    assert json.loads(capfd.readouterr()[0])["problems"] == [
        "--forget-fraction does not go with the scenario 'class': use --forget-class.",
        "share is 2, but must be between 0.01 and 1: the nearest valid value is 1.",
        "forget_class is missing: the scenario 'class' needs the class to forget, a name such as '0' or a number from "
        "0 to 9."]
