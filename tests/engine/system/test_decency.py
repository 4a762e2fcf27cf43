"""Which words of other people's texts are masked before a class."""

from __future__ import annotations

import pytest

from engine.system.decency import is_clean, masked


@pytest.mark.parametrize(("text", "shown"), [
    ("What the fuck, FUCKING motherfucker!", "What the f***, F****** m***********!"),
    ("bullshit and piss", "b******* and p***"),
    ("an ass, two asses", "an a**, two a****"),
    ("He is a douche, but I love that douche!", "He is a d*****, but I love that d*****!")])
def test_a_strong_word_keeps_its_first_letter(text, shown):
    assert masked(text) == shown
    assert not is_clean(text)


@pytest.mark.parametrize("text", ["Class assignment, a cocktail and a title", "Scunthorpe, Dickens, swanky grass",
                                  "Damn, what the hell", ""])
def test_other_words_stay_as_they_are(text):
    assert masked(text) == text
    assert is_clean(text)
