"""Words with a meaning: found in texts, escaped, and the same in the documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from ui.common import glossary

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "glossary.md").read_text(encoding="utf-8")


def test_words_are_found_whole_and_once():
    assert glossary.words_in("Losses, the LOSS attack, loss, ROC area, chance range; flossy.") == [
        "loss", "ROC area", "chance range"]


def test_a_text_is_escaped_and_each_word_explained_once():
    html = str(glossary.marked("<b>loss</b> & loss"))
    assert html.startswith("&lt;b&gt;<span class=\"term\" tabindex=\"0\"") and html.endswith("&lt;/b&gt; &amp; loss")
    assert html.count("<span") == 1 and glossary.MEANINGS["loss"] in html


@pytest.mark.parametrize("word", glossary.MEANINGS)
def test_the_documents_say_the_same(word):
    assert f"**{word}**\n:   {glossary.MEANINGS[word]}\n" in PAGE


def test_what_a_verdict_says_of_many_models_is_explained_under_it():
    from engine.evaluation.per_example import PerExample

    said = PerExample("∇τ", 64, 0.641, 0.629, 0.653, 0.505, 0.5, 0.51).evidence().text
    assert glossary.words_in(said) == ["tuned to each sample", "ROC area", "retrained"]


def test_of_a_false_label_to_be_right_is_not_said():
    """A model that repeats a false label gives the sample its training label; it is not right."""
    from ui.unlearn.form import DEMO_TEXT

    assert "right" not in glossary.MEANINGS["memorised"] + DEMO_TEXT
    assert "give this sample its training label only if it was" in glossary.MEANINGS["memorised"]
