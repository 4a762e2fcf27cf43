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
