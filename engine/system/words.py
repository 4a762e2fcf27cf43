"""Small pieces of sentences that the command line, the exports and the pages share."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


def plural(count: int, noun: str) -> str:
    """The noun as it goes with a count: ``run`` with 1, ``runs`` with 0 or 2."""
    return noun if count == 1 else f"{noun}s"


def numbered(noun: str, numbers: Sequence[int], between: str = ", ") -> str:
    """``seed 0``, ``seeds 0, 1``."""
    return f"{plural(len(numbers), noun)} {between.join(map(str, numbers))}"


def spaced(name: str) -> str:
    """A declared name as people read it: ``retain epochs`` of ``retain_epochs``."""
    return name.replace("_", " ")


def either(words: Sequence[str]) -> str:
    """``one, two or three``."""
    return " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def a_kind(value: object) -> str:
    """What a value is, in plain words: ``a whole number`` of 3."""
    name = type(value).__name__
    plain = {"int": "a whole number", "float": "a number", "bool": "yes or no", "list": "a list", "dict": "an object"}
    return plain.get(name, f"{'an' if name[0] in 'aeiou' else 'a'} {name}")


def unknown(kind: str, name: object, valid: Sequence[str]) -> str:
    """``No method named 'nabla'. Did you mean 'nabla_tau'?``"""
    near = difflib.get_close_matches(str(name), valid, n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]!r}?" if near else f"Valid: {', '.join(valid)}."
    return f"No {kind} named {str(name)!r}. {hint}"
