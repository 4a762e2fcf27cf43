"""Small pieces of sentences that the command line, the exports and the pages share."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

MEANT = {"lr": "learning_rate", "bs": "batch_size", "wd": "weight_decay", "n_epochs": "epochs", "a": "alpha",
         "steps": "iterations", "eta": "learning_rate", "step_size": "learning_rate"}  # what names are short for


def plural(count: int, noun: str) -> str:
    """The noun as it goes with a count: ``run`` with 1, ``runs`` with 0 or 2."""
    return noun if count == 1 else f"{noun}s"


def numbered(noun: str, numbers: Sequence[int], between: str = ", ") -> str:
    """``seed 0``, ``seeds 0, 1``."""
    return f"{plural(len(numbers), noun)} {between.join(map(str, numbers))}"


def spaced(name: str) -> str:
    """A declared name as people read it: ``retain epochs`` of ``retain_epochs``."""
    return name.replace("_", " ")


def shortened(text: str, most: int = 60) -> str:
    """The beginning of a text that somebody else wrote, for the middle of a sentence."""
    return text if len(text) <= most else f"{text[:most]}..."


def either(words: Sequence[str]) -> str:
    """``one, two or three``."""
    return " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def a_kind(value: object) -> str:
    """What a value is, in plain words: ``a whole number`` of 3."""
    name = type(value).__name__
    plain = {"int": "a whole number", "float": "a number", "bool": "yes or no", "list": "a list", "dict": "an object",
             "str": "a text", "bytes": "bytes"}
    return plain.get(name, f"{'an' if name[0] in 'aeiou' else 'a'} {name}")


def _short_for(name: str, valid: Sequence[str]) -> list[str]:
    """The one name whose words begin with these letters: ``retain_epochs`` of ``re``; empty where several do."""
    found = [one for one in valid if len(name) > 1 and "".join(word[:1] for word in one.split("_")) == name.lower()]
    return found if len(found) == 1 else []


def unknown(kind: str, name: object, valid: Sequence[str]) -> str:
    """``No method named 'nabla'. Did you mean 'nabla_tau'?``"""
    near = [one for one in valid if one.lower() == MEANT.get(str(name).lower())] or _short_for(str(name), valid)
    near = near or difflib.get_close_matches(str(name), valid, n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]!r}?" if near else f"Valid: {', '.join(valid)}."
    return f"No {kind} named {str(name)!r}. {hint}"
