"""How a verdict speaks of what was forgotten: of one class, or of several."""

from __future__ import annotations

from dataclasses import dataclass

from engine.types import Spec


@dataclass(frozen=True)
class ClassWords:
    """The words that follow the number of classes."""

    noun: str = "class"
    is_: str = "is"
    this: str = "this class"
    none_such: str = "no such class"


ONE = ClassWords()
SEVERAL = ClassWords("classes", "are", "these classes", "no such classes")


def class_words(spec: Spec) -> ClassWords:
    """The words for the classes of a spec; those of one where it forgets none."""
    return SEVERAL if isinstance(spec.forget_class, (list, tuple)) and len(spec.forget_class) > 1 else ONE


def losses_expected(named: ClassWords, gone: bool) -> list[str]:
    """Where the model never names the class: that high losses are then no over-forgetting."""
    return [] if not gone else ["Losses far above those of other unseen data are expected here: the remaining data "
                                f"contain {named.none_such}."]
