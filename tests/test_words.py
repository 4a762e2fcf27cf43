"""The project's English: phrases that have a better word appear in no document and no text that a person reads."""

from __future__ import annotations

import ast
import re

import pytest

from tests.documents import PAGES, ROOT

# What is not to be written, and the word to use. Between two words there may be a line's end.
INSTEAD = {
    r"(go|goes|going|went) on": "continue, run, proceed",
    r"anew": "again",
    r"mend(s|ed|ing)?": "fix",
    r"told(?! apart)": "shown, reported",
    r"says why": "give the reason",
    r"reckons?": "use",
    r"noise floors?": "chance range",
    r"null bands?": "chance range",
    r"(chance|noise) bands?": "chance range",
    r"unlearning accuracy": "forget accuracy; two groups define it oppositely",
}
BANNED = {re.compile(rf"\b{phrase}\b".replace(" ", r"\s+"), re.IGNORECASE): word for phrase, word in INSTEAD.items()}
DOCUMENTS = [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "ui").rglob("*.j2"))]
SOURCES = [path for folder in ("engine", "ui", "pages") for path in sorted((ROOT / folder).rglob("*.py"))]


def wrong(text):
    """The phrases of a text that have a better word, each with it."""
    return [f"{' '.join(found[0].split())!r}: rather {word}" for phrase, word in BANNED.items()
            for found in phrase.finditer(text)]


def texts(source):
    """Line and content of each string that a person may read: neither a docstring nor a single word, such as a key."""
    tree = ast.parse(source)
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    silent |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            text = node.value
        else:
            continue
        if re.search(r"\s", text):
            yield node.lineno, text


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_use_the_better_word(path):
    assert wrong(path.read_text(encoding="utf-8")) == []


def test_texts_in_the_code_use_the_better_word():
    found = [f"{path.relative_to(ROOT)}:{line}: {one}" for path in SOURCES
             for line, text in texts(path.read_text(encoding="utf-8")) for one in wrong(text)]
    assert found == []


@pytest.mark.parametrize(("text", "found"), [
    ("The rest goes\non.", ["'goes on': rather continue, run, proceed"]),
    ("Trained anew, as told.", ["'anew': rather again", "'told': rather shown, reported"]),
    ("Within the Noise floor, inside the null\n  bands.",
     ["'Noise floor': rather chance range", "'null bands': rather chance range"]),
    ("Sets can be told apart; `noise_floor`, `null_band`, a renewed and recommended start.", [])])
def test_a_phrase_is_found_across_lines_and_not_within_other_words(text, found):
    assert wrong(text) == found


def test_only_what_a_person_may_read_is_looked_at():
    source = '"""Done anew."""\nkey, number = "anew-", 3\nsaid = f"{key} told " "them"\n\n\ndef one():\n'
    assert list(texts(f'{source}    """It goes on."""\n    return "It goes on."\n')) == [
        (3, "{} told them"), (8, "It goes on.")]
