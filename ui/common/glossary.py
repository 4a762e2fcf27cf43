"""The few words that a page needs a person to know, each with its meaning on hover and on the keyboard's focus.

The one place where they are explained on screen; docs/glossary.md has them and more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import streamlit as st
from markupsafe import Markup

MEANINGS = {
    "loss": "How wrong the model is on a sample: near 0 where it is sure of the label, large where it is surely wrong.",
    "nats": "The unit of a loss: minus the natural logarithm of the probability given to the label. 0.7 is 50%, 2.3 is "
            "10%.",
    "chance range": "What chance alone gives in 95% of cases at these set sizes. Inside it, nothing has been found. It "
                    "is worked out from each run's own losses, so it differs a little from run to run. An accuracy "
                    "below it is not better: turned round, 31% right is 69% right.",
    "entropy": "How undecided the model is about a sample, whatever its label: 0 where it is sure.",
    "RMIA": "An attack that compares how likely the label is under this model and under retrained ones, sample by "
            "sample.",
    "retrained": "Trained from scratch without the forget set: what a model looks like that never saw these samples.",
    "Original": "The model before unlearning, trained on everything.",
    "forget set": "The training samples that the model has to forget.",
    "test set": "Samples that no model here was trained on: forgotten ones should look like these.",
    "in common": "The overlap of the two humps, drawn smoothed over 0.2 decades of the loss: 100% where nobody could "
                 "tell forgotten from never-seen samples by their loss.",
    "ROC area": "The chance that a forgotten sample ranks ahead of a never-seen one: 0.5 is a coin toss. It also "
                "notices what a single yes or no per sample misses.",
    "profile": "How a run is split and measured: corrected (the default), or paper, as the published tables.",
    "relearning": "Training the unlearned model on, on retain data, optionally with a few forgotten samples: if "
                  "forgotten ones come back sooner than in the retrained model, they were only hidden.",
    "memorised": "1: models give this sample its training label only if it was in their training data. 0: they give it "
                 "as often without it. Where no scores from many models are known, how late the model learned the "
                 "sample stands in for it.",
    "tuned to each sample": "An attack that learns from many models, for every sample by itself, how they answer with "
                            "it and without it in their training data: it finds what one rule for all samples misses.",
    "false alarms": "Never-seen samples that an attacker takes for forgotten ones.",
}
_TERMS = re.compile("|".join(rf"\b{re.escape(word)}\b" for word in sorted(MEANINGS, key=len, reverse=True)),
                    re.IGNORECASE)
_KEYS = {word.lower(): word for word in MEANINGS}


def style() -> str:
    """The look of an explained word, for pages and for files."""
    return Path(__file__).with_suffix(".css").read_text(encoding="utf-8")


def words_in(text: str) -> list[str]:
    """The explained words that a text uses, in its order."""
    return list(dict.fromkeys(_KEYS[found.lower()] for found in _TERMS.findall(text)))


def term(word: str, shown: str = "") -> Markup:
    """One explained word as HTML; ``shown`` is how it is written here."""
    return Markup('<span class="term" tabindex="0" data-meaning="{}" aria-label="{}: {}">{}</span>').format(
        MEANINGS[word], shown or word, MEANINGS[word], shown or word)


def marked(text: str) -> Markup:
    """A plain text as HTML, escaped, with each word explained where it first stands."""
    parts, end, known = [], 0, set()
    for found in _TERMS.finditer(text):
        word = _KEYS[found[0].lower()]
        if word not in known:
            known.add(word)
            parts += [Markup.escape(text[end:found.start()]), term(word, found[0])]
            end = found.end()
    return Markup("").join([*parts, Markup.escape(text[end:])])


def caption(text: str) -> None:
    """A caption in plain text with its words explained."""
    st.html(Markup('<p class="glossed">{}</p>').format(marked(text)))


def line(words: Iterable[str]) -> None:
    """The words alone, to be hovered over or reached by the keyboard; nothing for none."""
    found = [term(word) for word in words]
    if found:
        st.html(Markup('<p class="glossed">What is meant by: {}</p>').format(Markup(" · ").join(found)))
